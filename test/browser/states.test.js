// Signing in and out, an empty installation, an API that fails, the address, the keyboard, the languages, the export.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGES, addressOf, admin, csm, csmAll, customerOf, expectAccessible, expectNoFault, expectNoSidewaysScroll, open, settled, sql,
    token, urls, visit } from './browser.mjs';

const who = csm('demo');
const everybody = csmAll('demo');
const leave = page => page.context().close();
const REFUSED = /status of [45]\d\d|Failed to load resource|ERR_/;

test('without a token there is only the way in, and a token opens it', async () => {
    const page = await visit('demo');
    assert.equal(await page.locator('nav').count(), 0);
    await expectAccessible(page);
    for (const wrong of ['nonsense', 'a.b.c', token(who, -60)]) {
        await page.getByLabel('Token').fill(wrong);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').waitFor();
    }
    await page.getByLabel('Token').fill(`  ${token(who)}\n`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await settled(page);
    assert.ok(await page.locator('nav a').count() >= 7);
    expectNoFault(page);
    await leave(page);
});

test('a link brings the token, and the address forgets it', async () => {
    const page = await visit('demo', { at: `#token=${token(who)}` });
    await page.locator('nav a').first().waitFor();
    assert.doesNotMatch(page.url(), /token/);
    await page.reload();
    await settled(page);
    assert.ok(await page.locator('nav a').count() >= 7, 'signed in after a reload');
    expectNoFault(page);
    await leave(page);
});

test('signing out forgets the token', async () => {
    const page = await visit('demo', { who });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('cs_health.token')), null);
    await page.goBack().catch(() => null);
    assert.equal(await page.locator('nav a').count(), 0, 'and back brings nothing back');
    await leave(page);
});

test('a token of a wrong secret, and one that expires meanwhile, lead back to the way in', async () => {
    const forged = token(who).replace(/\.[^.]+$/, `.${'A'.repeat(43)}`);
    const page = await visit('demo', { session: forged });
    await page.getByLabel('Token').waitFor();
    await leave(page);

    const later = await visit('demo', { who });
    await later.evaluate(value => sessionStorage.setItem('cs_health.token', value), token(who, -600));
    await later.evaluate(() => { location.hash = '#/customers'; });
    await later.getByLabel('Token').waitFor();
    expectNoFault(later, REFUSED);
    await leave(later);
});

test('who is no colleague is told that there is no right', async () => {
    const page = await visit('demo', { who: { role: 'cs_health_csm', email: 'nobody@elsewhere.example' } });
    const text = await page.locator('main').innerText();
    assert.match(text, /no right|not a colleague|No |–/i);
    expectNoFault(page, REFUSED);
    await leave(page);
});

