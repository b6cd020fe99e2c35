// What the tests share: a Chromium, signed-in pages that note every fault, axe, and psql on the database behind the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

export const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PAGES = ['day', 'portfolio', 'customers', 'customer', 'renewals', 'signals', 'playbooks', 'playbook', 'operations'];

// The addresses of the dashboards on the databases of this run, and the secret that signs their tokens
export const urls = JSON.parse(process.env.BROWSER_URLS);
const secret = readFileSync(process.env.BROWSER_SECRET, 'utf8').trim();

const executablePath = process.env.CHROMIUM
    || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const browser = await chromium.launch({ executablePath });
after(() => browser.close());

const part = value => Buffer.from(value).toString('base64url');

export function token(claims, seconds = 3600) {
    const body = { aud: 'cs_health', exp: Math.floor(Date.now() / 1000) + seconds, ...claims };
    const signed = `${part('{"alg":"HS256","typ":"JWT"}')}.${part(JSON.stringify(body))}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export function sql(database, query) {
    return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', query], { encoding: 'utf8' }).trim();
}

// The two colleagues that the demo gives tokens for: a CSM who has something of everything to decide, and a manager
const found = new Map();
function colleagues(database) {
    if (!found.has(database)) found.set(database, sql(database, readFileSync(`${root}/tools/demo_colleagues.sql`, 'utf8')).split('|'));
    return found.get(database);
}

export const csm = database => ({ role: 'cs_health_csm', email: colleagues(database)[0] });
export const csmAll = database => ({ role: 'cs_health_csm_all', email: colleagues(database)[1] });
export const admin = { role: 'cs_health_admin' };

// A page in a browser of its own. What goes wrong in it is kept in page.faults; whatever is still there when
// the test ends is a failure of expectNoFault().
export async function visit(database, { who, language = 'en', width = 1280, height = 900, dark = false, at = '#/', session } = {}) {
    const context = await browser.newContext({ locale: language, viewport: { width, height }, timezoneId: 'UTC', acceptDownloads: true,
        colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
    const url = urls[database];
    const page = await context.newPage();
    page.faults = [];
    page.setDefaultTimeout(15000);
    page.on('console', message => ['error', 'warning'].includes(message.type()) && page.faults.push(`console: ${message.text()}`));
    page.on('pageerror', error => page.faults.push(`error: ${error.message}`));
    page.on('dialog', dialog => { page.faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on('request', request => {
        if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin) {
            page.faults.push(`outside: ${request.url()}`);
        }
    });
    await page.addInitScript(({ given, tongue }) => {
        if (given && !sessionStorage.getItem('test.signed')) {
            sessionStorage.setItem('test.signed', 'once');
            sessionStorage.setItem('cs_health.token', given);
        }
        if (tongue && !localStorage.getItem('cs_health.language')) localStorage.setItem('cs_health.language', tongue);
        addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    }, { given: session ?? (who && token(who)), tongue: language });
    await page.goto(`${url}/${at}`);
    await settled(page);
    return page;
}

// Until a page, or the way in, or a failure stands, and nothing is loading any more
export async function settled(page) {
    const stands = () => document.querySelector('main h1, main .failure') && !document.querySelector('.loading, main [aria-busy=true]');
    await page.waitForFunction(stands);
    await page.waitForLoadState('networkidle');
    await page.waitForFunction(stands);
}

export async function open(page, address) {
    await page.evaluate(to => new Promise(resolve => {
        location.hash = to;
        setTimeout(resolve, 100);
    }), address);
    await settled(page);
}

export function expectNoFault(page, but = /(?!)/) {
    assert.deepEqual(page.faults.filter(fault => !but.test(fault)), []);
}

// Findings of axe that hinder people seriously, in the rules of WCAG 2.1 AA
export async function expectAccessible(page) {
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => window.axe.run(document,
        { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], resultTypes: ['violations'] }));
    assert.deepEqual(violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v =>
        `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => `${n.html.slice(0, 160)} ${n.any[0]?.message || ''}`).join(' | ')}`), []);
}

export async function expectNoSidewaysScroll(page) {
    const wide = await page.evaluate(() => {
        const { clientWidth, scrollWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return [];
        return [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > clientWidth + 1 && !e.closest('.scroll'))
            .slice(0, 5).map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`);
    });
    assert.deepEqual(wide, []);
}

// The address of a page that is about one customer or playbook
export function addressOf(name, database) {
    const id = name === 'customer' ? customerOf(database)
        : name === 'playbook' ? sql(database, `select id from cs_health.cs_playbook where code = 'reactivation'`) : '';
    return `#/${name}${id ? `/${id}` : ''}`;
}

// The customer of the busy CSM of which there is most to see
export function customerOf(database) {
    return sql(database, `select t.id from cs_health.tenant as t where t.csm = '${colleagues(database)[0]}' and t.status = 'active'
        order by (select count(*) from cs_health.playbook_execution as e where e.tenant_id = t.id) > 0 desc,
            (select count(*) from cs_health.expansion_signal as s where s.tenant_id = t.id) desc, t.id limit 1`);
}
