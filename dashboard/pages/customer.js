// One customer: all that a colleague needs before a call, and what can be done about it.
import { html, useState } from '../preact.js';
import { call, row } from '../api.js';
import { addDays, day, fromToday, money, number, percent, today } from '../format.js';
import { LogCall } from '../log_call.js';
import { link } from '../route.js';
import { Badge, Button, Choice, Dialog, Empty, Failure, Field, Form, Loaded, Stat, Tabs, say, useData } from '../ui.js';
import { learn, stageName, t, word } from '../words.js';
import { Churn } from '../customer/churn.js';
import { Contacts, Notes } from '../customer/contacts.js';
import { Journey } from '../customer/journey.js';
import { OpenSteps, Playbooks } from '../customer/playbooks.js';
import { Parts, ScoreHistory } from '../customer/score.js';
import { Signals } from '../customer/signals.js';
import { Tasks } from '../customer/tasks.js';
import common from '../words/customers.js';
import words from '../words/customer.js';
import playbooks from '../words/playbooks.js';
import work from '../words/work.js';

learn(work);
learn(playbooks);
learn(common);
learn(words);

const TABS = ['overview', 'journey', 'playbooks', 'signals', 'tasks'];
const CATEGORIES = ['healthy', 'neutral', 'at_risk', 'critical'];
const TENANT = 'id,external_id,name,status,plan_code,segment,csm,csm_name,arr,signed_up_at,contract_ends_on,churn_notice_on,churned_on,'
    + 'overall_score,category,trend,coverage,churn_probability,risk_level,stage,stage_name,holdout,parent_id';
const HEALTH = 'as_of,overall_score,score_text,score_breakdown,coverage,data_status,provisional,recommended_action,scorecard,'
    + 'scorecard_version,computed_category,override_category,override_reason,override_by,override_expires_on,pulse,pulse_comment,'
    + 'pulse_by,pulse_at,peer_percentile';

export default function Customer({ me, id, query }) {
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? html`<${Known} me=${me} id=${id} query=${query} />` : html`<${Unknown} />`;
}

const Unknown = () => html`<h1>${t('page.customer')}</h1><${Empty}>${t('customer.unknown')}<//>`;

function Known({ me, id, query }) {
    const [turn, setTurn] = useState(0); // counts what was written, so that the parts that show it are read again
    const tenant = useData(signal => row('tenants', { id: `eq.${id}`, select: TENANT }, { signal }), [id, turn]);
    const health = useData(signal => row('health_scores', { tenant_id: `eq.${id}`, select: HEALTH }, { signal }), [id, turn]);
    const stage = useData(signal => row('journey_stages', {
        tenant_id: `eq.${id}`, select: 'since,days,expected_days,stalled' }, { signal }), [id]);
    const [doing, setDoing] = useState(null);
    const tab = TABS.includes(query.tab) ? query.tab : 'overview';
    const close = () => setDoing(null);
    const done = () => setTurn(turn + 1);
    const part = { me, id, turn, onDone: done };
    if (tenant.error) return html`<${Failure} error=${tenant.error} retry=${tenant.reload} />`;
    if (tenant.data === null) return html`<${Unknown} />`;
    const name = tenant.data?.name || '…';
    return html`
        <div class="spread">
            <h1>${name} ${tenant.data && html`<${Badge} kind="tenant_status" value=${tenant.data.status} />`}</h1>
            <div class="actions">
                ${['call', 'reply', 'note'].map(kind => html`<button key=${kind} type="button" class=${kind === 'call' ? 'primary' : 'quiet'}
                    onClick=${() => setDoing(kind)}>${t(`log.${kind}`)}</button>`)}
                <button type="button" class="quiet" onClick=${() => setDoing('pulse')}>${t('pulse.set')}</button>
                <button type="button" class="quiet" onClick=${() => setDoing('override')}>${t('override.set')}</button>
            </div>
        </div>
        <${Loaded} of=${tenant}>${one => html`<${Head} tenant=${one} health=${health} stage=${stage} />`}<//>
        <${Tabs} label=${t('customer.tabs')} current=${tab} tabs=${TABS.map(key => ({ key, label: t(`tab.${key}`),
            href: link('customer', id, key === 'overview' ? {} : { tab: key }) }))} />
        ${tab === 'overview' && html`<div class="columns">
            <div class="stack">
                <${Parts} found=${health} />
                <${ScoreHistory} ...${part} query=${query} />
                <${Notes} ...${part} most=${5} />
            </div>
            <div class="stack">
                <${Churn} ...${part} />
                <${Tasks} ...${part} name=${name} open />
                <${OpenSteps} ...${part} name=${name} />
                <${Contacts} ...${part} />
            </div>
        </div>`}
        ${tab === 'journey' && html`<${Journey} ...${part} query=${query} />`}
        ${tab === 'playbooks' && html`<${Playbooks} ...${part} name=${name} />`}
        ${tab === 'signals' && html`<${Signals} ...${part} />`}
        ${tab === 'tasks' && html`<div class="columns"><${Tasks} ...${part} name=${name} /><${Notes} ...${part} most=${50} /></div>`}
        ${['call', 'reply', 'note'].includes(doing) && html`<${LogCall} first=${doing} customer=${{ id, name }} onClose=${close} onDone=${done} />`}
        ${doing === 'pulse' && html`<${Pulse} id=${id} onClose=${close} onDone=${done} />`}
        ${doing === 'override' && html`<${Override} id=${id} health=${health.data} onClose=${close} onDone=${done} />`}`;
}

