// A field of a form that finds a customer by a part of its name; the form gets the id.
import { html, useState } from './preact.js';
import { CustomerList, useCustomerList } from './customer_list.js';
import { t } from './words.js';

export function CustomerChoice({ label, name, chosen, onChange }) {
    const [text, setText] = useState('');
    const choose = one => {
        onChange(one);
        setText('');
    };
    const { found, at, onKeyDown } = useCustomerList(text, { only: { status: 'in.(active,trial)' }, choose, clear: () => setText('') });
    if (chosen) return html`<div class="field"><span>${label}</span><div class="row">
        <b>${chosen.name}</b><input type="hidden" name=${name} value=${chosen.id} />
        <button type="button" class="quiet" onClick=${() => onChange(null)}>${t('work.change')}</button></div></div>`;
    return html`<div class="field choose-customer"><label for=${`find-${name}`}>${label}</label>
        <input id=${`find-${name}`} type="search" role="combobox" autofocus aria-expanded=${Boolean(found)}
            aria-controls=${`found-${name}`} aria-autocomplete="list" required autocomplete="off" value=${text}
            aria-activedescendant=${found?.[at] ? `found-${name}-${at}` : undefined} placeholder=${t('work.type_name')}
            onInput=${event => setText(event.currentTarget.value)} onKeyDown=${onKeyDown} />
        <${CustomerList} id=${`found-${name}`} label=${label} found=${found} at=${at} onChoose=${choose} /></div>`;
}

// The id that the form has, or an error that the form shows
export function chosenCustomer(values) {
    if (!values.tenant) throw new Error(t('work.choose_customer'));
    return values.tenant;
}
