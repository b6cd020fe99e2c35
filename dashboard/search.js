// Finds a customer by a part of its name, from every page.
import { html, useRef, useState } from './preact.js';
import { CustomerList, useCustomerList } from './customer_list.js';
import { go } from './route.js';
import { t } from './words.js';

export function Search() {
    const [text, setText] = useState('');
    const input = useRef();
    const open = one => {
        go('customer', one.id);
        setText('');
        input.current.blur();
    };
    const { found, at, onKeyDown, close } = useCustomerList(text, { choose: open, clear: () => setText('') });
    return html`<div class="search" role="search">
        <input ref=${input} id="search" type="search" role="combobox" aria-expanded=${Boolean(found)} aria-controls="found"
            aria-autocomplete="list" aria-activedescendant=${found?.[at] ? `found-${at}` : undefined}
            aria-label=${t('search')} placeholder=${t('search')} title="/" value=${text} autocomplete="off"
            onInput=${event => setText(event.currentTarget.value)} onBlur=${() => setTimeout(close, 150)} onKeyDown=${onKeyDown} />
        <${CustomerList} id="found" label=${t('search')} found=${found} at=${at} onChoose=${open} />
    </div>`;
}
