// Hostile names are text wherever they are shown, and no formula in what is exported.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGES, addressOf, csm, expectNoFault, expectNoSidewaysScroll, open, sql, visit } from './browser.mjs';

const who = csm('hostile');
const names = sql('hostile', `select name from cs_health.tenant where csm = '${who.email}' and status = 'active'
    and name ~ '[<=@$]|javascript|WWW|gnp'`).split('\n');

async function expectText(page) {
    assert.equal(await page.evaluate(() => window.taken), undefined);
    assert.equal(await page.locator('img[src="x"], svg[onload], main script').count(), 0);
    assert.equal(await page.evaluate(() => document.scripts.length), 1);
}

test('there are hostile names to see', () => assert.ok(names.length >= 8, names.join(' | ')));

for (const name of PAGES) {
    test(`hostile names are text: ${name}`, async () => {
        const page = await visit('hostile', { who, at: addressOf(name, 'hostile') });
        await expectText(page);
        await page.setViewportSize({ width: 360, height: 740 });
        await page.waitForTimeout(150);
        await expectNoSidewaysScroll(page);
        await expectText(page);
        expectNoFault(page);
        await page.context().close();
    });
}

test('every hostile customer: its page and all of its tabs, and the search', async () => {
    const page = await visit('hostile', { who, at: '#/customers' });
    for (const name of names) {
        const id = sql('hostile', `select id from cs_health.tenant where name = '${name.replace(/'/g, "''")}'`);
        await open(page, `#/customer/${id}`);
        assert.match((await page.locator('h1').innerText()).replace(/\s+/g, ' '), /\S/);
        assert.ok((await page.locator('h1').textContent()).includes(name), name);
        await expectText(page);
        const tabs = await page.locator('main .tabs').first().locator('a').evaluateAll(links => links.map(a => a.hash));
        for (const tab of tabs) {
            await open(page, tab);
            await expectText(page);
        }
        await page.locator('#search').fill(name.slice(0, 12));
        await page.locator('#found [role=option]').first().waitFor();
        await expectText(page);
        await page.locator('#search').fill('');
    }
    expectNoFault(page);
    await page.context().close();
});

test('a name that is a formula is none in the exported file', async () => {
    const page = await visit('hostile', { who, at: '#/customers' });
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()]);
    const text = readFileSync(await download.path(), 'utf8');
    assert.match(text, /,'=1\+1,/);
    assert.match(text, /,"'@SUM\(1,1\)""",/);
    assert.match(text, /,"<img src=x onerror=""window\.taken=1"">",/);
    assert.doesNotMatch(text, /(^|,)"?[=@]/m);
    expectNoFault(page);
    await page.context().close();
});
