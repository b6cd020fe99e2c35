// What a CSM does every day, each from the page "my day", with as many clicks as it may take. Typing is free, choosing from a
// list is a click.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csm, expectNoFault, settled, sql, visit } from './browser.mjs';

const who = csm('demo');

// A page, and a user whose clicks are counted
async function begin(at = '#/day') {
    const page = await visit('demo', { who, at });
    const user = {
        page,
        clicks: 0,
        async click(target) {
            user.clicks++;
            await target.click();
            await page.waitForTimeout(100);
            await settled(page);
        },
        async choose(target, value) {
            user.clicks++;
            await target.selectOption(value);
        },
    };
    return user;
}

async function end(t, { page, clicks }, most) {
    t.diagnostic(`${t.name}: ${clicks} of at most ${most} clicks`);
    assert.ok(clicks <= most, `${clicks} clicks`);
    assert.equal(await page.locator('.messages .failed').count(), 0, await page.locator('.messages').innerText());
    expectNoFault(page);
    await page.context().close();
}

const button = (scope, name) => scope.getByRole('button', { name });

test('find the worst renewal', async t => {
    const user = await begin();
    const { page } = user;
    await user.click(page.getByRole('link', { name: 'Renewals', exact: true }));
    const [worst] = sql('demo', `set request.jwt.claims = '{"email": "${who.email}"}'; set role cs_health_csm;
        select tenant_name from cs_health_v1.renewals where due_within <= 90
        order by arr_at_risk desc nulls last, arr desc nulls last, tenant_id limit 1`).split('\n').slice(-1);
    assert.equal((await page.locator('main tbody tr').first().getByRole('link').first().innerText()), worst);
    await user.click(page.locator('main tbody tr').first().getByRole('link').first());
    assert.ok((await page.locator('h1').innerText()).startsWith(worst));
    await end(t, user, 2);
});

test('see why', async t => {
    const user = await begin('#/renewals');
    const { page } = user;
    const row = page.locator('main tbody tr').first();
    assert.ok((await row.innerText()).length > 60, 'the list has the reason');
    await user.click(row.getByRole('link').first());
    const text = await page.locator('main').innerText();
    assert.match(text, /typical|points|lost|of 100|What/i);
    await end(t, user, 1);
});

test('log a call', async t => {
    const user = await begin();
    const { page } = user;
    await user.click(button(page.locator('main'), /^Log a call… \S/).first());
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What was said').fill('They want a training for the new team');
    await user.click(button(dialog, 'Log it'));
    assert.equal(sql('demo', `select kind || ' ' || actor from cs_health.touchpoint
        where detail = 'They want a training for the new team'`), `call ${who.email}`);
    await end(t, user, 3);
});

test('approve a mail after reading it', async t => {
    const user = await begin();
    const { page } = user;
    const before = sql('demo', `select count(*) from cs_health.playbook_step where approved_by = '${who.email}'`);
    await user.click(button(page.locator('#approvals'), /^Read: .*Personal check-in/).first());
    const dialog = page.getByRole('dialog');
    await dialog.locator('.letter').waitFor();
    assert.match(await dialog.innerText(), /Kind regards|Un saludo/);
    await user.click(button(dialog, 'Approve'));
    await dialog.waitFor({ state: 'detached' });
    assert.equal(sql('demo', `select count(*) - ${before} from cs_health.playbook_step where approved_by = '${who.email}'`), '1');
    await end(t, user, 2);
});

test('defer a signal', async t => {
    const user = await begin();
    const { page } = user;
    await user.click(button(page.locator('main'), /^Defer: /).first());
    await user.click(page.getByRole('menuitem', { name: '1 month' }));
    assert.equal(sql('demo', `select count(*) from cs_health.expansion_signal where status = 'deferred' and changed_by = '${who.email}'
        and deferred_until = current_date + 30`), '1');
    await end(t, user, 2);
});

test('snooze a task', async t => {
    const user = await begin();
    const { page } = user;
    const first = button(page.locator('#tasks'), /^Snooze: /).first();
    const before = Number(sql('demo', `select count(*) from cs_health.task where due_on = current_date + 3 and assignee = '${who.email}'`));
    await user.click(first);
    await user.click(page.getByRole('menuitem', { name: 'In 3 days' }));
    assert.equal(Number(sql('demo', `select count(*) from cs_health.task where due_on = current_date + 3
        and assignee = '${who.email}'`)), before + 1);
    await end(t, user, 2);
});

test('hand a book of business to a colleague', async t => {
    const user = await begin();
    const { page } = user;
    const count = email => Number(sql('demo', `select count(*) from cs_health.tenant where csm = '${email}'`));
    const to = sql('demo', `select email from cs_health.csm where email <> '${who.email}' and away_until is null order by email limit 1`);
    const [mine, theirs] = [count(who.email), count(to)];
    await user.click(button(page.locator('main'), 'Hand over my customers'));
    const dialog = page.getByRole('dialog');
    await user.choose(dialog.getByLabel('To'), to);
    await user.click(button(dialog, 'Hand over'));
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual([count(who.email), count(to)], [0, theirs + mine]);
    await end(t, user, 4);
});
