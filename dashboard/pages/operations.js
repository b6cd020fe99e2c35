// Delivery and data: what is on its way, what comes in, whether the numbers can be trusted, and what to do where they cannot.
import { html } from '../preact.js';
import { ask, call, row, rows } from '../api.js';
import { NONE, ago, day, money, moment, number } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Button, Choice, Empty, Loaded, PAGE, Pager, Section, Table, Tabs, say, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import words from '../words/operations.js';
import work from '../words/work.js';

learn(work);
learn(words);

const STATES = ['pending', 'claimed', 'sent', 'dead', 'cancelled'];

export default function Operations({ me, query }) {
    const admin = ['admin', 'owner'].includes(me.role);
    const tabs = [...admin ? ['delivery'] : [], 'data', 'model'];
    const tab = tabs.includes(query.tab) ? query.tab : tabs[0];
    return html`
        <h1>${t('page.operations')}</h1>
        <${Tabs} label=${t('ops.tabs')} current=${tab} tabs=${tabs.map(key => ({ key, label: t(`ops.${key}`), href: link('operations', '', { tab: key }) }))} />
        ${tab === 'delivery' && html`<${Delivery} query=${query} />`}
        ${tab === 'data' && html`<${Data} admin=${admin} all=${me.role !== 'csm'} />`}
        ${tab === 'model' && html`<${Model} all=${me.role !== 'csm'} />`}`;
}

function Delivery({ query }) {
    const offset = Number(query.offset) || 0;
    const channels = useData(signal => rows('channel_status', { order: 'channel' }, { signal }));
    const worker = useData(signal => row('delivery_workers', {}, { signal }));
    const found = useData(signal => rows('deliveries', {
        select: 'id,channel,kind,tenant_id,execution_id,state,attempt,next_attempt_at,created_at,ended_at,last_status,last_error',
        state: query.state && `eq.${query.state}`, channel: query.channel && `eq.${query.channel}`, order: 'created_at.desc,id', limit: PAGE + 1, offset,
    }, { signal }), [query.state, query.channel, offset]);
    const reload = () => {
        channels.reload();
        found.reload();
    };
    return html`
        <${Section} title=${t('ops.worker')}><${Loaded} of=${worker}>${w => !w ? html`<p class="notice">${t('ops.worker.never')}</p>`
            : w.running ? html`<p><span class="dot healthy" aria-hidden="true"></span>${t('ops.worker.runs', ago(w.seen_at), number(w.sent), number(w.failed), moment(w.started_at))}</p>`
                : html`<p class="notice">${t('ops.worker.gone', ago(w.seen_at))}</p>`}<//><//>
        <${Section} title=${t('ops.channels')}><${Loaded} of=${channels} empty=${t('ops.channels.none')}>${list => html`<div class="as-cards">
            <${Table} caption=${t('ops.channels')} rows=${list} rowKey=${c => c.channel} columns=${[
                { key: 'channel', label: t('ops.channel'), render: c => html`<b>${c.channel}</b> <span class="muted">${word('channel', c.kind)}</span>` },
                { key: 'state', label: t('ops.state'), render: c => c.enabled && (c.problem || c.closed_until)
                    ? html`<span class="bad">${[c.problem, c.closed_until && t('ops.closed', moment(c.closed_until), number(c.failures))].filter(Boolean).join('; ')}</span>`
                    : html`<span class=${c.enabled ? 'good' : 'muted'}>${t(c.enabled ? 'ops.enabled' : 'ops.disabled')}</span>` },
                { key: 'pending', label: t('ops.pending'), numeric: true, render: c => number(c.pending) },
                { key: 'in_flight', label: t('ops.in_flight'), numeric: true, render: c => number(c.in_flight) },
                { key: 'oldest', label: t('ops.oldest'), render: c => c.oldest ? ago(c.oldest) : '–' },
                { key: 'p95', label: t('ops.p95'), numeric: true,
                    render: c => c.p95_seconds === null ? '–' : t('ops.seconds', number(c.p95_seconds, 1)) },
                { key: 'dead', label: t('ops.dead'), numeric: true, render: c => Number(c.dead) ? html`<a class="bad" href=${link('operations', '',
                    { tab: 'delivery', state: 'dead', channel: c.channel })}>${number(c.dead)}</a>` : number(c.dead) },
                { key: 'do', label: '', render: c => Number(c.dead) > 0 && html`<${Button} quiet label=${`${t('ops.requeue_all')}: ${c.channel}`} onClick=${async () => {
                    say(t('ops.requeued', await call('requeue_channel', { channel: c.channel })));
                    reload();
                }}>${t('ops.requeue_all')}<//>` },
            ]} /></div>`}<//><//>
        <${Section} title=${t('ops.deliveries')} actions=${html`
            <${Choice} label=${t('ops.state')} value=${query.state} options=${STATES} kind="delivery" any=${t('all')} onChange=${state => refine({ state, offset: '' })} />
            <${Choice} label=${t('ops.channel')} value=${query.channel} options=${(channels.data || []).map(c => [c.channel, c.channel])} any=${t('all')}
                onChange=${channel => refine({ channel, offset: '' })} />`}>
            <${Loaded} of=${found} empty=${t('ops.deliveries.none')}>${list => html`<div class="as-cards">
                <${Table} caption=${t('ops.deliveries')} rows=${list.slice(0, PAGE)} rowKey=${d => d.id} columns=${[
                    { key: 'created_at', label: t('ops.created'), render: d => moment(d.created_at) },
                    { key: 'channel', label: t('ops.channel') },
                    { key: 'kind', label: t('ops.kind'), render: d => html`<span class="nowrap">${word('delivery_kind', d.kind)}</span>${d.tenant_id ? html` <a href=${link('customer', d.tenant_id)}>${t('work.customer')}</a>` : ''}` },
                    { key: 'state', label: t('ops.state'), render: d => html`<span class=${`badge status-${d.state}`}>${word('delivery', d.state)}</span>` },
                    { key: 'attempt', label: t('ops.attempts'), numeric: true, render: d => number(d.attempt) },
                    { key: 'ended', label: t('ops.ended'), render: d => d.ended_at ? moment(d.ended_at) : d.state === 'pending' ? `${t('ops.next')}: ${moment(d.next_attempt_at)}` : '–' },
                    { key: 'error', label: t('ops.error'), render: d => [d.last_status, d.last_error].filter(Boolean).join(' ') || '–' },
                    { key: 'do', label: '', render: d => d.state === 'dead' && html`<${Button} quiet onClick=${async () => {
                        await call('requeue_delivery', { delivery: d.id });
                        say(t('ops.requeued_one'));
                        reload();
                    }}>${t('ops.requeue')}<//>` },
                ]} /></div>
                <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
        <//>`;
}

