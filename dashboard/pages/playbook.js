// One playbook: what it does on which day, for whom it runs, who is in its queue, and what it would have done.
import { html, useState } from '../preact.js';
import { ask, call, row, rows, single } from '../api.js';
import { stepReason } from '../approval.js';
import { LineChart } from '../chart.js';
import { CustomerChoice, chosenCustomer } from '../customer_choice.js';
import { Execution } from '../execution.js';
import { addDays, day, money, moment, number, percent, today } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Button, Choice, Dialog, Empty, Field, Form, Loaded, PAGE, Pager, Section, Stat, Table, Tabs, say, useData } from '../ui.js';
import { getLanguage, learn, t, word } from '../words.js';
import words from '../words/playbooks.js';
import work from '../words/work.js';

learn(work);
learn(words);

const EXECUTION_STATUSES = ['waiting', 'running', 'paused', 'finished', 'exited', 'cancelled', 'observed'];
const STANDINGS = ['candidate', 'baseline', 'configuration', 'missing_data', 'holdout', 'onboarding'];

export default function Playbook({ me, id, query }) {
    const isId = /^[0-9a-f-]{36}$/i.test(id);
    const found = useData(signal => isId ? row('playbooks', {
        select: 'id,name,status,trigger_type,steps,auto_execute,priority,params,cooldown_days,max_new_per_day,min_coverage,dry_run,'
            + 'candidates,baseline',
        id: `eq.${id}`,
    }, { signal }) : Promise.resolve(null), [id]);
    const results = useData(signal => isId ? row('playbook_results', { playbook_id: `eq.${id}` }, { signal }) : Promise.resolve(null), [id]);
    const [asking, setAsking] = useState('');
    const admin = ['admin', 'owner'].includes(me.role);
    const reload = () => {
        found.reload();
        results.reload();
    };
    const done = text => {
        say(text);
        setAsking('');
        reload();
    };
    const tabs = ['steps', 'executions', 'queue', ...admin ? ['simulate'] : []];
    const tab = tabs.includes(query.tab) ? query.tab : 'steps';
    return html`<${Loaded} of=${found} empty=${t('playbook.unknown')}>${p => html`
        <div class="spread head">
            <h1>${p.name} <${Badge} kind="playbook_status" value=${p.status} /> ${p.dry_run && html`<span class="badge">${t('playbooks.dry_run')}</span>`}</h1>
            <div class="actions">
                ${p.status !== 'archived' && html`<button type="button" onClick=${() => setAsking('start')}>${t('playbook.start')}</button>`}
                ${admin && p.status === 'paused' && html`<button type="button" class="primary" onClick=${() => setAsking('activate')}>${t('playbook.activate')}</button>`}
                ${admin && p.status === 'active' && html`
                    <button type="button" class="quiet" onClick=${() => setAsking('enrol')}>${t('playbook.enrol')}</button>
                    <${Button} quiet onClick=${async () => {
                        await call('pause_playbook', { playbook: id });
                        done(t('playbook.paused_said'));
                    }}>${t('playbook.pause')}<//>`}
                ${admin && p.status !== 'archived' && html`<button type="button" class="danger" onClick=${() => setAsking('archive')}>${t('playbook.archive')}</button>`}
            </div>
        </div>
        <${Loaded} of=${results}>${r => r && html`
            <div class="stats">
                <${Stat} label=${t('playbooks.waiting')} value=${number(r.waiting)} href=${link('playbook', id, { tab: 'executions', status: 'waiting' })} />
                <${Stat} label=${t('playbook.running')} value=${number(r.running)} href=${link('playbook', id, { tab: 'executions', status: 'running' })} />
                <${Stat} label=${t('playbook.finished')} value=${number(r.finished)} href=${link('playbook', id, { tab: 'executions', status: 'finished' })} />
                <${Stat} label=${t('playbooks.reached')} value=${number(r.reached)} note=${percent(r.reached_share)} href=${link('playbook', id, { tab: 'executions', status: 'exited' })} />
                <${Stat} label=${t('playbooks.candidates')} value=${number(p.candidates)} href=${link('playbook', id, { tab: 'queue', standing: 'candidate' })} />
                <${Stat} label=${word('standing', 'baseline')} value=${number(p.baseline)} href=${link('playbook', id, { tab: 'queue', standing: 'baseline' })} />
            </div>
            <${Section}><dl class="facts">
                <dt>${t('playbooks.trigger')}</dt><dd>${r.trigger_text}</dd>
                <dt>${t('playbook.audience')}</dt><dd>${r.audience_text || t('playbook.everybody')}</dd>
                <dt>${t('playbook.exit')}</dt><dd>${r.exit_text || t('playbook.never')}</dd>
                <dt>${t('playbook.mode')}</dt><dd>${t(p.auto_execute ? 'playbooks.auto' : 'playbooks.approve')}; ${t('playbooks.priority')}: ${word('priority', p.priority)}</dd>
                <dt>${t('playbook.brakes')}</dt><dd>${t('playbook.brakes_text', number(p.max_new_per_day), number(p.cooldown_days), percent(p.min_coverage))}</dd>
                ${Object.keys(p.params).length > 0 && html`<dt>${t('playbook.params')}</dt><dd>${Object.entries(p.params).map(([key, value]) =>
                    html`<span key=${key} class=${`param ${value === null ? 'bad' : ''}`}>${value === null ? t('playbook.not_set', key) : `${key}: ${value}`}</span> `)}</dd>`}
            </dl><//>`}<//>
        <${Tabs} label=${t('playbook.tabs')} current=${tab} tabs=${tabs.map(key => ({ key, label: t(`playbook.${key}`), href: link('playbook', id, { tab: key }) }))} />
        ${tab === 'steps' && html`<${Steps} steps=${p.steps} texts=${results.data?.step_texts || []} />`}
        ${tab === 'executions' && html`<${Executions} id=${id} query=${query} me=${me} onDone=${reload} />`}
        ${tab === 'queue' && html`<${Queue} id=${id} query=${query} />`}
        ${tab === 'simulate' && html`<${Simulate} id=${id} query=${query} me=${me} />`}
        ${asking === 'activate' && html`<${Activate} playbook=${p} onClose=${() => setAsking('')} onDone=${done} />`}
        ${asking === 'enrol' && html`<${Enrol} playbook=${p} onClose=${() => setAsking('')} onDone=${done} />`}
        ${asking === 'start' && html`<${Start} playbook=${p} onClose=${() => setAsking('')} onDone=${done} />`}
        ${asking === 'archive' && html`<${Dialog} title=${t('playbook.archive_title', p.name)} onClose=${() => setAsking('')}>
            <${Form} action=${t('playbook.archive_do')} onCancel=${() => setAsking('')} onSubmit=${async () =>
                done(t('playbook.archived', await call('archive_playbook', { playbook: id })))}>
                <p>${t('playbook.archive_what', ['waiting', 'running', 'paused'].reduce((sum, key) => sum + Number(results.data?.[key] || 0), 0))}</p>
            <//>
        <//>`}`}<//>`;
}

