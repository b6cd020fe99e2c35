// What is to be done about a customer, what was said lately, and with whom.
import { html, useState } from '../preact.js';
import { call, rows } from '../api.js';
import { addDays, day, fromToday, moment, today } from '../format.js';
import { Choice, Dialog, Field, Form, Loaded, Menu, Section, say, useData } from '../ui.js';
import { t, word } from '../words.js';

const OUTCOMES = ['done', 'reached', 'no_answer', 'meeting_booked', 'not_needed', 'resolved'];

// open: only what is still to be done
export function Tasks({ me, id, turn, onDone, open }) {
    const found = useData(signal => rows('tasks', {
        select: 'id,kind,title,detail,due_on,overdue,assignee,status,outcome,note,playbook_name,ended_at',
        tenant_id: `eq.${id}`, status: open ? 'eq.open' : undefined, order: open ? 'due_on,id' : 'status.desc,due_on.desc,id', limit: 50,
    }, { signal }), [id, turn, open]);
    const [asking, setAsking] = useState(null);
    const close = () => setAsking(null);
    return html`<${Section} title=${t(open ? 'todo.title' : 'todo.all')} actions=${html`<button type="button" class="quiet"
        onClick=${() => setAsking({ act: 'new' })}>${t('todo.new')}</button>`}>
        <${Loaded} of=${found} empty=${t(open ? 'todo.none' : 'todo.all_none')}>${list => html`<ul class="todo">${list.map(task => html`
            <li key=${task.id}>
                <span><b>${task.title}</b>
                    <span class=${task.overdue ? 'bad' : 'muted'}>${task.status === 'open' ? `${day(task.due_on)}, ${fromToday(task.due_on)}`
                        : `${word('task_status', task.status)} ${day(task.ended_at)}`}${task.overdue ? `, ${t('todo.overdue')}` : ''}</span>
                    <span class="muted">${[task.playbook_name, task.assignee !== me.email && task.assignee].filter(Boolean).join(' · ')}</span>
                    ${task.outcome && html`<span>${[word('outcome', task.outcome), task.note].filter(Boolean).join(': ')}</span>`}
                    ${task.detail && html`<details><summary>${t('todo.detail')}</summary><div class="letter">${task.detail}</div></details>`}
                </span>
                ${task.status === 'open' && html`<span class="actions">
                    <button type="button" onClick=${() => setAsking({ act: 'done', task })} aria-label=${t('todo.finish', task.title)}>${t('todo.done')}</button>
                    <${Menu} label=${t('todo.snooze')} name=${`${t('todo.snooze')}: ${task.title}`} items=${[1, 7, 14, 30].map(n => ({
                        text: t(`in_days.${n}`), act: async () => {
                            const until = addDays(today(), n);
                            await call('snooze_task', { task: task.id, until });
                            say(t('todo.snoozed', day(until)));
                            onDone();
                        } }))} /></span>`}
            </li>`)}</ul>`}<//>
        ${asking?.act === 'new' && html`<${NewTask} me=${me} id=${id} onClose=${close} onDone=${onDone} />`}
        ${asking?.act === 'done' && html`<${Dialog} title=${t('todo.finish', asking.task.title)} onClose=${close}>
            <${Form} action=${t('todo.done')} onCancel=${close} onSubmit=${async values => {
                await call('complete_task', { task: asking.task.id, outcome: values.outcome, note: values.note || undefined });
                say(t('todo.finished'));
                close();
                onDone();
            }}>
                <${Choice} label=${t('todo.outcome')} name="outcome" options=${OUTCOMES} kind="outcome" />
                <${Field} label=${t('todo.note')}><textarea name="note" maxlength="10000"></textarea><//>
            <//>
        <//>`}
    <//>`;
}

function NewTask({ me, id, onClose, onDone }) {
    const colleagues = useData(signal => rows('colleagues', { select: 'email,name', disabled_at: 'is.null', order: 'name' }, { signal }));
    return html`<${Dialog} title=${t('todo.new')} onClose=${onClose}>
        <${Form} action=${t('save')} onCancel=${onClose} onSubmit=${async values => {
            await call('create_task', { tenant: id, title: values.title, detail: values.detail || undefined, due_on: values.due_on,
                assignee: values.assignee || undefined });
            say(t('todo.made'));
            onClose();
            onDone();
        }}>
            <${Field} label=${t('todo.what')}><input name="title" required maxlength="300" autofocus /><//>
            <${Field} label=${t('todo.detail')}><textarea name="detail" maxlength="10000"></textarea><//>
            <${Field} label=${t('todo.due')}><input type="date" name="due_on" required defaultValue=${addDays(today(), 1)} min=${today()}
                max=${addDays(today(), 3650)} /><//>
            ${colleagues.data && html`<${Choice} label=${t('todo.whose')} name="assignee" value=${me.email}
                options=${colleagues.data.map(c => [c.email, c.name || c.email])} />`}
        <//>
    <//>`;
}

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
