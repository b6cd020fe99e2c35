// One execution of a playbook: its steps, what happened, and what can be done with it.
import { html, useState } from './preact.js';
import { row, rows } from './api.js';
import { Approval, stepReason } from './approval.js';
import { ExecutionButtons } from './execution_buttons.js';
import { moment } from './format.js';
import { link } from './route.js';
import { Badge, Dialog, Empty, Loaded, useData } from './ui.js';
import { t, word } from './words.js';

export function Execution({ id, me, onClose, onDone }) {
    const execution = useData(signal => row('playbook_executions', {
        select: 'id,playbook_name,tenant_id,tenant_name,status,created_at,created_by,started_on,outcome,why,dry_run', id: `eq.${id}`,
    }, { signal }), [id]);
    const steps = useData(signal => me.role === 'admin' ? Promise.resolve([]) : rows('playbook_steps', {
        select: 'step_no,day,action,channel,status,due_at,reason,recipient,ended_at,delivery_state,delivery_error',
        execution_id: `eq.${id}`, order: 'step_no',
    }, { signal }), [id]);
    const history = useData(signal => rows('playbook_history', {
        select: 'id,at,actor,step_no,action,reason', execution_id: `eq.${id}`, order: 'id.desc', limit: 50,
    }, { signal }), [id]);
    const [reading, setReading] = useState(null);
    const done = () => {
        [execution, steps, history].forEach(part => part.reload());
        onDone();
    };
    return html`<${Dialog} wide title=${t('playbook.manage', execution.data?.tenant_name || '…')} onClose=${onClose}>
        <${Loaded} of=${execution} empty=${t('playbook.no_executions')}>${e => html`
            <div class="spread"><span><a class="strong" href=${link('customer', e.tenant_id)}>${e.tenant_name}</a> · ${e.playbook_name}</span>
                <span>${e.dry_run && html`<span class="badge">${t('playbooks.dry_run')}</span> `}<${Badge} kind="execution_status" value=${e.status} /></span></div>
            <p class="muted small">${[e.why, `${moment(e.created_at)} ${t('work.by', e.created_by)}`, e.outcome && word('queue_reason', e.outcome)]
                .filter(Boolean).join(' · ')}</p>
            <${ExecutionButtons} execution=${e} me=${me} onDone=${done} />`}<//>
        <h3>${t('playbook.steps')}</h3>
        ${me.role === 'admin' ? html`<${Empty}>${t('mail.private')}<//>` : html`<${Loaded} of=${steps} empty="–">${list => html`<div class="items">
            ${list.map(s => html`<div key=${s.step_no} class="item">
                <div class="spread"><span>${t('playbook.day', s.day)} · <b>${word('action', s.action)}</b> · ${word('channel', s.channel)} ${' '}
                    <${Badge} kind="step_status" value=${s.status} /></span>
                    <button type="button" class="quiet" aria-label=${`${t('mail.read')}: ${s.step_no}`} onClick=${() => setReading({
                        ...execution.data, execution_id: id, step_no: s.step_no, ended: !['pending', 'approval', 'held'].includes(s.status) })}>${t('mail.read')}</button></div>
                <p class="muted small">${[moment(s.ended_at || s.due_at), s.recipient, stepReason(s.reason), s.delivery_error].filter(Boolean).join(' · ')}</p>
            </div>`)}</div>`}<//>`}
        <details><summary>${t('playbook.history')}</summary><${Loaded} of=${history} empty="–">${list => html`<ol class="timeline">${list.map(h => html`
            <li key=${h.id}><time>${moment(h.at)} · ${h.actor}</time>${h.step_no ? `${t('mail.step', h.step_no)}: ` : ''}${
                word('history', h.action)}${h.reason ? ` (${stepReason(h.reason)})` : ''}</li>`)}</ol>`}<//></details>
        ${reading && html`<${Approval} one=${reading} me=${me} only=${reading.ended} onClose=${() => setReading(null)} onDone=${done} />`}
    <//>`;
}