const inLanguage = text => typeof text === 'string' ? text : text?.[getLanguage()] ?? text?.en ?? text?.es ?? '';

const Steps = ({ steps, texts }) => html`<${Section}><ol class="timeline">${steps.map((s, n) => html`<li key=${n}>
    <time>${t('playbook.day', s.day)}</time>
    <b>${word('action', s.action)}</b> · ${word('channel', s.channel)}${s.to ? ` ${t('playbook.to', word('recipient', s.to))}` : ''}
    ${s.approve && html` <span class="badge status-approval">${t('playbook.needs_yes')}</span>`}
    ${texts[n] && html`<p class="small muted">${t('playbook.only_if', texts[n])}</p>`}
    ${s.subject && html`<p>${inLanguage(s.subject)}</p>`}
    ${s.template && html`<details><summary>${t('playbook.text')}</summary><div class="letter">${inLanguage(s.template)}</div></details>`}
</li>`)}</ol><//>`;

function Executions({ id, query, me, onDone }) {
    const offset = Number(query.offset) || 0;
    const found = useData(signal => rows('playbook_executions', {
        select: 'id,tenant_id,tenant_name,csm,status,created_at,created_by,started_on,next_step_no,next_action,next_status,'
            + 'next_due_at,next_reason,steps_over,steps_total,outcome,arr',
        playbook_id: `eq.${id}`, status: query.status && `eq.${query.status}`, order: 'created_at.desc,id', limit: PAGE + 1, offset,
    }, { signal }), [id, query.status, offset]);
    const columns = [
        { key: 'tenant_name', label: t('work.customer'), title: true, render: e => html`<a href=${link('customer', e.tenant_id)}>${e.tenant_name}</a>` },
        { key: 'status', label: t('work.status'), render: e => html`<${Badge} kind="execution_status" value=${e.status} />` },
        { key: 'created_at', label: t('playbook.started_on'), render: e => html`${day(e.started_on || e.created_at)}<br /><small class="muted">${
            e.created_by === 'engine' ? '' : e.created_by}</small>` },
        { key: 'progress', label: t('playbook.progress'), numeric: true, render: e => `${number(e.steps_over)}/${number(e.steps_total)}` },
        { key: 'next', label: t('playbook.next'), render: e => e.next_step_no ? html`${word('action', e.next_action)}, ${word('step_status', e.next_status)}
            <br /><small class="muted">${[moment(e.next_due_at), stepReason(e.next_reason)].filter(Boolean).join(' · ')}</small>`
            : e.outcome ? word('queue_reason', e.outcome) : '–' },
        { key: 'arr', label: t('work.arr'), numeric: true, render: e => money(e.arr) },
        ...me.role === 'csm' ? [] : [{ key: 'csm', label: t('work.csm') }],
        { key: 'open', label: '', render: e => html`<button type="button" class="quiet" aria-label=${`${t('playbook.open')}: ${e.tenant_name}`}
            onClick=${() => refine({ execution: e.id })}>${t('playbook.open')}</button>` },
    ];
    return html`<${Section} actions=${html`<${Choice} label=${t('work.status')} value=${query.status} options=${EXECUTION_STATUSES} kind="execution_status"
            any=${t('all')} onChange=${status => refine({ status, offset: '' })} />`}>
        <${Loaded} of=${found} empty=${t('playbook.no_executions')}>${list => html`
            <div class="as-cards"><${Table} caption=${t('playbook.executions')} columns=${columns} rows=${list.slice(0, PAGE)} rowKey=${e => e.id} /></div>
            <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
        ${query.execution && html`<${Execution} key=${query.execution} id=${query.execution} me=${me} onClose=${() => refine({ execution: '' })} onDone=${() => {
            found.reload();
            onDone();
        }} />`}
    <//>`;
}