function Head({ tenant: c, health, stage }) {
    const h = health.data;
    const s = stage.data;
    const plan = [c.plan_code, c.segment].filter(Boolean).join(' · ');
    return html`
        <p class="row">${plan && html`<span>${plan}</span>`}<span class="muted">${t('customer.with', c.csm_name || c.csm || t('nobody'))}</span>
            ${c.external_id && html`<span class="muted">${c.external_id}</span>`}
            ${c.parent_id && html`<a href=${link('customer', c.parent_id)}>${t('customer.parent')}</a>`}</p>
        ${c.churned_on ? html`<p class="notice">${t('customer.churned', day(c.churned_on))}</p>`
            : c.churn_notice_on && html`<p class="notice">${t('customer.notice', day(c.churn_notice_on))}</p>`}
        ${c.holdout && html`<p class="notice">${t('customer.holdout')}</p>`}
        ${health.error && html`<${Failure} error=${health.error} retry=${health.reload} />`}
        <div class="stats head">
            <${Stat} label=${t('score')} value=${c.category === 'no data' ? t('no_data') : h?.score_text ?? number(c.overall_score)} note=${html`
                <${Badge} kind="category" value=${c.category} /> ${word('trend', c.trend)}
                ${h?.peer_percentile !== null && h?.peer_percentile !== undefined
                    && html`<br />${t('customer.peers', percent(h.peer_percentile / 100))}`}
                ${h?.provisional && html`<br />${t('customer.provisional')}`}`} />
            <${Stat} label=${t('churn')} value=${percent(c.churn_probability, 1)} note=${c.risk_level && html`<${Badge} kind="risk" value=${c.risk_level} />`} />
            <${Stat} label=${t('arr')} value=${money(c.arr)} />
            <${Stat} label=${t('renewal')} value=${c.contract_ends_on ? day(c.contract_ends_on) : t('customer.open_ended')}
                note=${c.contract_ends_on && fromToday(c.contract_ends_on)} />
            <${Stat} label=${t('stage')} value=${stageName(c)} tone=${s?.stalled ? 'warn' : ''} note=${s && (s.stalled
                ? t('customer.stalled', number(s.days), number(s.expected_days)) : t('customer.since', day(s.since)))} />
            <${Stat} label=${t('customer.pulse')} value=${h?.pulse ? `${h.pulse} / 5` : t('customer.none_yet')} note=${h?.pulse
                && html`${day(h.pulse_at)}, ${h.pulse_by}${h.pulse_comment ? html`<br />${h.pulse_comment}` : ''}`} />
            ${h?.override_category && html`<${Stat} label=${t('customer.override')} value=${word('category', h.override_category)} note=${html`
                ${t('customer.until', day(h.override_expires_on))}, ${h.override_by}<br />${h.override_reason}<br />
                ${t('customer.computed', word('category', h.computed_category))}`} />`}
        </div>`;
}

function Pulse({ id, onClose, onDone }) {
    return html`<${Dialog} title=${t('pulse.set')} onClose=${onClose}>
        <${Form} action=${t('save')} onCancel=${onClose} onSubmit=${async values => {
            await call('record_pulse', { tenant: id, rating: Number(values.rating), comment: values.comment || null });
            say(t('pulse.done'));
            onClose();
            onDone();
        }}>
            <fieldset><legend>${t('pulse.how')}</legend>${[5, 4, 3, 2, 1].map(n => html`<label class="row" key=${n}>
                <input type="radio" name="rating" value=${n} required /> ${t(`pulse.${n}`)}</label>`)}</fieldset>
            <${Field} label=${t('pulse.comment')} note=${t('pulse.note')}><textarea name="comment" maxlength="2000"></textarea><//>
        <//>
    <//>`;
}

function Override({ id, health, onClose, onDone }) {
    const end = text => {
        say(text);
        onClose();
        onDone();
    };
    return html`<${Dialog} title=${t('override.set')} onClose=${onClose}>
        ${health?.override_category && html`<p class="row">${word('category', health.override_category)}: ${health.override_reason}
            <${Button} quiet onClick=${async () => {
                await call('end_override', { tenant: id });
                end(t('override.ended'));
            }}>${t('override.end')}<//></p>`}
        <${Form} action=${t('save')} onCancel=${onClose} onSubmit=${async values => {
            await call('override_health', { tenant: id, category: values.category, reason: values.reason, expires_on: values.expires_on });
            end(t('override.done'));
        }}>
            <${Choice} label=${t('override.category')} name="category" options=${CATEGORIES} kind="category" value=${health?.override_category} />
            <${Field} label=${t('override.reason')}><textarea name="reason" required maxlength="2000"></textarea><//>
            <${Field} label=${t('override.until')}><input type="date" name="expires_on" required defaultValue=${addDays(today(), 30)}
                min=${today()} max=${addDays(today(), 90)} /><//>
        <//>
    <//>`;
}