function Data({ admin, all }) {
    // Feeds, quality and the verdict on the model are for those who see every customer
    const feeds = useData(signal => all ? ask('feeds', {}, { signal }) : Promise.resolve([]));
    const quality = useData(signal => all ? rows('data_quality', {}, { signal }) : Promise.resolve([]));
    const incidents = useData(signal => rows('data_incidents', { order: 'as_of.desc,measure', limit: PAGE }, { signal }));
    const runs = useData(signal => rows('runs', {
        select: 'as_of,phase,done,total,started_at,finished_at,measures_held', order: 'as_of.desc', limit: 10,
    }, { signal }));
    return html`
        ${all && html`<${Section} title=${t('ops.feeds')}><${Loaded} of=${feeds} empty=${t('ops.feeds.none')}>${list => html`
            <div class="as-cards"><${Table} caption=${t('ops.feeds')} rows=${list} rowKey=${f => f.feed} columns=${[
                { key: 'feed', label: t('ops.feed'), render: f => html`<b title=${f.description}>${word('feed', f.feed)}</b>` },
                { key: 'state', label: t('ops.state'), render: f => html`<span class=${`badge feed-${f.state}`}>${word('feed_state', f.state)}</span>` },
                { key: 'last_on', label: t('ops.last_on'), render: f => day(f.last_on) },
                { key: 'window_days', label: t('ops.window'), numeric: true,
                    render: f => f.window_days === null ? NONE : t('ops.days', f.window_days) },
                { key: 'rows', label: t('ops.rows'), numeric: true, render: f => number(f.rows) },
                { key: 'usual', label: t('ops.usual'), numeric: true, render: f => number(f.usual) },
                { key: 'tenants', label: t('ops.tenants'), numeric: true, render: f => number(f.tenants) },
            ]} /></div>`}<//><//>`}
        ${all && html`<${Section} title=${t('ops.quality')}><${Loaded} of=${quality}>${list => {
            const found = list.filter(q => Number(q.count) > 0);
            const rank = { error: 0, warning: 1, info: 2 };
            return html`${found.length === 0 && html`<${Empty}>${t('ops.quality.good')}<//>`}
                <div class="items">${found.sort((a, b) => rank[a.severity] - rank[b.severity] || b.count - a.count).map(q => html`<div key=${q.code} class="item">
                    <div class="spread"><span><${Badge} kind="severity" value=${q.severity} /> <b>${q.finding}</b></span><b class="nowrap">${number(q.count)}</b></div>
                    <p class="small">${q.remedy}</p>
                    ${q.examples?.length > 0 && html`<p class="muted small breakable">${t('ops.examples')}: ${q.examples.map((one, n) => html`${n ? ', ' : ''}${
                        /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(one) ? html`<a href=${link('customer', one)}>${one.slice(0, 8)}…</a>` : one}`)}</p>`}
                </div>`)}</div>
                ${found.length < list.length && html`<details><summary>${t('ops.quality.rest', list.length - found.length)}</summary>
                    <ul class="plain muted">${list.filter(q => Number(q.count) === 0).map(q => html`<li key=${q.code}>${q.finding}</li>`)}</ul></details>`}`;
        }}<//><//>`}
        <${Section} title=${t('ops.incidents')}>
            <p class="muted small">${t('ops.incidents.what')}</p>
            <${Loaded} of=${incidents} empty=${t('ops.incidents.none')}>${list => html`<div class="as-cards">
                <${Table} caption=${t('ops.incidents')} rows=${list} rowKey=${i => `${i.as_of} ${i.measure}`} columns=${[
                    { key: 'as_of', label: t('ops.day'), render: i => day(i.as_of) },
                    { key: 'measure', label: t('ops.measure'), render: i => i.measure.replace(/_/g, ' ') },
                    { key: 'reason', label: t('work.reason'), render: i => `${word('incident_kind', i.kind)}: ${i.reason}` },
                    { key: 'status', label: t('ops.state'), render: i => html`<span class=${`badge incident-${i.status}`}>${word('incident', i.status)}</span>
                        ${i.accepted_by ? html`<br /><small class="muted">${t('work.by', i.accepted_by)}</small>` : ''}` },
                    { key: 'do', label: '', render: i => admin && i.status === 'open' && html`<${Button} quiet onClick=${async () => {
                        await call('accept_incident', { measure: i.measure, day: i.as_of });
                        say(t('ops.accepted'));
                        incidents.reload();
                    }}>${t('ops.accept')}<//>` },
                ]} /></div>`}<//>
        <//>
        <${Section} title=${t('ops.runs')}><${Loaded} of=${runs} empty=${t('ops.runs.none')}>${list => html`<div class="as-cards">
            <${Table} caption=${t('ops.runs')} rows=${list} rowKey=${r => r.as_of} columns=${[
                { key: 'as_of', label: t('ops.day'), render: r => day(r.as_of) },
                { key: 'phase', label: t('ops.phase'), render: r => word('phase', r.phase) },
                { key: 'done', label: t('ops.scored'), numeric: true, render: r => r.phase === 'finished' ? number(r.total) : `${number(r.done)} / ${number(r.total)}` },
                { key: 'started_at', label: t('ops.started'), render: r => moment(r.started_at) },
                { key: 'took', label: t('ops.duration'), numeric: true, render: r => took(r) },
                { key: 'measures_held', label: t('ops.held'), numeric: true, render: r => number(r.measures_held) },
            ]} /></div>`}<//><//>`;
}