function Queue({ id, query }) {
    const offset = Number(query.offset) || 0;
    const found = useData(signal => rows('playbook_queue', {
        select: 'tenant_id,tenant_name,csm,standing,since,reason,arr,churn_probability,arr_at_risk', playbook_id: `eq.${id}`,
        standing: query.standing && `eq.${query.standing}`, order: 'arr_at_risk.desc.nullslast,arr.desc.nullslast,tenant_id', limit: PAGE + 1, offset,
    }, { signal }), [id, query.standing, offset]);
    const columns = [
        { key: 'tenant_name', label: t('work.customer'), title: true, render: q => html`<a href=${link('customer', q.tenant_id)}>${q.tenant_name}</a>` },
        { key: 'standing', label: t('playbook.standing'), render: q => html`<${Badge} kind="standing" value=${q.standing} />` },
        { key: 'since', label: t('work.since'), render: q => day(q.since) },
        { key: 'reason', label: t('work.reason'), render: q => q.reason ? word('queue_reason', q.reason) : '–' },
        { key: 'arr', label: t('work.arr'), numeric: true, render: q => money(q.arr) },
        { key: 'arr_at_risk', label: t('work.arr_at_risk'), numeric: true, render: q => money(q.arr_at_risk) },
        { key: 'csm', label: t('work.csm') },
    ];
    return html`<${Section} actions=${html`<${Choice} label=${t('playbook.standing')} value=${query.standing} options=${STANDINGS} kind="standing" any=${t('all')}
            onChange=${standing => refine({ standing, offset: '' })} />`}>
        <${Loaded} of=${found} empty=${t('playbook.queue_none')}>${list => html`
            <div class="as-cards"><${Table} caption=${t('playbook.queue')} columns=${columns} rows=${list.slice(0, PAGE)} rowKey=${q => q.tenant_id + q.standing} /></div>
            <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
    <//>`;
}

