// Pictures of the pages for doc/dashboard.md, taken when SCREENSHOTS names a folder.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAGES, addressOf, csm, csmAll, expectNoFault, visit } from './browser.mjs';

const folder = process.env.SCREENSHOTS;
const MOST_BYTES = 150000;
const who = { playbook: csmAll('demo'), operations: csmAll('demo') };

async function take(page, file) {
    await page.screenshot({ path: file, animations: 'disabled' });
    try {
        execFileSync('pngquant', ['--force', '--skip-if-larger', '--output', file, '64', file]);
    } catch {
        // as it is, when there is no pngquant
    }
    assert.ok(statSync(file).size < MOST_BYTES, `${file} has ${statSync(file).size} bytes`);
}

test('pictures', { skip: !folder && 'only when asked for' }, async t => {
    mkdirSync(folder, { recursive: true });
    for (const name of PAGES) {
        await t.test(name, async () => {
            const page = await visit('demo', { who: who[name] || csm('demo'), width: 1240, height: 820, at: addressOf(name, 'demo') });
            await page.waitForTimeout(300);
            await take(page, join(folder, `${name}.png`));
            expectNoFault(page);
            await page.context().close();
        });
    }
    await t.test('a phone', async () => {
        const page = await visit('demo', { who: csm('demo'), width: 360, height: 740, language: 'es', at: '#/day' });
        await page.waitForTimeout(300);
        await take(page, join(folder, 'phone.png'));
        await page.context().close();
    });
});
