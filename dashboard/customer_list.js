// The customers whose name has a part that somebody types, to be walked through with the arrow keys.
import { html, useEffect, useState } from './preact.js';
import { contains, rows } from './api.js';
import { Badge } from './ui.js';
import { t } from './words.js';

// only: other conditions; choose(customer) is called for Enter, clear() for Escape. found is null as long as too little is typed.
export function useCustomerList(text, { only, choose, clear }) {
    const [found, setFound] = useState(null);
    const [at, setAt] = useState(0);
    useEffect(() => {
        if (text.trim().length < 2) {
            setFound(null);
            return undefined;
        }
        const stop = new AbortController();
        const soon = setTimeout(() => rows('tenants', {
            select: 'id,name,status,category', order: 'name', limit: 8, name: contains(text.trim()), ...only,
        }, { signal: stop.signal }).then(list => { setFound(list); setAt(0); }, () => {}), 150);
        return () => { clearTimeout(soon); stop.abort(); };
    }, [text]);
    const walk = {
        ArrowDown: () => setAt(Math.min(at + 1, found.length - 1)),
        ArrowUp: () => setAt(Math.max(at - 1, 0)),
        Enter: () => choose(found[at]),
    };
    const onKeyDown = event => {
        if (event.key === 'Enter') event.preventDefault();
        if (event.key === 'Escape' && text) {
            event.preventDefault();
            event.stopPropagation();
            clear();
        } else if (found?.length && walk[event.key]) {
            event.preventDefault();
            walk[event.key]();
        }
    };
    return { found, at, onKeyDown, close: () => setFound(null) };
}

export const CustomerList = ({ id, label, found, at, onChoose }) => html`<ul id=${id} role="listbox" aria-label=${label} hidden=${!found}>
    ${found && (found.length ? found.map((one, n) => html`<li key=${one.id} id=${`${id}-${n}`} role="option" aria-selected=${n === at}
        onMouseDown=${event => { event.preventDefault(); onChoose(one); }}>${one.name}
        <${Badge} kind="category" value=${one.category} /></li>`)
        : html`<li role="option" aria-disabled="true" aria-selected="false">${t('search.none')}</li>`)}
</ul>`;
