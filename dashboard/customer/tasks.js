// What is to be done about a customer.
import { html, useState } from '../preact.js';
import { rows } from '../api.js';
import { day, fromToday } from '../format.js';
import { LogCall } from '../log_call.js';
import { NewTask, TASK_COLUMNS, TaskButtons } from '../task.js';
import { Loaded, Section, useData } from '../ui.js';
import { t, word } from '../words.js';

// open: only what is still to be done
export function Tasks({ me, id, name, turn, onDone, open }) {
    const found = useData(signal => rows('tasks', {
        select: TASK_COLUMNS, tenant_id: `eq.${id}`, status: open ? 'eq.open' : undefined,
        order: open ? 'due_on,id' : 'status.desc,due_on.desc,id', limit: 50,
    }, { signal }), [id, turn, open]);
    const [asking, setAsking] = useState('');
    const customer = { id, name };
    const close = () => setAsking('');
    return html`<${Section} title=${t(open ? 'todo.title' : 'todo.all')} actions=${html`<button type="button" class="quiet"
        onClick=${() => setAsking('new')}>${t('task.new')}</button>`}>
        <${Loaded} of=${found} empty=${t(open ? 'todo.none' : 'todo.all_none')}>${list => html`<ul class="todo">${list.map(task => html`
            <li key=${task.id}>
                <span><b>${task.title}</b>
                    <span class=${task.overdue ? 'bad' : 'muted'}>${task.status === 'open' ? `${day(task.due_on)}, ${fromToday(task.due_on)}`
                        : `${word('task_status', task.status)} ${day(task.ended_at)}`}${task.overdue ? `, ${t('todo.overdue')}` : ''}</span>
                    <span class="muted">${[task.playbook_name, task.assignee !== me.email && task.assignee].filter(Boolean).join(' · ')}</span>
                    ${task.outcome && html`<span>${[word('outcome', task.outcome), task.note].filter(Boolean).join(': ')}</span>`}
                    ${task.detail && html`<details><summary>${t('task.detail')}</summary><div class="letter">${task.detail}</div></details>`}
                </span>
                ${task.status === 'open' && html`<${TaskButtons} task=${task} onDone=${onDone} onLog=${() => setAsking('log')} />`}
            </li>`)}</ul>`}<//>
        ${asking === 'new' && html`<${NewTask} me=${me} customer=${customer} onClose=${close} onDone=${onDone} />`}
        ${asking === 'log' && html`<${LogCall} customer=${customer} onClose=${close} onDone=${onDone} />`}
    <//>`;
}
