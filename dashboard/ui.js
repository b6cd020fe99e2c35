// The parts that pages are made of. Each is plain HTML with the names that assistive technology knows.
import { html, useCallback, useEffect, useRef, useState } from './preact.js';
import { everyRow } from './api.js';
import { NONE } from './format.js';
import { getLanguage, t, word } from './words.js';

// What a request brought: { data, error, loading, reload }. `load` gets a signal that stops it when the page goes away or
// the values in `given` change; the old data stays until the new is there. In another language it comes anew, as sentences
// are made where the data is; language '' is for what has none.
export function useData(load, given = [], language = getLanguage()) {
    const [state, setState] = useState({ loading: true });
    const [turn, setTurn] = useState(0);
    useEffect(() => {
        const stop = new AbortController();
        setState(now => ({ data: now.data, loading: true }));
        load(stop.signal).then(
            data => stop.signal.aborted || setState({ data, loading: false }),
            error => stop.signal.aborted || setState({ error, loading: false }));
        return () => stop.abort();
    }, [...given, turn, language]);
    return { ...state, reload: useCallback(() => setTurn(n => n + 1), []) };
}

// The content of useData(): html`<${Loaded} of=${found} empty=${t('tasks.none')}>${rows => …}<//>`
export function Loaded({ of, empty, children }) {
    if (of.error) return html`<${Failure} error=${of.error} retry=${of.reload} />`;
    if (of.data === undefined) return html`<div class="loading" role="status">${t('loading')}</div>`;
    if (empty && (of.data === null || of.data.length === 0)) return html`<${Empty}>${empty}<//>`;
    return html`<div class=${of.loading ? 'stale' : ''} aria-busy=${Boolean(of.loading)}>${children(of.data)}</div>`;
}

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

export function Failure({ error, retry }) {
    const text = error.status === 0 ? t('error.unreachable')
        : error.status === 401 ? t('error.signed_out')
        : error.status === 403 ? t('error.no_right')
        : error.message;
    return html`<div class="failure" role="alert">
        <p>${text}${error.detail ? html` <span>${error.detail}</span>` : ''}</p>
        ${error.hint && html`<p class="muted">${error.hint}</p>`}
        ${retry && html`<button type="button" onClick=${retry}>${t('again')}</button>`}
    </div>`;
}

export const Section = ({ title, actions, children, id }) => html`<section class="card" id=${id}>
    ${(title || actions) && html`<header>${title ? html`<h2>${title}</h2>` : html`<span></span>`}<div class="actions">${actions}</div></header>`}
    ${children}
</section>`;

// A figure with what it is, and a line below it; a link, or a jump to a part of the page
export const Stat = ({ label, value, note, tone, href, to }) => html`<div class=${`stat ${tone || ''}`}>
    <span class="label">${label}</span>
    <span class="value">${href ? html`<a href=${href}>${value}</a>`
        : to ? html`<button type="button" class="jump" aria-label=${`${label}: ${value}`}
            onClick=${() => document.getElementById(to).scrollIntoView()}>${value}</button>` : value}</span>
    ${note && html`<span class="note">${note}</span>`}
</div>`;

// A category, status or risk level in its word and colour; the word says it all without the colour
export const Badge = ({ kind, value }) => value ? html`<span class=${`badge ${kind}-${String(value).replace(/\W+/g, '-')}`}>
    ${word(kind, value)}</span>` : NONE;

export const Score = ({ value }) => value === null || value === undefined ? html`<span class="muted">${t('no_data')}</span>`
    : html`<span class="score"><b>${value}</b><${ScoreBar} value=${value} /></span>`;

