// What a customer success manager opens every morning: what to do, what waits for a yes, and who needs a look.
import { html, useState } from '../preact.js';
import { ask, call, rows } from '../api.js';
import { Approval, stepReason } from '../approval.js';
import { receivers } from '../colleagues.js';
import { addDays, day, fromToday, money, moment, number, percent, shortMoney, today } from '../format.js';
import { LogCall } from '../log_call.js';
import { CustomerChoice, chosenCustomer } from '../customer_choice.js';
import { link, refine } from '../route.js';
import { SIGNAL_COLUMNS, SignalCard } from '../signal_card.js';
import { Badge, Choice, Dialog, Field, Form, Loaded, Menu, PAGE, Score, Section, Stat, say, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import words from '../words/day.js';
import work from '../words/work.js';

learn(work);
learn(words);

const SHOWN = 5;
const TASK_COLUMNS = 'id,tenant_id,tenant_name,kind,title,detail,playbook_name,due_on,overdue,assignee,execution_id';

export default function Day({ me, query }) {
    // Mine: what is assigned to me, of my customers. Administrators look after nobody.
    const looksAfter = ['csm', 'csm_all'].includes(me.role);
    const whose = query.whose || (looksAfter ? 'mine' : 'all');
    const mine = whose === 'mine';
    const own = column => mine ? { [column]: `eq.${me.email}` } : {};
    const read = (view, asked) => useData(signal => rows(view, asked, { signal }), [whose]);
    const coming = query.tasks === 'coming';
    const tasks = read('tasks', {
        select: TASK_COLUMNS, status: 'eq.open', due_on: `lte.${today()}`, ...own('assignee'), order: 'due_on,id', limit: PAGE + 1,
    });
    const next = useData(signal => coming ? rows('tasks', {
        select: TASK_COLUMNS, status: 'eq.open', due_on: `gt.${today()}`, ...own('assignee'), order: 'due_on,id', limit: PAGE + 1,
    }, { signal }) : Promise.resolve([]), [whose, coming]);
    const approvals = read('approvals', { ...own('csm'), order: 'due_at.nullslast,arr.desc.nullslast', limit: PAGE + 1 });
    const held = useData(signal => me.role === 'admin' ? Promise.resolve([]) : rows('playbook_steps', {
        select: 'execution_id,tenant_id,tenant_name,playbook_name,step_no,action,channel,reason',
        status: 'eq.held', order: 'planned_at', limit: 10,
    }, { signal }), [whose]);
    const renewals = read('renewals', {
        select: 'tenant_id,tenant_name,csm,contract_ends_on,arr,arr_at_risk,forecast,reason,overall_score,data_status,'
            + 'churn_probability_exact',
        due_within: 'lte.90', forecast: 'in.(at_risk,lost)', ...own('csm'),
        order: 'arr_at_risk.desc.nullslast,arr.desc.nullslast,tenant_id', limit: PAGE + 1,
    });
    const disagreements = read('disagreements', {
        select: 'tenant_id,tenant_name,arr,overall_score,category,risk_level,churn_probability,pulse,pulse_comment,what_to_do',
        ...own('csm'), order: 'arr.desc.nullslast,tenant_id', limit: PAGE + 1,
    });
    const stalled = read('stalled', {
        select: 'tenant_id,tenant_name,arr,stage_name,days,expected_days,days_over',
        ...own('csm'), order: 'days_over.desc,tenant_id', limit: PAGE + 1,
    });
    const signals = read('expansion_signals', {
        select: SIGNAL_COLUMNS, status: 'eq.new', held_reason: 'is.null', ceased_on: 'is.null', ...own('csm'),
        order: 'potential_arr.desc.nullslast,id', limit: SHOWN,
    });
    const digest = useData(signal => ask('digest_today', {}, { signal }), []);
    const colleagues = useData(signal => rows('colleagues', { select: 'email,name,tenants,disabled_at', order: 'name' }, { signal }), []);
    const [asking, setAsking] = useState(null);
    const close = () => setAsking(null);
    const log = customer => setAsking({ what: 'log', customer });
    return html`
        <div class="spread head">
            <h1>${me.name ? t('day.greeting', me.name.split(' ')[0]) : t('page.day')} <small class="muted">${day(today(), 'full')}</small></h1>
            <div class="actions">
                <button type="button" class="primary" onClick=${() => log(null)}>${t('day.log_call')}</button>
                <button type="button" onClick=${() => setAsking({ what: 'task' })}>${t('day.new_task')}</button>
                <button type="button" class="quiet" onClick=${() => setAsking({ what: 'hand' })}>${t(looksAfter ? 'day.hand_over' : 'day.hand_title')}</button>
                ${looksAfter && html`<label class="inline">${t('day.whose')} <select value=${whose}
                    onChange=${event => refine({ whose: event.currentTarget.value })}>
                    <option value="mine">${t('day.mine')}</option><option value="all">${t('day.all')}</option></select></label>`}
            </div>
        </div>
        <${Figures} ...${{ tasks, approvals, renewals, disagreements, stalled }} />
        <div class="columns day">
            <div class="stack">
                <${Section} id="tasks" title=${t('day.tasks')} actions=${html`<nav class="switch" aria-label=${t('day.tasks')}>
                    <a href=${link('day', '', { ...query, tasks: '' })} aria-current=${coming ? undefined : 'true'}>${t('day.tasks.due')}</a>
                    <a href=${link('day', '', { ...query, tasks: 'coming' })} aria-current=${coming ? 'true' : undefined}>${t('day.tasks.coming')}</a></nav>`}>
                    <${Loaded} of=${coming ? next : tasks} empty=${t(coming ? 'day.tasks.none_coming' : 'day.tasks.none')}>${list => html`
                        <${List} of=${list} most=${8} render=${task => html`<${Task} key=${task.id} task=${task} me=${me} ask=${setAsking} log=${log}
                            onDone=${() => { tasks.reload(); next.reload(); }} />`} />`}<//>
                <//>

                <${Section} id="signals" title=${t('day.signals')} actions=${html`<a href=${link('signals')}>${t('day.signals.all')}</a>`}>
                    <${Loaded} of=${signals} empty=${t('day.signals.none')}>${list => html`<div class="items">${list.map(signal => html`
                        <${SignalCard} key=${signal.id} signal=${signal} me=${me} onDone=${signals.reload} />`)}</div>`}<//>
                <//>
                <${Section} id="stalled" title=${t('day.stalled')}>
                    <${Loaded} of=${stalled} empty=${t('day.stalled.none')}>${list => html`
                        <${List} of=${list} most=${SHOWN} render=${r => html`<div key=${r.tenant_id} class="item">
                            <div class="spread"><a class="strong" href=${link('customer', r.tenant_id, { tab: 'journey' })}>${r.tenant_name}</a>
                                <span class="nowrap">${money(r.arr)}</span></div>
                            <div class="spread"><span class="small">${t('day.stalled.line', r.days, number(r.days), r.stage_name, number(r.expected_days))}</span><button type="button" class="quiet"
                                aria-label=${`${t('day.call_logged')} ${r.tenant_name}`}
                                onClick=${() => log({ id: r.tenant_id, name: r.tenant_name })}>${t('day.call_logged')}</button></div>
                        </div>`} />`}<//>
                <//>
            </div>
            <div class="stack">
                <${Section} id="approvals" title=${t('day.approvals')}>
                    <${Loaded} of=${approvals} empty=${held.data?.length ? '' : t('day.approvals.none')}>${list => html`
                        <${List} of=${list} most=${8} render=${one => html`<${Waiting} key=${`${one.execution_id} ${one.step_no}`} one=${one}
                            open=${() => setAsking({ what: 'approve', one })} />`} />`}<//>
                    ${held.error ? html`<${Loaded} of=${held}>${() => ''}<//>` : held.data?.map(one => html`<div key=${`${one.execution_id} ${one.step_no}`} class="item">
                        <div class="spread"><a class="strong" href=${link('customer', one.tenant_id)}>${one.tenant_name}</a>
                            <button type="button" class="quiet" aria-label=${`${t('mail.read')}: ${one.tenant_name}`}
                                onClick=${() => setAsking({ what: 'approve', one })}>${t('mail.read')}</button></div>
                        <p class="small">${one.playbook_name} · ${t('day.approve_step', one.step_no, word('action', one.action))}</p>
                        <p class="small bad">${t('day.held', stepReason(one.reason))}</p></div>`)}
                <//>
                <${Section} id="renewals" title=${t('day.renewals')} actions=${html`<a href=${link('renewals')}>${t('day.renewals.all')}</a>`}>
                    <${Loaded} of=${renewals} empty=${t('day.renewals.none')}>${list => html`
                        <p class="muted small">${t('day.renewals.order')}</p>
                        <${List} of=${list} most=${SHOWN} render=${r => html`<${Renewal} key=${r.tenant_id} renewal=${r} log=${log} />`} />`}<//>
                <//>
                <${Section} id="digest" title=${t('day.digest')}><${Digest} of=${digest} /><//>
                <${Section} id="disagreements" title=${t('day.disagreements')}>
                    <${Loaded} of=${disagreements} empty=${t('day.disagreements.none')}>${list => html`
                        <${List} of=${list} most=${SHOWN} render=${d => html`<${Disagreement} key=${d.tenant_id} one=${d} log=${log} />`} />`}<//>
                <//>
            </div>
        </div>
        ${asking?.what === 'log' && html`<${LogCall} customer=${asking.customer} onClose=${close} />`}
        ${asking?.what === 'approve' && html`<${Approval} one=${asking.one} me=${me} onClose=${close}
            onDone=${() => { approvals.reload(); held.reload(); }} />`}
        ${asking?.what === 'task' && html`<${NewTask} me=${me} colleagues=${colleagues} onClose=${close} onDone=${() => { tasks.reload(); next.reload(); }} />`}
        ${asking?.what === 'hand' && html`<${HandOver} me=${me} colleagues=${colleagues} onClose=${close} onDone=${() => {
            [tasks, approvals, renewals, disagreements, stalled, signals, colleagues].forEach(part => part.reload());
        }} />`}
        ${asking?.task && html`<${TaskDialog} asked=${asking} colleagues=${colleagues} onClose=${close}
            onDone=${() => { tasks.reload(); next.reload(); }} />`}`;
}

// How many there are: 50+ where a page is full
const counted = list => list.length > PAGE ? t('work.at_least', PAGE) : number(list.length);

function Figures({ tasks, approvals, renewals, disagreements, stalled }) {
    const late = tasks.data?.filter(task => task.overdue).length;
    const value = part => part.error ? '!' : part.data ? counted(part.data) : '…';
    const atRisk = renewals.data?.reduce((sum, r) => sum + Number(r.arr_at_risk ?? 0), 0);
    return html`<div class="stats" role="group" aria-label=${t('day.figures')}>
        <${Stat} label=${t('day.n_tasks')} value=${value(tasks)} note=${late === undefined ? '' : late ? t('day.n_overdue', late) : t('day.none_overdue')} />
        <${Stat} label=${t('day.n_approvals')} value=${value(approvals)} />
        <${Stat} label=${t('day.n_renewals')} value=${value(renewals)} note=${atRisk ? `${shortMoney(atRisk)} · ${t('day.n_days')}` : t('day.n_days')} />
        <${Stat} label=${t('day.n_disagreements')} value=${value(disagreements)} />
        <${Stat} label=${t('day.n_stalled')} value=${value(stalled)} />
    </div>`;
}

// The first few, and the others on request
function List({ of, most, render }) {
    const [all, setAll] = useState(false);
    const left = of.length - most;
    return html`<div class="items">${(all ? of : of.slice(0, most)).map(render)}</div>
        ${!all && left > 0 && html`<button type="button" class="quiet" onClick=${() => setAll(true)}>${
            t('day.more', of.length > PAGE ? t('work.at_least', left - 1) : left)}</button>`}`;
}

function Task({ task, me, ask: open, log, onDone }) {
    const snooze = async until => {
        await call('snooze_task', { task: task.id, until });
        say(t('day.snoozed', day(until)));
        onDone();
    };
    const from = today();
    const monday = addDays(from, 8 - (new Date(`${from}T00:00:00Z`).getUTCDay() || 7));
    return html`<div class="item">
        <div class="spread"><a class="strong" href=${link('customer', task.tenant_id)}>${task.tenant_name}</a>
            <span class=${`nowrap ${task.overdue ? 'bad' : 'muted'}`} title=${day(task.due_on)}>${t(task.overdue ? 'day.was_due' : 'day.due', fromToday(task.due_on))}</span></div>
        ${task.detail ? html`<details><summary>${task.title}</summary><div class="letter">${task.detail}</div></details>` : html`<p>${task.title}</p>`}
        <div class="spread"><span class="muted small">${[word('task_kind', task.kind), task.playbook_name,
            task.assignee !== me.email && (task.assignee || t('work.nobody'))].filter(Boolean).join(' · ')}</span>
        <div class="actions">
            <button type="button" aria-label=${`${t('day.done')} ${task.tenant_name}: ${task.title}`}
                onClick=${() => open({ task, act: 'done' })}>${t('day.done')}</button>
            <${Menu} label=${t('day.snooze')} name=${`${t('day.snooze')}: ${task.tenant_name}, ${task.title}`} items=${[
                { text: t('day.tomorrow'), act: () => snooze(addDays(from, 1)) },
                { text: t('day.three_days'), act: () => snooze(addDays(from, 3)) },
                { text: t('day.next_week'), act: () => snooze(monday) },
                { text: t('day.a_date'), act: () => open({ task, act: 'snooze' }) },
            ]} />
            <${Menu} bare label="⋯" name=${`${t('work.more')}: ${task.tenant_name}, ${task.title}`} items=${[
                { text: t('day.reassign'), act: () => open({ task, act: 'reassign' }) },
                { text: t('day.call_logged'), act: () => log({ id: task.tenant_id, name: task.tenant_name }) },
            ]} />
        </div></div>
    </div>`;
}

const OUTCOMES = ['done', 'reached', 'no_answer', 'meeting_booked', 'not_needed'];

function TaskDialog({ asked: { task, act }, colleagues, onClose, onDone }) {
    const end = text => {
        say(text);
        onClose();
        onDone();
    };
    if (act === 'snooze') return html`<${Dialog} title=${t('day.snooze_title')} onClose=${onClose}>
        <${Form} action=${t('day.snooze')} onCancel=${onClose} onSubmit=${async values => {
            await call('snooze_task', { task: task.id, until: values.until, reason: values.reason || undefined });
            end(t('day.snoozed', day(values.until)));
        }}>
            <${Field} label=${t('work.until')}><input type="date" name="until" required min=${addDays(today(), 1)} max=${addDays(today(), 365)} /><//>
            <${Field} label=${t('work.reason')}><input name="reason" maxlength="2000" /><//>
        <//>
    <//>`;
    if (act === 'reassign') return html`<${Dialog} title=${`${t('day.reassign_do')}: ${task.title}`} onClose=${onClose}>
        <${Loaded} of=${colleagues}>${list => html`<${Form} action=${t('day.reassign_do')} onCancel=${onClose} onSubmit=${async values => {
            await call('reassign_task', { task: task.id, assignee: values.assignee });
            end(t('day.reassigned', list.find(c => c.email === values.assignee)?.name || values.assignee));
        }}><${Choice} label=${t('day.assignee')} name="assignee" options=${receivers(list).filter(c => c.email !== task.assignee).map(c => [c.email, c.name])} /><//>`}<//>
    <//>`;
    return html`<${Dialog} title=${`${task.tenant_name}: ${t('day.done_title')}`} onClose=${onClose}>
        <p class="muted">${task.title}</p>
        <${Form} action=${t('day.done_do')} onCancel=${onClose} onSubmit=${async values => {
            await call('complete_task', { task: task.id, outcome: values.outcome, note: values.note || undefined });
            end(t('day.done_said', task.title));
        }}>
            <${Choice} label=${t('day.outcome')} name="outcome" kind="outcome" value=${task.kind === 'call' ? 'reached' : 'done'}
                options=${task.execution_id ? [...OUTCOMES, 'resolved'] : OUTCOMES} />
            <${Field} label=${t('work.note')}><textarea name="note" maxlength="10000"></textarea><//>
        <//>
    <//>`;
}

function NewTask({ me, colleagues, onClose, onDone }) {
    const [chosen, setChosen] = useState(null);
    const people = receivers(colleagues.data || []).map(c => [c.email, c.name]);
    return html`<${Dialog} title=${t('day.new_task')} onClose=${onClose}>
        <${Form} action=${t('day.create')} onCancel=${onClose} onSubmit=${async values => {
            await call('create_task', {
                tenant: chosenCustomer(values), title: values.title, detail: values.detail || undefined, due_on: values.due_on,
                assignee: values.assignee || undefined,
            });
            say(t('day.created'));
            onClose();
            onDone();
        }}>
            <${CustomerChoice} label=${t('work.customer')} name="tenant" chosen=${chosen} onChange=${setChosen} />
            <${Field} label=${t('day.title')}><input name="title" required maxlength="255" /><//>
            <${Field} label=${t('day.detail')}><textarea name="detail" maxlength="10000"></textarea><//>
            <div class="pair">
                <${Field} label=${t('day.due_on')}><input type="date" name="due_on" required min=${today()} max=${addDays(today(), 3650)}
                    defaultValue=${today()} /><//>
                <${Choice} key=${people.length} label=${t('day.assignee')} name="assignee" value=${me.email} options=${people} />
            </div>
        <//>
    <//>`;
}

function HandOver({ me, colleagues, onClose, onDone }) {
    const [from, setFrom] = useState(me.email);
    const [to, setTo] = useState('');
    const list = colleagues.data || [];
    const givers = me.role === 'csm' ? list.filter(c => c.email === me.email || c.tenants > 0) : list;
    const giver = list.find(c => c.email === from) || givers[0];
    return html`<${Dialog} title=${t('day.hand_title')} onClose=${onClose}>
        <${Loaded} of=${colleagues}>${() => html`<${Form} action=${t('day.hand_do')} onCancel=${onClose} onSubmit=${async values => {
            if (!values.to) throw new Error(t('day.hand_choose'));
            const done = [].concat(await call('hand_over', {
                from_csm: values.from, to_csm: values.to }))[0];
            say(t('day.hand_done', done.tenants, done.tasks));
            onClose();
            onDone();
        }}>
            <p class="muted">${t('day.hand_what', giver?.tenants ?? 0)}</p>
            <${Choice} label=${t('day.hand_from')} name="from" value=${giver?.email} onChange=${setFrom} options=${givers.map(c => [c.email, c.name])} />
            <${Choice} label=${t('day.hand_to')} name="to" value=${to} onChange=${setTo} any="–"
                options=${receivers(list).filter(c => c.email !== giver?.email).map(c => [c.email, c.name])} />
        <//>`}<//>
    <//>`;
}

function Waiting({ one, open }) {
    const whole = one.step_no === null;
    return html`<div class="item">
        <div class="spread"><a class="strong" href=${link('customer', one.tenant_id)}>${one.tenant_name}</a>
            <button type="button" class="primary" aria-label=${`${t('mail.read')}: ${one.tenant_name}, ${one.playbook_name}`}
                onClick=${open}>${t('mail.read')}</button></div>
        <p class="small">${one.playbook_name} · ${whole ? t('day.approve_start') : t('day.approve_step', one.step_no, word('action', one.action))}
            ${one.channel ? ` · ${word('channel', one.channel)}` : ''}</p>
        <p class="muted small">${[one.arr !== null && money(one.arr), whole ? t('day.waits_since', day(one.due_at)) : one.due_at && moment(one.due_at)].filter(Boolean).join(' · ')}</p>
    </div>`;
}

function Renewal({ renewal: r, log }) {
    return html`<div class="item">
        <div class="spread"><span><a class="strong" href=${link('customer', r.tenant_id)}>${r.tenant_name}</a>${' '}
                <${Badge} kind="forecast" value=${r.forecast} /></span>
            <b class="nowrap">${r.arr_at_risk === null ? t('day.at_risk_unknown', money(r.arr)) : t('day.of_at_risk', money(r.arr_at_risk), money(r.arr))}</b></div>
        <p class="small">${r.reason}</p>
        <div class="spread"><span class="muted small" title=${day(r.contract_ends_on)}>${t('day.ends', fromToday(r.contract_ends_on))} · ${' '}
            <${Score} value=${r.data_status === 'no data' ? null : r.overall_score} /></span>
            <button type="button" class="quiet" aria-label=${`${t('day.call_logged')} ${r.tenant_name}`}
                onClick=${() => log({ id: r.tenant_id, name: r.tenant_name })}>${t('day.call_logged')}</button></div>
    </div>`;
}

function Disagreement({ one: d, log }) {
    return html`<div class="item">
        <div class="spread"><a class="strong" href=${link('customer', d.tenant_id)}>${d.tenant_name}</a><span class="nowrap">${money(d.arr)}</span></div>
        <p class="row small"><span class=${`badge category-${d.category}`}>${number(d.overall_score)} · ${word('category', d.category)}</span>
            ${d.risk_level && html`<span class=${`badge risk-${d.risk_level}`}>${t('day.model')}: ${word('risk', d.risk_level)}, ${percent(d.churn_probability, 1)}</span>`}
            ${d.pulse && html`<span class="badge">${t('day.pulse', d.pulse)}</span>`}</p>
        ${d.pulse_comment && html`<p class="small quote">${d.pulse_comment}</p>`}
        <p class="small">${d.what_to_do}</p>
        <div class="actions"><button type="button" class="quiet" aria-label=${`${t('day.call_logged')} ${d.tenant_name}`}
            onClick=${() => log({ id: d.tenant_id, name: d.tenant_name })}>${t('day.call_logged')}</button></div>
    </div>`;
}

// The digest's own lines, by section
const LINES = 3;

function Digest({ of }) {
    return html`<${Loaded} of=${of} empty=${t('day.digest.none')}>${lines => {
        const sections = [...new Set(lines.map(line => line.section))];
        return sections.map(section => {
            const list = lines.filter(line => line.section === section).sort((a, b) => a.place - b.place);
            const left = list[0].total - Math.min(LINES, list.length);
            return html`<h3 key=${section}>${section} <span class="count">${number(list[0].total)}</span></h3>
                <ul class="plain small">${list.slice(0, LINES).map(line => html`<li key=${line.place}>${line.line}</li>`)}
                    ${left > 0 && html`<li class="muted">${t('day.more', number(left))}</li>`}</ul>`;
        });
    }}<//>`;
}
