// Every page in both languages, wide and on a phone: it says something, nothing goes wrong in it, everybody can use it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGES, addressOf, csm, csmAll, expectAccessible, expectNoFault, expectNoSidewaysScroll, visit } from './browser.mjs';

const who = { playbook: csmAll('demo'), operations: csmAll('demo') };

for (const language of ['en', 'es']) {
    for (const name of PAGES) {
        test(`${name} in ${language}`, async () => {
            const page = await visit('demo', { who: who[name] || csm('demo'), language, at: addressOf(name, 'demo') });
            assert.equal(await page.locator('html').getAttribute('lang'), language);
            assert.equal(await page.locator('main h1').count(), 1);
            assert.equal(await page.locator('main .failure').allInnerTexts().then(texts => texts.join(' | ')), '');
            // nothing that was not written, and no key without its word
            const text = await page.locator('body').innerText();
            assert.doesNotMatch(text, /\b(undefined|NaN|Invalid Date|Infinity)\b|\[object|^null$|^[a-z_]+\.[a-z_.]+$/m);
            await expectAccessible(page);
            expectNoFault(page);

            await page.setViewportSize({ width: 360, height: 740 });
            await page.waitForTimeout(200);
            await expectNoSidewaysScroll(page);
            if (language === 'en') await expectAccessible(page);
            expectNoFault(page);
            await page.context().close();
        });
    }
}

for (const name of PAGES) {
    test(`${name} in the dark`, async () => {
        const page = await visit('demo', { who: who[name] || csm('demo'), dark: true, at: addressOf(name, 'demo') });
        await expectAccessible(page);
        expectNoFault(page);
        await page.context().close();
    });
}