const FIGURES = ['baseline', 'entered', 'waiting', 'held', 'left', 'exited', 'finished'];
const MOST = 200;

function Simulate({ id, query, me }) {
    const to = me.scored_through || addDays(today(), -1);
    const asked = query.from && query.to;
    const given = { playbook: id, from: query.from, to: query.to };
    const read = (name, more) => useData(signal => asked ? ask(name, { ...given, ...more }, { signal }) : Promise.resolve(null),
        [id, query.from, query.to]);
    const days = read('simulate_playbook_days');
    const outcomes = read('simulate_playbook', { limit: MOST + 1 });
    const dayColumns = [{ key: 'day', label: t('simulate.day'), render: d => day(d.day) },
        ...FIGURES.map(key => ({ key, label: t(`simulate.${key}`), numeric: true, render: d => number(d[key]) }))];
    const outcomeColumns = [
        { key: 'day', label: t('simulate.day'), render: o => day(o.day) },
        { key: 'tenant', label: t('work.customer'), title: true, render: o => html`<a href=${link('customer', o.tenant_id)}>${o.tenant}</a>` },
        { key: 'outcome', label: t('simulate.outcome'), render: o => word('outcome_of_day', o.outcome) },
        { key: 'reason', label: t('work.reason'), render: o => o.reason ? word('queue_reason', o.reason) : '–' },
    ];
    const line = (list, key, tone) => ({ label: t(`simulate.${key}`), tone, values: list.map(d => [d.day, d[key]]) });
    return html`<${Section}>
        <p class="muted">${t('simulate.what')}</p>
        <form class="filters" onSubmit=${event => {
            event.preventDefault();
            const values = Object.fromEntries(new FormData(event.currentTarget));
            refine({ from: values.from, to: values.to });
        }}>
            <${Field} label=${t('work.from')}><input type="date" name="from" required max=${to} defaultValue=${query.from || addDays(to, -30)} /><//>
            <${Field} label=${t('work.to')}><input type="date" name="to" required max=${to} defaultValue=${query.to || to} /><//>
            <button type="submit" class="primary">${t('simulate.do')}</button>
        </form>
        ${asked && html`<${Loaded} of=${days}>${list => list && (list.length === 0 ? html`<${Empty}>${t('simulate.none')}<//>` : html`
            <div class="stats">${['baseline', 'entered', 'held', 'left', 'exited', 'finished'].map(key => html`<${Stat} key=${key} label=${t(`simulate.${key}`)}
                value=${number(list.reduce((sum, d) => sum + Number(d[key]), 0))} />`)}</div>
            <${LineChart} label=${t('simulate.chart')} height=${180} range=${[0, Math.max(5, ...list.flatMap(d => ['entered', 'waiting', 'exited'].map(key => Number(d[key]))))]} series=${[line(list, 'entered', 'accent'), line(list, 'waiting', 'neutral'),
                line(list, 'exited', 'healthy')]} />
            <details><summary>${t('simulate.all')}</summary>
                <${Table} caption=${t('playbook.simulate')} columns=${dayColumns} rows=${list} rowKey=${d => d.day} /></details>`)}<//>
            <h3>${t('simulate.outcomes')}</h3>
            <${Loaded} of=${outcomes} empty=${t('simulate.no_outcomes')}>${list => html`
                ${list.length > MOST && html`<p class="muted">${t('simulate.first', MOST)}</p>`}
                <${Table} caption=${t('simulate.outcomes')} columns=${outcomeColumns} rows=${list.slice(0, MOST)}
                    rowKey=${o => `${o.day} ${o.tenant_id} ${o.outcome}`} />`}<//>`}
    <//>`;
}

