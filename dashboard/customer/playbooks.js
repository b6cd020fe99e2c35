// Playbooks that run, or ran, for a customer, and their steps.
import { html, useState } from '../preact.js';
import { rows } from '../api.js';
import { Approval, stepReason } from '../approval.js';
import { ExecutionButtons } from '../execution_buttons.js';
import { day, moment, number } from '../format.js';
import { link } from '../route.js';
import { Badge, Choice, Dialog, Empty, Form, Loaded, Section, useData } from '../ui.js';
import { t, word } from '../words.js';
import { startPlaybook } from './churn.js';

const STEP = 'execution_id,playbook_name,step_no,day,action,channel,status,due_at,reason,recipient,subject,ended_at,delivery_error';
const OPEN = ['pending', 'approval', 'held', 'queued'];

// Administrators may not read messages
const readSteps = (me, query, signal) => me.role === 'admin' ? Promise.resolve(null)
    : rows('playbook_steps', { select: STEP, ...query }, { signal });

export function OpenSteps({ me, id, name, turn, onDone }) {
    const found = useData(signal => readSteps(me, { tenant_id: `eq.${id}`, status: `in.(${OPEN})`, order: 'due_at,step_no', limit: 3 }, signal),
        [id, turn]);
    return html`<${Section} title=${t('steps.title')} actions=${html`<a href=${link('customer', id, { tab: 'playbooks' })}>${t('steps.all')}</a>`}>
        ${me.role === 'admin' ? html`<${Empty}>${t('mail.private')}<//>`
            : html`<${Loaded} of=${found} empty=${t('steps.none')}>${list => html`<${Steps} me=${me} list=${list} name=${name}
                onDone=${onDone} named />`}<//>`}
    <//>`;
}

function Steps({ me, list, name, onDone, named }) {
    const [reading, setReading] = useState(null);
    return html`<ul class="todo">${list.map(s => html`<li key=${`${s.execution_id} ${s.step_no}`}>
            <span><span><b>${s.step_no}. ${word('action', s.action)}</b> <${Badge} kind="step_status" value=${s.status} /></span>
                <span class="muted">${[moment(s.ended_at || s.due_at), named && s.playbook_name, word('channel', s.channel), s.recipient]
                    .filter(Boolean).join(' · ')}</span>
                ${s.subject && html`<span>${s.subject}</span>`}
                ${s.reason && html`<span class="muted">${stepReason(s.reason)}</span>`}
                ${s.delivery_error && html`<span class="bad">${s.delivery_error}</span>`}</span>
            ${s.channel !== 'automatic' && html`<button type="button" class=${s.status === 'approval' ? 'primary' : 'quiet'}
                aria-label=${t('steps.read_it', s.step_no)} onClick=${() => setReading(s)}>${t('steps.read')}</button>`}
        </li>`)}</ul>
        ${reading && html`<${Approval} me=${me} only=${!['pending', 'approval', 'held'].includes(reading.status)}
            one=${{ ...reading, tenant_name: name }} onClose=${() => setReading(null)} onDone=${onDone} />`}`;
}

export function Playbooks({ me, id, name, turn, onDone }) {
    const found = useData(signal => rows('playbook_executions', {
        select: 'id,playbook_id,playbook_name,status,created_at,created_by,started_on,steps_over,steps_total,why,dry_run,ended_at,outcome',
        tenant_id: `eq.${id}`, order: 'created_at.desc,id', limit: 50,
    }, { signal }), [id, turn]);
    const steps = useData(signal => readSteps(me, { tenant_id: `eq.${id}`, order: 'step_no', limit: 1000 }, signal), [id, turn]);
    const [starting, setStarting] = useState(false);
    return html`<${Section} title=${t('page.playbooks')} actions=${html`<button type="button" class="primary"
        onClick=${() => setStarting(true)}>${t('runs.start')}</button>`}>
        ${me.role === 'admin' && html`<p class="muted">${t('mail.private')}</p>`}
        <${Loaded} of=${found} empty=${t('runs.none')}>${list => list.map(e => html`<article class="run" key=${e.id}>
            <div class="spread"><h3>${e.playbook_name} <${Badge} kind="execution_status" value=${e.status} />
                    ${e.dry_run && html` <span class="badge">${t('runs.dry_run')}</span>`}</h3>
                <${ExecutionButtons} execution=${{ ...e, tenant_name: name }} me=${me} onDone=${onDone} /></div>
            <p class="muted">${[day(e.created_at), e.why || t('runs.by_hand'), e.created_by, t('runs.progress', number(e.steps_over), number(e.steps_total)),
                e.ended_at && t('runs.ended', day(e.ended_at)), e.outcome && word('queue_reason', e.outcome)].filter(Boolean).join(' · ')}</p>
            ${me.role !== 'admin' && html`<details open=${!e.ended_at}><summary>${t('runs.steps')}</summary>
                <${Loaded} of=${steps}>${all => html`<${Steps} me=${me} name=${name} onDone=${onDone}
                    list=${all.filter(s => s.execution_id === e.id)} />`}<//></details>`}
        </article>`)}<//>
        ${starting && html`<${Start} id=${id} running=${found.data || []} onClose=${() => setStarting(false)} onDone=${onDone} />`}
    <//>`;
}

function Start({ id, running, onClose, onDone }) {
    const found = useData(signal => rows('playbooks', { select: 'id,name', status: 'neq.archived', order: 'name' }, { signal }));
    const busy = new Set(running.filter(e => !e.ended_at).map(e => e.playbook_id));
    return html`<${Dialog} title=${t('runs.start')} onClose=${onClose}>
        <${Loaded} of=${found}>${all => {
            const list = all.filter(p => !busy.has(p.id));
            return list.length === 0 ? html`<${Empty}>${t('runs.no_more')}<//>`
                : html`<${Form} action=${t('runs.start')} onCancel=${onClose} onSubmit=${async values => {
                    await startPlaybook(list.find(p => p.id === values.playbook), id);
                    onClose();
                    onDone();
                }}><${Choice} label=${t('runs.which')} name="playbook" options=${list.map(p => [p.id, p.name])} /><//>`;
        }}<//>
    <//>`;
}