// A table of rows. Columns: { key, label, numeric, title, sort, render(row), csv(row) }; `sort` is the column of the API to order by.
// order is "column" or "column.desc"; select, if given, is { chosen: Set, change(Set), id(row), name(row) }.
export function Table({ columns, rows, order, onOrder, rowKey, caption, select, href }) {
    const by = (order || '').split('.')[0];
    const down = (order || '').includes('.desc');
    const all = select && rows.length > 0 && rows.every(row => select.chosen.has(select.id(row)));
    const toggle = (ids, on) => {
        const chosen = new Set(select.chosen);
        ids.forEach(id => on ? chosen.add(id) : chosen.delete(id));
        select.change(chosen);
    };
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table>
        <caption class="hidden">${caption}</caption>
        <thead><tr>
            ${select && html`<th scope="col"><input type="checkbox" aria-label=${t('choose_all')} checked=${all}
                onChange=${event => toggle(rows.map(select.id), event.currentTarget.checked)} /></th>`}
            ${columns.map(c => html`<th scope="col" key=${c.key} class=${c.numeric ? 'numeric' : ''}
                aria-sort=${c.sort && c.sort === by ? (down ? 'descending' : 'ascending') : undefined}>
                ${c.sort && onOrder ? html`<button type="button" class="sort"
                    onClick=${() => onOrder(c.sort === by && !down ? `${c.sort}.desc` : c.sort)}>${c.label}</button>` : c.label}
            </th>`)}
        </tr></thead>
        <tbody>${rows.map(row => html`<tr key=${rowKey(row)} data-href=${href && href(row)}>
            ${select && html`<td class="pick"><input type="checkbox" aria-label=${t('choose', select.name(row))}
                checked=${select.chosen.has(select.id(row))}
                onChange=${event => toggle([select.id(row)], event.currentTarget.checked)} /></td>`}
            ${columns.map(c => html`<td key=${c.key} class=${c.numeric ? 'numeric' : c.title ? 'title' : ''} data-label=${c.label}>
                ${c.render ? c.render(row) : row[c.key] ?? NONE}</td>`)}
        </tr>`)}</tbody>
    </table></div>`;
}

// Fifty rows at a time: the page asks for one row more than it shows, which tells that there is more
export const PAGE = 50;

export function Pager({ offset, count, onOffset }) {
    if (offset === 0 && count <= PAGE) return null;
    return html`<nav class="pager" aria-label=${t('pages')}>
        <button type="button" disabled=${offset === 0} onClick=${() => onOffset(Math.max(0, offset - PAGE))}>${t('previous')}</button>
        <span>${t('rows_from_to', offset + 1, offset + Math.min(count, PAGE))}</span>
        <button type="button" disabled=${count <= PAGE} onClick=${() => onOffset(offset + PAGE)}>${t('next')}</button>
    </nav>`;
}

// A cell that a spreadsheet would take for a formula gets a ' before it
function cell(value) {
    const text = value === null || value === undefined ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csv(columns, rows) {
    const lines = [columns.map(c => cell(c.label))];
    for (const row of rows) lines.push(columns.map(c => cell(c.csv ? c.csv(row) : row[c.key])));
    return `\ufeff${lines.map(line => line.join(',')).join('\r\n')}\r\n`;
}

// Saves all rows that the filters leave, not only those on the page
export function CsvButton({ view, query, columns, name }) {
    return html`<${Button} quiet onClick=${async () => {
        const url = URL.createObjectURL(new Blob([csv(columns, await everyRow(view, query))], { type: 'text/csv' }));
        const a = document.createElement('a');
        a.href = url;
        a.download = `${name}.csv`;
        a.click();
        URL.revokeObjectURL(url);
    }}>${t('export')}<//>`;
}

// A button that is busy until what it does has been done, and tells when that failed
export function Button({ onClick, children, quiet, danger, type = 'button', label, disabled }) {
    const [busy, setBusy] = useState(false);
    const there = useRef(true);
    useEffect(() => () => { there.current = false; }, []);
    const act = async event => {
        if (busy) return;
        setBusy(true);
        try {
            await onClick(event);
        } catch (error) {
            say(error.hint ? `${error.message}. ${error.detail || ''} ${error.hint}` : `${error.message} ${error.detail || ''}`, true);
        }
        if (there.current) setBusy(false);
    };
    return html`<button type=${type} class=${quiet ? 'quiet' : danger ? 'danger' : 'primary'} aria-label=${label}
        aria-busy=${busy} disabled=${busy || disabled} onClick=${onClick && act}>${children}</button>`;
}

// A dialog: html`<${Dialog} title=… onClose=…>…<//>`; Escape and a click beside it close it. Its first field has the focus, or
// the one with autofocus.
export function Dialog({ title, onClose, children, wide }) {
    const box = useRef();
    useEffect(() => {
        box.current.showModal();
        const field = what => box.current.querySelector(what);
        (field('[autofocus]') || field('form :is(input:not([type=hidden]), select, textarea)'))?.focus();
    }, []);
    return html`<dialog ref=${box} class=${wide ? 'wide' : ''} aria-label=${title} onClose=${onClose}
        onClick=${event => event.target === box.current && box.current.close()}>
        <div class="dialog">
            <header><h2>${title}</h2><button type="button" class="quiet" aria-label=${t('close')}
                onClick=${() => box.current.close()}>×</button></header>
            ${children}
        </div>
    </dialog>`;
}

