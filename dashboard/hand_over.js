// Customers given to a colleague with their open tasks: some of them, or a whole book of business.
import { html, useState } from './preact.js';
import { call, rows, single } from './api.js';
import { useColleagues } from './colleagues.js';
import { number } from './format.js';
import { Choice, Dialog, Form, Loaded, say, useData } from './ui.js';
import { learn, t } from './words.js';
import words from './words/hand_over.js';

learn(words);

const To = ({ takers, but }) => html`<${Choice} label=${t('hand.to')} name="to" any=${t('hand.choose')} required
    options=${takers.filter(([email]) => email !== but)} />`;

// ids: of the customers
export function HandOverSome({ ids, onClose, onDone }) {
    const colleagues = useColleagues();
    return html`<${Dialog} title=${t('hand.some', ids.length)} onClose=${onClose}>
        <${Loaded} of=${colleagues}>${() => html`<${Form} action=${t('hand.do')} onCancel=${onClose} onSubmit=${async values => {
            const n = await call('reassign_tenants', { tenants: ids, csm: values.to });
            say(t('hand.some_done', number(n), colleagues.nameOf(values.to)));
            onClose();
            onDone();
        }}><${To} takers=${colleagues.takers} /><//>`}<//>
    <//>`;
}

// csm, segment: whose customers at first, and which of them
export function HandOverBook({ me, csm, segment, onClose, onDone }) {
    const colleagues = useColleagues();
    const segments = useData(signal => rows('segments', { select: 'segment', order: 'segment' }, { signal }));
    const [from, setFrom] = useState(csm || me.email);
    // A CSM gives the own customers, not those of whoever is away
    const givers = (colleagues.data || []).filter(one => one.tenants > 0 && (me.role !== 'csm' || one.email === me.email));
    const giver = givers.find(one => one.email === from) || givers[0];
    return html`<${Dialog} title=${t('hand.book')} onClose=${onClose}>
        <${Loaded} of=${colleagues}>${() => !giver ? html`<p class="empty">${t('hand.none')}</p>`
            : html`<${Form} action=${t('hand.do')} onCancel=${onClose} onSubmit=${async values => {
                const { tenants, tasks } = single(await call('hand_over', {
                    from_csm: values.from, to_csm: values.to, segment: values.segment || undefined }));
                say(t('hand.book_done', tenants, number(tenants), number(tasks), colleagues.nameOf(values.to)));
                onClose();
                onDone();
            }}>
            <p class="muted">${t('hand.what')}</p>
            <${Choice} label=${t('hand.from')} name="from" value=${giver.email} onChange=${setFrom}
                options=${givers.map(one => [one.email, t('hand.of', one.name, number(one.tenants))])} />
            <${To} takers=${colleagues.takers} but=${giver.email} />
            ${segments.data?.length > 0 && html`<${Choice} label=${t('hand.segment')} name="segment" any=${t('all')} value=${segment}
                options=${segments.data.map(one => one.segment)} />`}
        <//>`}<//>
    <//>`;
}
