// The frame around every page: who is signed in, where to go, the search, the keyboard.
import { html, render, useEffect, useState } from './preact.js';
import { ask, single } from './api.js';
import { day, setUnits } from './format.js';
import { link, useRoute } from './route.js';
import { claims, signInAddress, signOut, signOutAddress, takeTokenFromLink, token } from './session.js';
import { Failure, Messages, useData } from './ui.js';
import { getLanguage, setLanguage, t } from './words.js';
import { KeyboardHelp, useKeyboard } from './keyboard.js';
import { Search } from './search.js';
import { SignIn } from './sign_in.js';

// A page is loaded when it is opened first
const PAGES = {
    portfolio: () => import('./pages/portfolio.js'),
    customers: () => import('./pages/customers.js'),
    customer: () => import('./pages/customer.js'),
    renewals: () => import('./pages/renewals.js'),
    day: () => import('./pages/day.js'),
    playbooks: () => import('./pages/playbooks.js'),
    playbook: () => import('./pages/playbook.js'),
    signals: () => import('./pages/signals.js'),
    operations: () => import('./pages/operations.js'),
};
const MENU = ['day', 'portfolio', 'customers', 'renewals', 'signals', 'playbooks', 'operations'];
const PART_OF = { customer: 'customers', playbook: 'playbooks' };

const LANGUAGE = 'cs_health.language';

function App() {
    const [signedIn, setSignedIn] = useState(Boolean(token() || signInAddress));
    useEffect(() => {
        const leave = () => setSignedIn(false);
        addEventListener('signed-out', leave);
        return () => removeEventListener('signed-out', leave);
    }, []);
    return signedIn
        ? html`<${Signed} onLeave=${() => { signOut(); setSignedIn(false); }} />`
        : html`<${SignIn} onEnter=${() => setSignedIn(true)} />`;
}

const SignOut = ({ onLeave }) => signOutAddress
    ? html`<a class="button" href=${signOutAddress}>${t('sign_out')}</a>`
    : html`<button type="button" class="quiet" onClick=${onLeave}>${t('sign_out')}</button>`;

function Signed({ onLeave }) {
    const [, setTongue] = useState(getLanguage());
    const me = useData(async signal => {
        const found = single(await ask('whoami', {}, { signal }));
        setUnits(found);
        setLanguage(localStorage.getItem(LANGUAGE) || found.locale);
        return found;
    }, [], '');
    const [help, setHelp] = useState(false);
    const [menu, setMenu] = useState(false);
    const route = useRoute();
    const name = Object.hasOwn(PAGES, route.page) ? route.page : 'day';
    const page = useData(() => PAGES[name](), [name], '');
    useKeyboard(() => setHelp(true));
    useEffect(() => {
        document.title = `${t(`page.${PART_OF[name] || name}`)} · cs_health`;
        setMenu(false);
    });
    useEffect(() => scrollTo(0, 0), [name, route.id]);
    if (me.error) return html`<main class="alone"><${Failure} error=${me.error} retry=${me.reload} />
        <${SignOut} onLeave=${onLeave} /></main>`;
    if (!me.data) return html`<main class="alone"><p role="status">${t('loading')}</p></main>`;
    const Page = page.data?.default;
    const change = code => {
        localStorage.setItem(LANGUAGE, code);
        setLanguage(code);
        setTongue(code);
    };
    return html`
        <a class="skip" href="#main" onClick=${event => {
            event.preventDefault();
            document.getElementById('main').focus();
        }}>${t('skip')}</a>
        <header class="top">
            <a class="brand" href="#/"><img src="icon.svg" alt="" width="26" height="26" />cs_health</a>
            <button type="button" class="burger quiet" aria-expanded=${menu} aria-controls="menu"
                onClick=${() => setMenu(!menu)}>${t('menu')}</button>
            <nav id="menu" class=${menu ? 'open' : ''} aria-label=${t('menu')}>${MENU.map(key => html`
                <a key=${key} href=${link(key)}
                    aria-current=${key === (PART_OF[name] || name) ? 'page' : undefined}>${t(`page.${key}`)}</a>`)}</nav>
            <${Search} />
            <div class="who">
                <button type="button" class="quiet" lang=${getLanguage() === 'es' ? 'en' : 'es'}
                    onClick=${() => change(getLanguage() === 'es' ? 'en' : 'es')}>${getLanguage() === 'es' ? 'English' : 'Español'}</button>
                <span class="name" title=${claims().email || ''}>${me.data.name || me.data.email || me.data.role}</span>
                <${SignOut} onLeave=${onLeave} />
            </div>
        </header>
        <main id="main" tabindex="-1">
            ${page.error ? html`<${Failure} error=${page.error} retry=${page.reload} />`
                : Page && !page.loading ? html`<${Page} key=${`${name} ${route.id}`} me=${me.data} id=${route.id} query=${route.query} />`
                : html`<p class="loading" role="status">${t('loading')}</p>`}
        </main>
        <footer>${me.data.scored_through ? t('scored_through', day(me.data.scored_through)) : t('not_scored_yet')}</footer>
        <${Messages} />
        ${help && html`<${KeyboardHelp} onClose=${() => setHelp(false)} />`}`;
}

takeTokenFromLink();
setLanguage(localStorage.getItem(LANGUAGE) || navigator.language.slice(0, 2));
render(html`<${App} />`, document.getElementById('app'));