// A form whose fields come as one object to onSubmit; it stays open with the reason when that fails
export function Form({ onSubmit, children, action, onCancel }) {
    const [error, setError] = useState(null);
    const [busy, setBusy] = useState(false);
    return html`<form onSubmit=${async event => {
        event.preventDefault();
        const values = Object.fromEntries(new FormData(event.currentTarget, event.submitter));
        setBusy(true);
        setError(null);
        try {
            await onSubmit(values);
        } catch (failed) {
            setError(failed);
        }
        setBusy(false);
    }}>
        ${children}
        ${error && html`<${Failure} error=${error} />`}
        <div class="buttons">
            <button type="submit" class="primary" disabled=${busy} aria-busy=${busy}>${action}</button>
            ${onCancel && html`<button type="button" class="quiet" onClick=${onCancel}>${t('cancel')}</button>`}
        </div>
    </form>`;
}

export const Field = ({ label, children, note }) => html`<label class="field"><span>${label}</span>${children}
    ${note && html`<small class="muted">${note}</small>`}</label>`;

// A choice: options are [value, text] pairs or values of a known list of words; a value that is none of them is shown as it is.
// Without onChange it is the form's own, which value only begins.
export const Choice = ({ label, name, value, options, kind, onChange, any, required }) => html`<${Field} label=${label}>
    <select name=${name} required=${required} value=${onChange ? value ?? '' : undefined} onChange=${onChange && (event => onChange(event.currentTarget.value))}>
        ${any && html`<option value="">${any}</option>`}
        ${value && !options.some(o => (Array.isArray(o) ? o[0] : o) === value) && html`<option value=${value} selected>${value}</option>`}
        ${options.map(o => Array.isArray(o) ? html`<option value=${o[0]} selected=${o[0] === value}>${o[1]}</option>`
            : html`<option value=${o} selected=${o === value}>${kind ? word(kind, o) : o}</option>`)}
    </select>
<//>`;

// Tabs that are links, so that each has an address
export const Tabs = ({ label, tabs, current }) => html`<nav class="tabs" aria-label=${label}>${tabs.map(tab => html`
    <a key=${tab.key} href=${tab.href} aria-current=${tab.key === current ? 'page' : undefined}>${tab.label}
        ${tab.count !== undefined && html` <span class="count">${tab.count}</span>`}</a>`)}</nav>`;

// A bar in parts, with its legend as a list: parts are { key, label, value, text, tone, href }
export function PartsBar({ parts, label }) {
    const total = parts.reduce((sum, part) => sum + Number(part.value), 0);
    return html`<figure class="parts">
        <div class="bar" role="img" aria-label=${`${label}: ${parts.map(p => `${p.label} ${p.text ?? p.value}`).join(', ')}`}>
            ${parts.filter(p => p.value > 0).map(p => html`<span key=${p.key} class=${p.tone}
                style=${{ flexGrow: p.value / total }}></span>`)}
        </div>
        <ul>${parts.map(p => html`<li key=${p.key}><span class=${`dot ${p.tone}`} aria-hidden="true"></span>
            ${p.href ? html`<a href=${p.href}>${p.label}</a>` : p.label} <b>${p.text ?? p.value}</b></li>`)}</ul>
    </figure>`;
}

// A short message in the corner, read out by screen readers
export function say(text, failed) {
    dispatchEvent(new CustomEvent('said', { detail: { text, failed } }));
}

export function Messages() {
    const [said, setSaid] = useState([]);
    useEffect(() => {
        const hear = event => {
            const one = { ...event.detail, id: crypto.getRandomValues(new Uint32Array(1))[0] };
            setSaid(now => [...now.slice(-2), one]);
            setTimeout(() => setSaid(now => now.filter(s => s.id !== one.id)), one.failed ? 12000 : 5000);
        };
        addEventListener('said', hear);
        return () => removeEventListener('said', hear);
    }, []);
    return html`<div class="messages" aria-live="polite">${said.map(s => html`
        <p key=${s.id} class=${s.failed ? 'failed' : ''}>${s.text}</p>`)}</div>`;
}