// Nothing is activated before its baseline was seen
function Activate({ playbook, onClose, onDone }) {
    const found = useData(async signal =>
        single(await ask('preview_activation', { playbook: playbook.id }, { signal })), [playbook.id]);
    const unset = Object.entries(playbook.params).filter(([, value]) => value === null).map(([key]) => key);
    return html`<${Dialog} title=${t('playbook.activate_title', playbook.name)} onClose=${onClose}>
        <${Loaded} of=${found}>${b => html`
            ${!b.as_of ? html`<p class="notice">${t('playbook.baseline_later')}</p>`
                : Number(b.tenants) === 0 ? html`<p>${t('playbook.baseline_none')}</p>` : html`
                <p class="notice"><b>${t('playbook.baseline_what', b.tenants, number(b.tenants))}</b><br />
                    ${t('playbook.baseline_money', money(b.arr ?? 0), money(b.arr_at_risk ?? 0))}</p>
                <p class="muted small">${t('playbook.as_of', day(b.as_of))}. ${t('playbook.baseline_then')}</p>
                <details><summary>${t('playbook.largest')}</summary><ul class="plain">${b.largest.map(one => html`<li key=${one.tenant_id} class="spread">
                    <a href=${link('customer', one.tenant_id)}>${one.tenant_name}</a><span>${money(one.arr)} · ${percent(one.churn_probability, 1)}</span></li>`)}</ul></details>`}
            ${unset.length > 0 && html`<p class="notice">${t('playbook.params_missing', unset.join(', '))}</p>`}
            <${Form} action=${t('playbook.activate_do')} onCancel=${onClose} onSubmit=${async () => {
                const made = single(await call('activate_playbook', { playbook: playbook.id }));
                onDone(t('playbook.activated', made.tenants));
            }} />`}<//>
    <//>`;
}

function Enrol({ playbook, onClose, onDone }) {
    const found = useData(signal => ask('baseline_tenants', { playbook: playbook.id }, { signal }), [playbook.id]);
    const columns = [
        { key: 'tenant', label: t('work.customer'), title: true, render: b => html`<a href=${link('customer', b.tenant_id)}>${b.tenant}</a>` },
        { key: 'arr', label: t('work.arr'), numeric: true, render: b => money(b.arr) },
        { key: 'arr_at_risk', label: t('work.arr_at_risk'), numeric: true, render: b => money(b.arr_at_risk) },
        { key: 'obstacle', label: t('playbook.obstacle'), render: b => b.obstacle ? word('queue_reason', b.obstacle) : '–' },
    ];
    return html`<${Dialog} wide title=${t('playbook.enrol_title')} onClose=${onClose}>
        <${Loaded} of=${found} empty=${t('playbook.enrol_none')}>${list => {
            const ready = list.filter(b => !b.obstacle).length;
            return html`<p>${t('playbook.enrol_ready', number(ready), number(list.length))}</p>
                ${ready > 0 && html`<${Form} action=${t('playbook.enrol_do')} onCancel=${onClose} onSubmit=${async values => onDone(t('playbook.enrolled',
                    await call('enrol_existing', { playbook: playbook.id, max_tenants: Number(values.most) })))}>
                    <${Field} label=${t('playbook.enrol_how_many')}><input type="number" name="most" required min="1" max=${ready}
                        defaultValue=${Math.min(10, ready)} /><//>
                <//>`}
                <${Table} caption=${t('playbook.enrol_title')} columns=${columns} rows=${list.slice(0, 20)} rowKey=${b => b.tenant_id} />`;
        }}<//>
    <//>`;
}

function Start({ playbook, onClose, onDone }) {
    const [chosen, setChosen] = useState(null);
    return html`<${Dialog} title=${t('playbook.start_title', playbook.name)} onClose=${onClose}>
        <p class="muted">${t('playbook.start_what')}</p>
        <${Form} action=${t('playbook.start_do')} onCancel=${onClose} onSubmit=${async values => {
            await call('execute_playbook', { playbook: playbook.id, tenant: chosenCustomer(values), note: values.note || undefined });
            onDone(t('playbook.started', chosen.name));
        }}>
            <${CustomerChoice} label=${t('work.customer')} name="tenant" chosen=${chosen} onChange=${setChosen} />
            <${Field} label=${t('playbook.start_note')}><input name="note" maxlength="2000" /><//>
        <//>
    <//>`;
}