for (const name of PAGES) {
    test(`nothing there yet: ${name}`, async () => {
        const at = name === 'customer' ? '#/customer/00000000-0000-4000-8000-000000000000' : addressOf(name, 'empty');
        const page = await visit('empty', { who: { role: 'cs_health_csm_all', email: 'first@acme.example' }, at });
        const text = await page.locator('main').innerText();
        assert.ok(text.trim().length > 20, 'it says something');
        assert.doesNotMatch(text, /\b(undefined|NaN|Invalid Date|Infinity)\b|\[object|^null$|^[a-z_]+\.[a-z_.]+$/m);
        if (name !== 'customer') assert.equal(await page.locator('main .failure').count(), 0);
        await expectAccessible(page);
        expectNoFault(page, name === 'customer' ? REFUSED : undefined);
        await leave(page);
    });
}

const answers = (status, contentType, body) => route => route.fulfill({ status, contentType, body });
for (const [what, answer] of [
    ['answers 500', answers(500, 'application/json', '{"code":"XX000","message":"out of order"}')],
    ['answers no JSON', answers(502, 'text/html', '<h1>Bad Gateway</h1>')],
    ['is gone', route => route.abort('connectionrefused')],
]) {
    test(`an API that ${what} is told, and can be tried again`, async () => {
        const page = await visit('demo', { who });
        await page.route(/\/api\/v1\/(?!rpc\/whoami)/, answer);
        await open(page, '#/customers');
        await page.locator('main .failure').first().waitFor();
        await page.unroute(/\/api\/v1\/(?!rpc\/whoami)/);
        for (let n = 0; n < 10 && await page.locator('main .failure').count(); n++) {
            // one that shares its request with another goes away with that one
            await page.locator('main .failure').first().getByRole('button').click({ timeout: 3000 }).catch(() => {});
            await settled(page);
        }
        assert.equal(await page.locator('main .failure').count(), 0);
        await page.locator('main tbody tr').first().waitFor();
        expectNoFault(page, REFUSED);
        await leave(page);
    });

    test(`no page falls over when the API ${what}`, async () => {
        const page = await visit('demo', { who: everybody, at: '#/customers' });
        await page.route(/\/api\/v1\/(?!rpc\/whoami)/, answer);
        for (const name of PAGES) {
            await open(page, addressOf(name, 'demo'));
            assert.ok(await page.locator('main .failure').count() > 0, `${name} says that it failed`);
        }
        expectNoFault(page, REFUSED);
        await leave(page);
    });
}

test('an address that leads nowhere is answered with a page', async () => {
    const page = await visit('demo', { who, at: '#/nowhere/%E0%A4%A' });
    assert.equal(await page.locator('main h1').count(), 1);
    await open(page, '#/customer/not-a-uuid');
    assert.ok((await page.locator('main').innerText()).trim().length > 0);
    expectNoFault(page, REFUSED);
    await leave(page);
});

test('filters stand in the address; the way back keeps them, and so does a reload', async () => {
    const page = await visit('demo', { who: everybody, at: '#/customers' });
    await page.getByLabel('Category').selectOption('critical');
    await settled(page);
    await page.getByRole('button', { name: 'ARR' }).click();
    await settled(page);
    const filtered = page.url();
    assert.match(filtered, /category=critical/);
    const first = await page.locator('main tbody tr').first().innerText();
    await page.locator('main tbody tr a').first().click();
    await page.waitForURL(/customer\//);
    await settled(page);
    await page.goBack();
    await settled(page);
    assert.equal(page.url(), filtered);
    assert.equal(await page.getByLabel('Category').inputValue(), 'critical');
    assert.equal(await page.locator('main tbody tr').first().innerText(), first);
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('main tbody tr').first().innerText(), first);
    expectNoFault(page);
    await leave(page);
});

test('all of it with the keyboard', async () => {
    const page = await visit('demo', { who: everybody });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.evaluate(() => document.activeElement.blur());

    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL(/#\/customers/);
    await settled(page);
    await page.locator('main tbody tr[data-href]').nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    assert.equal(await page.locator('main tbody tr.current').count(), 1);
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/customer\//);
    await settled(page);

    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    const name = sql('demo', `select name from cs_health.tenant where id = '${customerOf('demo')}'`);
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.type(name);
    await page.locator('#found [role=option]', { hasText: name }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(customerOf('demo')));
    await settled(page);
    expectNoFault(page);
    await leave(page);
});

test('the focus is seen on everything that the keyboard reaches', async () => {
    const page = await visit('demo', { who: everybody, at: '#/customers' });
    const unseen = [];
    for (let n = 0; n < 40; n++) {
        await page.keyboard.press('Tab');
        unseen.push(await page.evaluate(() => {
            const style = getComputedStyle(document.activeElement);
            return document.activeElement === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) ? ''
                : document.activeElement.outerHTML.slice(0, 80);
        }));
    }
    assert.deepEqual(unseen.filter(Boolean), []);
    await leave(page);
});

test('the language is switched, kept, and said to screen readers', async () => {
    const page = await visit('demo', { who, at: '#/customers' });
    await page.getByRole('button', { name: 'Español' }).click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'es');
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Clientes');
    assert.match(await page.title(), /Clientes/);
    await page.reload();
    await settled(page);
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Clientes');
    await page.getByRole('button', { name: 'English' }).click();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Customers');
    expectNoFault(page);
    await leave(page);
});

test('sentences of the database come in the language of the page', async () => {
    const page = await visit('demo', { who: everybody, at: '#/renewals' });
    const said = async () => (await page.locator('main').innerText()).match(/\b(Health|Salud) \d+ \(/g) || [];
    const only = async word => {
        const found = await said();
        assert.ok(found.length > 3, 'there are reasons to read');
        assert.deepEqual(found.filter(one => !one.startsWith(word)), []);
    };
    await only('Health');
    await page.getByRole('button', { name: 'Español' }).click();
    await settled(page);
    await only('Salud');
    await page.reload();
    await settled(page);
    await only('Salud');
    expectNoFault(page);
    await leave(page);
});

test('the frame is one line from 1180 pixels on, however long a name is', async () => {
    for (const language of ['en', 'es']) {
        const page = await visit('demo', { who, language, width: 1180 });
        await page.evaluate(() => { document.querySelector('.who .name').textContent = 'Isla Margarethe Featherstonehaugh'; });
        const { height } = await page.locator('header.top').boundingBox();
        assert.ok(height < 60, `${height} pixels`);
        await expectNoSidewaysScroll(page);
        await leave(page);
    }
});

test('a chart says its latest value while nothing is pointed at', async () => {
    const page = await visit('demo', { who, at: addressOf('customer', 'demo') });
    const legend = page.locator('.u-legend').first();
    const latest = await legend.innerText();
    assert.match(latest, /\d{4}\s*Score:?\s*\d+/);
    const becomes = same => page.waitForFunction(([text, alike]) => (document.querySelector('.u-legend').innerText === text) === alike,
        [latest, same]);
    await page.locator('.u-over').first().hover({ position: { x: 20, y: 20 } });
    await becomes(false);
    await page.mouse.move(1, 1);
    await becomes(true);
    expectNoFault(page);
    await leave(page);
});

test('the export has every row that the filters leave, not only those on the page', async () => {
    const page = await visit('demo', { who: everybody, at: '#/customers?status=active&order=arr.desc' });
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()]);
    assert.equal(download.suggestedFilename(), 'customers.csv');
    const text = readFileSync(await download.path(), 'utf8');
    assert.equal(text.charCodeAt(0), 0xfeff, 'spreadsheets take it for UTF-8');
    const lines = text.trimEnd().split('\r\n');
    assert.equal(lines.length - 1, Number(sql('demo', `select count(*) from cs_health.tenant where status = 'active'`)));
    assert.match(lines[0], /^\ufeffid,external_id,Customer,Score,Category/);
    const dearest = sql('demo', `select name from cs_health.tenant where status = 'active' order by arr desc nulls last, id limit 1`);
    assert.ok(lines[1].includes(dearest), lines[1]);
    expectNoFault(page);
    await leave(page);
});

