// With whom one speaks at a customer, and what was said lately.
import { html } from '../preact.js';
import { rows } from '../api.js';
import { day, moment } from '../format.js';
import { Loaded, Section, useData } from '../ui.js';
import { t, word } from '../words.js';

export function Notes({ id, turn, most }) {
    const found = useData(signal => rows('touchpoints', {
        select: 'id,at,kind,direction,actor,detail,next_step,next_step_on', tenant_id: `eq.${id}`,
        kind: 'in.(call,reply,note,email,meeting_held,meeting_booked)', order: 'at.desc,id', limit: most,
    }, { signal }), [id, turn, most]);
    return html`<${Section} title=${t(most > 5 ? 'notes.title' : 'latest.title')}>
        <${Loaded} of=${found} empty=${t('latest.none')}>${list => html`<ol class="timeline">${list.map(one => html`<li key=${one.id}>
            <time datetime=${one.at}>${moment(one.at)}${one.actor ? ` · ${one.actor}` : ''}</time>
            <b>${word('touch', one.kind)}</b> ${one.detail}
            ${one.next_step && html`<div>${t('latest.next', one.next_step)}${one.next_step_on ? ` (${day(one.next_step_on)})` : ''}</div>`}
        </li>`)}</ol>`}<//>
    <//>`;
}

export function Contacts({ id }) {
    const found = useData(signal => rows('contacts', {
        select: 'id,name,email,role,locale,is_primary,opted_out_at,bounced_at', tenant_id: `eq.${id}`, order: 'is_primary.desc,name', limit: 50,
    }, { signal }), [id]);
    return html`<${Section} title=${t('contacts.title')}>
        <${Loaded} of=${found} empty=${t('contacts.none')}>${list => html`<ul class="people">${list.map(c => html`<li key=${c.id}>
            <b>${c.name || c.email}</b> ${c.is_primary && html`<span class="badge tone-healthy">${t('contacts.primary')}</span>`}
            ${c.opted_out_at && html`<span class="badge">${t('contacts.opted_out')}</span>`}
            ${c.bounced_at && html`<span class="badge tone-at_risk">${t('contacts.bounced')}</span>`}
            <div class="muted">${[c.role && word('contact_role', c.role), c.locale].filter(Boolean).join(' · ')}
                ${c.email && html` <a href=${`mailto:${c.email}`}>${c.email}</a>`}</div>
        </li>`)}</ul>`}<//>
    <//>`;
}
