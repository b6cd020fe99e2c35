// Finds a customer by a part of its name, from every page.
import { html, useEffect, useRef, useState } from './preact.js';
import { rows } from './api.js';
import { go } from './route.js';
import { Badge } from './ui.js';
import { t } from './words.js';

export function Search() {
    const [text, setText] = useState('');
    const [found, setFound] = useState(null);
    const [at, setAt] = useState(0);
    const input = useRef();
    useEffect(() => {
        if (text.trim().length < 2) {
            setFound(null);
            return undefined;
        }
        const stop = new AbortController();
        const soon = setTimeout(() => rows('tenants', {
            select: 'id,name,status,category', order: 'name', limit: 8, name: `ilike.*${text.trim().replace(/[*%_\\]/g, '_')}*`,
        }, { signal: stop.signal }).then(list => { setFound(list); setAt(0); }, () => {}), 150);
        return () => { clearTimeout(soon); stop.abort(); };
    }, [text]);
    const open = one => {
        go('customer', one.id);
        setText('');
        input.current.blur();
    };
    return html`<div class="search" role="search">
        <input ref=${input} id="search" type="search" role="combobox" aria-expanded=${Boolean(found)} aria-controls="found"
            aria-autocomplete="list" aria-activedescendant=${found && found[at] ? `found-${at}` : undefined}
            aria-label=${t('search')} placeholder=${t('search')} title="/" value=${text} autocomplete="off"
            onInput=${event => setText(event.currentTarget.value)}
            onBlur=${() => setTimeout(() => setFound(null), 150)}
            onKeyDown=${event => {
                if (event.key === 'Escape') setText('');
                if (!found) return;
                if (event.key === 'ArrowDown') { event.preventDefault(); setAt(Math.min(at + 1, found.length - 1)); }
                if (event.key === 'ArrowUp') { event.preventDefault(); setAt(Math.max(at - 1, 0)); }
                if (event.key === 'Enter' && found[at]) open(found[at]);
            }} />
        <ul id="found" role="listbox" aria-label=${t('search')} hidden=${!found}>
            ${found && (found.length ? found.map((one, n) => html`<li key=${one.id} id=${`found-${n}`} role="option"
                aria-selected=${n === at} onMouseDown=${() => open(one)}>${one.name}
                <${Badge} kind="category" value=${one.category} /></li>`)
                : html`<li role="option" aria-disabled="true" aria-selected="false">${t('search.none')}</li>`)}
        </ul>
    </div>`;
}
