// A task, on my day and on the customer's page: what can be done with it, and a new one.
import { html, useState } from './preact.js';
import { call } from './api.js';
import { useColleagues } from './colleagues.js';
import { CustomerChoice, chosenCustomer } from './customer_choice.js';
import { addDays, day, today } from './format.js';
import { Choice, Dialog, Field, Form, Loaded, Menu, say } from './ui.js';
import { t } from './words.js';

export const TASK_COLUMNS = 'id,tenant_id,tenant_name,kind,title,detail,playbook_name,due_on,overdue,assignee,status,outcome,note,'
    + 'ended_at,execution_id';
const OUTCOMES = ['done', 'reached', 'no_answer', 'meeting_booked', 'not_needed'];

// onLog: notes a call with the customer of the task
export function TaskButtons({ task, onDone, onLog }) {
    const [asking, setAsking] = useState(null);
    const close = () => setAsking(null);
    const end = text => {
        say(text);
        close();
        onDone();
    };
    const snooze = async (until, reason) => {
        await call('snooze_task', { task: task.id, until, reason: reason || undefined });
        end(t('task.snoozed', day(until)));
    };
    const from = today();
    const monday = addDays(from, 8 - (new Date(`${from}T00:00:00Z`).getUTCDay() || 7));
    const about = `${task.tenant_name}: ${task.title}`;
    return html`<div class="actions">
        <button type="button" aria-label=${`${t('task.done')} ${about}`} onClick=${() => setAsking('done')}>${t('task.done')}</button>
        <${Menu} label=${t('task.snooze')} name=${`${t('task.snooze')}: ${about}`} items=${[
            { text: t('task.tomorrow'), act: () => snooze(addDays(from, 1)) },
            { text: t('task.three_days'), act: () => snooze(addDays(from, 3)) },
            { text: t('task.next_week'), act: () => snooze(monday) },
            { text: t('task.a_date'), act: () => setAsking('snooze') },
        ]} />
        <${Menu} bare label="⋯" name=${`${t('work.more')}: ${about}`} items=${[
            { text: t('task.reassign'), act: () => setAsking('reassign') },
            { text: t('log.open'), act: onLog },
        ]} />
        ${asking === 'done' && html`<${Dialog} title=${`${task.tenant_name}: ${t('task.done_title')}`} onClose=${close}>
            <p class="muted">${task.title}</p>
            <${Form} action=${t('task.done_do')} onCancel=${close} onSubmit=${async values => {
                await call('complete_task', { task: task.id, outcome: values.outcome, note: values.note || undefined });
                end(t('task.done_said', task.title));
            }}>
                <${Choice} label=${t('task.outcome')} name="outcome" kind="outcome" value=${task.kind === 'call' ? 'reached' : 'done'}
                    options=${task.execution_id ? [...OUTCOMES, 'resolved'] : OUTCOMES} />
                <${Field} label=${t('work.note')}><textarea name="note" maxlength="10000"></textarea><//>
            <//>
        <//>`}
        ${asking === 'snooze' && html`<${Dialog} title=${t('task.snooze_title')} onClose=${close}>
            <${Form} action=${t('task.snooze')} onCancel=${close} onSubmit=${values => snooze(values.until, values.reason)}>
                <${Field} label=${t('work.until')}><input type="date" name="until" required min=${addDays(from, 1)} max=${addDays(from, 365)} /><//>
                <${Field} label=${t('work.reason')}><input name="reason" maxlength="2000" /><//>
            <//>
        <//>`}
        ${asking === 'reassign' && html`<${Reassign} task=${task} onClose=${close} onDone=${end} />`}
    </div>`;
}

function Reassign({ task, onClose, onDone }) {
    const colleagues = useColleagues();
    return html`<${Dialog} title=${`${t('task.reassign_do')}: ${task.title}`} onClose=${onClose}>
        <${Loaded} of=${colleagues}>${() => html`<${Form} action=${t('task.reassign_do')} onCancel=${onClose} onSubmit=${async values => {
            await call('reassign_task', { task: task.id, assignee: values.assignee });
            onDone(t('task.reassigned', colleagues.nameOf(values.assignee)));
        }}><${Choice} label=${t('task.assignee')} name="assignee"
            options=${colleagues.takers.filter(([email]) => email !== task.assignee)} /><//>`}<//>
    <//>`;
}

// customer: { id, name }, or null where it has to be chosen
export function NewTask({ me, customer, onClose, onDone }) {
    const [chosen, setChosen] = useState(customer || null);
    const { takers } = useColleagues();
    return html`<${Dialog} title=${t('task.new')} onClose=${onClose}>
        <${Form} action=${t('task.create')} onCancel=${onClose} onSubmit=${async values => {
            await call('create_task', {
                tenant: chosenCustomer(values), title: values.title, detail: values.detail || undefined, due_on: values.due_on,
                assignee: values.assignee || undefined,
            });
            say(t('task.created'));
            onClose();
            onDone();
        }}>
            <${CustomerChoice} label=${t('work.customer')} name="tenant" chosen=${chosen} onChange=${setChosen} />
            <${Field} label=${t('task.title')}><input name="title" required maxlength="255" autofocus=${Boolean(customer)} /><//>
            <${Field} label=${t('task.detail')}><textarea name="detail" maxlength="10000"></textarea><//>
            <div class="pair">
                <${Field} label=${t('task.due_on')}><input type="date" name="due_on" required min=${today()} max=${addDays(today(), 3650)}
                    defaultValue=${today()} /><//>
                <${Choice} key=${takers.length} label=${t('task.assignee')} name="assignee" value=${me.email} options=${takers} />
            </div>
        <//>
    <//>`;
}
