// A field of a form that finds a customer by a part of its name; the form gets the id.
import { html, useEffect, useRef, useState } from './preact.js';
import { rows } from './api.js';
import { Badge } from './ui.js';
import { t } from './words.js';

export function CustomerChoice({ label, name, chosen, onChange }) {
    const [text, setText] = useState('');
    const [found, setFound] = useState([]);
    const [at, setAt] = useState(0);
    const input = useRef();
    useEffect(() => {
        if (text.trim().length < 2) {
            setFound([]);
            return undefined;
        }
        const stop = new AbortController();
        const soon = setTimeout(() => rows('tenants', {
            select: 'id,name,category', status: 'in.(active,trial)', order: 'name', limit: 8,
            name: `ilike.*${text.trim().replace(/[*%_\\]/g, '_')}*`,
        }, { signal: stop.signal }).then(list => { setFound(list); setAt(0); }, () => {}), 150);
        return () => { clearTimeout(soon); stop.abort(); };
    }, [text]);
    const choose = one => {
        onChange(one);
        setText('');
    };
    const keys = event => {
        if (event.key === 'Enter') event.preventDefault();
        if (!found.length) return;
        if (event.key === 'ArrowDown') { event.preventDefault(); setAt(Math.min(at + 1, found.length - 1)); }
        if (event.key === 'ArrowUp') { event.preventDefault(); setAt(Math.max(at - 1, 0)); }
        if (event.key === 'Enter') choose(found[at]);
        if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); setText(''); }
    };
    if (chosen) return html`<div class="field"><span>${label}</span><div class="row">
        <b>${chosen.name}</b><input type="hidden" name=${name} value=${chosen.id} />
        <button type="button" class="quiet" onClick=${() => onChange(null)}>${t('work.change')}</button></div></div>`;
    return html`<div class="field choose-customer"><label for=${`find-${name}`}>${label}</label>
        <input ref=${input} id=${`find-${name}`} type="search" role="combobox" autofocus aria-expanded=${found.length > 0}
            aria-controls=${`found-${name}`} aria-autocomplete="list" required autocomplete="off" value=${text}
            aria-activedescendant=${found[at] ? `found-${name}-${at}` : undefined} placeholder=${t('work.type_name')}
            onInput=${event => setText(event.currentTarget.value)} onKeyDown=${keys} />
        <ul id=${`found-${name}`} role="listbox" aria-label=${label} hidden=${!found.length}>
            ${found.map((one, n) => html`<li key=${one.id} id=${`found-${name}-${n}`} role="option" aria-selected=${n === at}
                onMouseDown=${event => { event.preventDefault(); choose(one); }}>${one.name}
                <${Badge} kind="category" value=${one.category} /></li>`)}
        </ul></div>`;
}

// The id that the form has, or an error that the form shows
export function chosenCustomer(values) {
    if (!values.tenant) throw new Error(t('work.choose_customer'));
    return values.tenant;
}