test('an administrator sees everybody, a CSM the own customers', async () => {
    const [mine, all] = [who, admin].map(asker => ({ asker, most: sql('demo', asker.email
        ? `select count(*) from cs_health.tenant as t join cs_health.csm as c on c.email = t.csm where t.status = 'active'
            and (c.email = '${asker.email}' or c.stands_in = '${asker.email}' and c.away_until >= current_date)`
        : `select count(*) from cs_health.tenant where status = 'active'`) }));
    for (const { asker, most } of [mine, all]) {
        const page = await visit('demo', { who: asker, at: '#/customers' });
        const rows = await page.locator('main tbody tr').count();
        assert.ok(rows > 0 && rows <= Math.min(50, Number(most)), `${rows} of ${most}`);
        await leave(page);
    }
});

test('nothing is given to a colleague who is disabled, whose customers are still found', async () => {
    const gone = sql('demo', `select csm from cs_health.tenant where csm not in ('${who.email}', '${everybody.email}')
        group by csm order by count(*) desc, csm limit 1`);
    sql('demo', `select cs_health.disable_colleague('${gone}')`);
    try {
        const page = await visit('demo', { who: everybody, at: '#/customers' });
        const emails = select => select.locator('option').evaluateAll(options => options.map(option => option.value));
        assert.ok((await emails(page.getByLabel('CSM'))).includes(gone));
        await page.getByRole('button', { name: 'Hand over a book of business' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('To').waitFor();
        assert.ok((await emails(dialog.getByLabel('From'))).includes(gone));
        const takers = await emails(dialog.getByLabel('To'));
        assert.ok(takers.length > 1 && !takers.includes(gone), takers.join());
        expectNoFault(page);
        await leave(page);
    } finally {
        sql('demo', `select cs_health.enable_colleague('${gone}')`);
    }
});

test('a task is made, put off, given away and done on the page of its customer', async () => {
    const page = await visit('demo', { who, at: `#/customer/${customerOf('demo')}?tab=tasks` });
    const task = () => sql('demo', `select concat_ws(' ', status, due_on - current_date, assignee = '${who.email}', outcome)
        from cs_health.task where title = 'Send the offer'`);
    const press = async (scope, role, name) => {
        await scope.getByRole(role, { name }).click();
        await page.waitForTimeout(100);
        await settled(page);
    };
    await press(page, 'button', 'New task');
    await page.getByRole('dialog').getByLabel('What to do').fill('Send the offer');
    await press(page.getByRole('dialog'), 'button', 'Create the task');
    assert.equal(task(), 'open 0 t');
    await press(page, 'button', /^Snooze: .*Send the offer/);
    await press(page, 'menuitem', 'In 3 days');
    assert.equal(task(), 'open 3 t');
    await press(page, 'button', /^More: .*Send the offer/);
    await press(page, 'menuitem', 'Reassign…');
    await press(page.getByRole('dialog'), 'button', 'Reassign');
    assert.equal(task(), 'open 3 f');
    await press(page, 'button', /^Done… .*Send the offer/);
    await press(page.getByRole('dialog'), 'button', 'It is done');
    assert.equal(task(), 'done 3 f done');
    expectNoFault(page);
    await leave(page);
});

test('behind a proxy that signs in nobody pastes a token', async () => {
    const page = await visit('demo');
    let signedIn = false;
    await page.route(`${urls.demo}/`, async route => {
        const answer = await route.fetch();
        const body = (await answer.text()).replace('name="sign-in" content=""', 'name="sign-in" content="/oauth2/start"')
            .replace('name="sign-out" content=""', 'name="sign-out" content="/oauth2/sign_out"');
        await route.fulfill({ response: answer, body });
    });
    await page.route(/\/api\/v1\//, route => signedIn
        ? route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token(who)}` } })
        : route.fulfill({ status: 401, contentType: 'application/json', body: '{"message":"no session"}' }));
    await page.goto(`${urls.demo}/`);
    const way = page.getByRole('link', { name: 'Sign in' });
    await way.waitFor();
    assert.equal(await way.getAttribute('href'), '/oauth2/start');
    assert.equal(await page.getByLabel('Token').count(), 0);
    signedIn = true;
    await page.reload();
    await settled(page);
    assert.ok(await page.locator('nav a').count() >= 7);
    assert.equal(await page.getByRole('link', { name: 'Sign out' }).getAttribute('href'), '/oauth2/sign_out');
    expectNoFault(page, REFUSED);
    await leave(page);
});