// Does something that may fail, and tells when it did; says whether it went well
export async function attempt(act) {
    try {
        await act();
        return true;
    } catch (error) {
        say([error.message, error.detail, error.hint].filter(Boolean).join(' '), true);
        return false;
    }
}

// A button with a list of choices: html`<${Menu} label=… items=${[{ text, act }]} />`. Arrow keys walk, Escape closes. The list
// hangs in the window, so that no table cuts it off. bare: without the arrow, for a label that is a sign.
export function Menu({ label, items, name, bare }) {
    const [at, setAt] = useState(null);
    const [busy, setBusy] = useState(false);
    const box = useRef();
    const there = useRef(true);
    useEffect(() => () => { there.current = false; }, []);
    useEffect(() => {
        if (!at) return undefined;
        box.current.querySelector('[role=menuitem]').focus({ preventScroll: true });
        const leave = event => {
            if (event.type === 'scroll' || !box.current.contains(event.target)) setAt(null);
        };
        const events = ['pointerdown', 'focusin', 'scroll', 'resize'];
        events.forEach(kind => addEventListener(kind, leave, true));
        return () => events.forEach(kind => removeEventListener(kind, leave, true));
    }, [at]);
    const open = event => {
        const button = event.currentTarget.getBoundingClientRect();
        const height = items.length * 40 + 10;
        setAt({
            left: `${Math.max(8, Math.min(button.left, document.documentElement.clientWidth - 240))}px`,
            top: `${button.bottom + height > innerHeight && button.top > height ? button.top - height : button.bottom + 2}px`,
        });
    };
    const close = () => {
        setAt(null);
        box.current.querySelector('button').focus();
    };
    const walk = event => {
        if (!at) return;
        if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            close();
        }
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const choices = [...box.current.querySelectorAll('[role=menuitem]')];
        choices[(choices.indexOf(document.activeElement) + step + choices.length) % choices.length].focus();
    };
    const choose = async item => {
        close();
        setBusy(true);
        await attempt(item.act);
        if (there.current) setBusy(false);
    };
    return html`<span class="menu" ref=${box} onKeyDown=${walk}>
        <button type="button" aria-haspopup="menu" aria-expanded=${Boolean(at)} aria-label=${name} aria-busy=${busy} disabled=${busy}
            onClick=${event => at ? setAt(null) : open(event)}>${label}${!bare && html` <span aria-hidden="true">▾</span>`}</button>
        ${at && html`<span role="menu" aria-label=${name || label} style=${at}>${items.map(item => html`<button key=${item.text} type="button"
            role="menuitem" tabindex="-1" onClick=${() => choose(item)}>${item.text}</button>`)}</span>`}
    </span>`;
}

// A short line without axes, beside figures that say the same: values oldest first, null where nothing is known
export function Spark({ values, label }) {
    const known = values.filter(value => value !== null && value !== undefined).map(Number);
    if (known.length < 2) return null;
    const low = Math.min(...known);
    const high = Math.max(...known);
    const step = 120 / (values.length - 1);
    const at = (value, n) => `${(n * step).toFixed(1)},${(26 - 22 * (high === low ? 0.5 : (Number(value) - low) / (high - low))).toFixed(1)}`;
    const lines = values.reduce((parts, value, n) => {
        if (value === null || value === undefined) parts.push([]);
        else parts.at(-1).push(at(value, n));
        return parts;
    }, [[]]);
    return html`<svg class="spark" viewBox="-2 0 124 30" preserveAspectRatio="none" role="img" aria-label=${label}>
        ${lines.filter(part => part.length > 1).map(part => html`<polyline points=${part.join(' ')} />`)}</svg>`;
}

// A bar from 0 to 100 in the colour of its category
export const ScoreBar = ({ value }) => html`<span class="scorebar" aria-hidden="true"><span class=${
    value >= 80 ? 'healthy' : value >= 60 ? 'neutral' : value >= 40 ? 'at_risk' : 'critical'}
    style=${{ width: `${Math.max(0, Math.min(100, value))}%` }}></span></span>`;

// A change with its sign, in the colour of good or bad
export const Change = ({ value, text }) => html`<span class=${value > 0 ? 'good' : value < 0 ? 'bad' : 'muted'}>${text}</span>`;