function took(run) {
    if (!run.finished_at) return '–';
    const seconds = (new Date(run.finished_at) - new Date(run.started_at)) / 1000;
    return seconds < 120 ? t('ops.seconds', number(seconds, seconds < 10 ? 1 : 0)) : t('ops.minutes', number(seconds / 60, 1));
}

function Model({ all }) {
    const status = useData(signal => all ? row('churn_model_status', {}, { signal }) : Promise.resolve(null));
    const card = useData(signal => ask('churn_model_card', {}, { signal }).catch(error => {
        if (error.status === 404 || error.code === '42704') return [];
        throw error;
    }));
    const missed = useData(signal => rows('missed_churn', {
        select: 'tenant_id,tenant_name,churned_on,arr_lost,verdict,reason', order: 'churned_on.desc,tenant_id', limit: PAGE,
    }, { signal }));
    return html`
        ${all && html`<${Section} title=${t('ops.verdict')}><${Loaded} of=${status} empty=${t('ops.no_model')}>${s => html`
            <p><span class=${`badge verdict-${s.verdict}`}>${word('verdict', s.verdict)}</span> ${t('ops.version', s.model_version)}, ${t(s.trained ? 'ops.trained' : 'ops.untrained')}</p>
            ${s.reasons?.length > 0 && html`<ul class="reasons">${s.reasons.map(reason => html`<li key=${reason}>${reason}</li>`)}</ul>`}
            ${s.remedy && html`<h3>${t('ops.remedy')}</h3><pre class="letter">${s.remedy}</pre>`}`}<//><//>`}
        <${Section} title=${t('ops.card')}><${Loaded} of=${card} empty=${t('ops.no_model')}>${list => [...new Set(list.map(c => c.section))].map((section, n) => html`
            <details key=${section} open=${n < 1}><summary><b>${section}</b></summary><dl class="facts">${list.filter(c => c.section === section).map(c => html`
                <dt>${c.item}</dt><dd>${c.value ?? '–'}</dd>`)}</dl></details>`)}<//><//>
        <${Section} title=${t('ops.missed')}>
            <p class="muted small">${t('ops.missed.what')}</p>
            <${Loaded} of=${missed} empty=${t('ops.missed.none')}>${list => html`<div class="as-cards">
                <${Table} caption=${t('ops.missed')} rows=${list} rowKey=${m => m.tenant_id} columns=${[
                    { key: 'tenant_name', label: t('work.customer'), title: true, render: m => html`<a href=${link('customer', m.tenant_id)}>${m.tenant_name}</a>` },
                    { key: 'churned_on', label: t('ops.churned_on'), render: m => day(m.churned_on) },
                    { key: 'arr_lost', label: t('ops.arr_lost'), numeric: true, render: m => money(m.arr_lost) },
                    { key: 'verdict', label: t('ops.verdict_col'), render: m => word('missed', m.verdict) },
                    { key: 'reason', label: t('ops.why') },
                ]} /></div>`}<//>
        <//>`;
}
