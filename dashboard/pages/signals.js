// The pipeline of expansion: what could grow, how far each has come, and what became of the others.
import { html, useState } from '../preact.js';
import { ask, rows } from '../api.js';
import { useColleagues } from '../colleagues.js';
import { day, money, number, percent, shortMoney } from '../format.js';
import { link, refine } from '../route.js';
import { SIGNAL_COLUMNS, SignalButtons, SignalCard } from '../signal_card.js';
import { Choice, Loaded, PAGE, Pager, Section, Table, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import words from '../words/signals.js';
import work from '../words/work.js';

learn(work);
learn(words);

const STATUSES = ['new', 'contacted', 'deferred', 'won', 'lost'];
const KINDS = ['usage_limit', 'feature_request', 'user_growth'];
const MOTIONS = ['upsell', 'cross_sell'];
const ORDER = { new: 'potential_arr.desc.nullslast,id', contacted: 'potential_arr.desc.nullslast,id', deferred: 'deferred_until,id',
    won: 'changed_at.desc.nullslast,id', lost: 'changed_at.desc.nullslast,id' };
const CARDS = 10;

// The filters of the address as the API takes them
const filters = query => ({
    signal_type: query.kind && `eq.${query.kind}`, motion: query.motion && `eq.${query.motion}`, csm: query.csm && `eq.${query.csm}`,
    held_reason: query.held === 'yes' ? 'not.is.null' : query.held === 'no' ? 'is.null' : undefined,
});
const open = status => ['won', 'lost'].includes(status) ? {} : { ceased_on: 'is.null' };

export default function Signals({ me, query }) {
    const asTable = (query.view || (matchMedia('(max-width: 820px)').matches ? 'table' : 'board')) === 'table';
    const [turn, setTurn] = useState(0);
    const sums = useData(signal => ask('signal_pipeline', { signal_type: query.kind, motion: query.motion, csm: query.csm }, { signal }),
        [query.kind, query.motion, query.csm, turn]);
    const conversion = useData(signal => rows('signal_conversion', {}, { signal }), [turn]);
    const { people } = useColleagues();
    const done = () => setTurn(n => n + 1);
    const given = { query, me, turn, onDone: done };
    const pipeline = sums.data?.filter(s => !['won', 'lost'].includes(s.status)).reduce((sum, s) => sum + Number(s.potential_arr), 0);
    return html`
        <div class="spread head"><h1>${t('page.signals')}</h1>
            ${pipeline !== undefined && html`<span>${t('signals.total')}: <b>${money(pipeline)}</b></span>`}</div>
        <div class="filters">
            <${Choice} label=${t('signals.kind')} value=${query.kind} options=${KINDS} kind="signal_type" any=${t('all')} onChange=${kind => refine({ kind, offset: '' })} />
            <${Choice} label=${t('signals.motion')} value=${query.motion} options=${MOTIONS} kind="motion" any=${t('all')} onChange=${motion => refine({ motion, offset: '' })} />
            <${Choice} label=${t('signals.csm')} value=${query.csm} options=${people} any=${t('all')}
                onChange=${csm => refine({ csm, offset: '' })} />
            <${Choice} label=${t('signals.show')} value=${query.held} options=${[['no', t('signals.free')], ['yes', t('signals.held')]]} any=${t('all')}
                onChange=${held => refine({ held, offset: '' })} />
            <nav class="switch" aria-label=${t('signals.show')}>
                <a href=${link('signals', '', { ...query, view: 'board', offset: '' })} aria-current=${asTable ? undefined : 'true'}>${t('signals.board')}</a>
                <a href=${link('signals', '', { ...query, view: 'table' })} aria-current=${asTable ? 'true' : undefined}>${t('signals.table')}</a>
            </nav>
        </div>
        ${asTable ? html`<${List} ...${given} />` : html`<div class="board">${STATUSES.map(status => html`<${Column} key=${status} status=${status}
            sum=${sums.data?.find(s => s.status === status)} ...${given} />`)}</div>`}
        <${Section} title=${t('signals.conversion')}><${Loaded} of=${conversion} empty=${t('signals.no_signal')}>${list => html`
            <div class="as-cards"><${Table} caption=${t('signals.conversion')} rows=${list} rowKey=${r => r.signal_type} columns=${[
                { key: 'signal_type', label: t('signals.kind'), render: r => word('signal_type', r.signal_type) },
                { key: 'open', label: t('signals.open'), numeric: true,
                    render: r => number(Number(r.new) + Number(r.contacted) + Number(r.deferred)) },
                { key: 'held', label: t('signals.held'), numeric: true, render: r => number(r.held) },
                { key: 'settled', label: t('signals.settled'), numeric: true, render: r => `${number(r.won)} / ${number(r.lost)}` },
                { key: 'win_rate', label: t('signals.won_share'), numeric: true, render: r => percent(r.win_rate) },
                { key: 'won_arr', label: t('signals.won_arr'), numeric: true, render: r => money(r.won_arr) },
                { key: 'open_potential_arr', label: t('signals.open_arr'), numeric: true, render: r => money(r.open_potential_arr) },
                { key: 'median_days_to_close', label: t('signals.days'), numeric: true, render: r => number(r.median_days_to_close, 1) },
            ]} /></div>`}<//>
        <//>`;
}

function Column({ status, sum, query, me, turn, onDone }) {
    const [most, setMost] = useState(CARDS);
    const asked = filters(query);
    const found = useData(signal => rows('expansion_signals', {
        select: SIGNAL_COLUMNS, status: `eq.${status}`, ...open(status), ...asked, order: ORDER[status], limit: most + 1,
    }, { signal }), [JSON.stringify(asked), most, turn]);
    return html`<section aria-label=${word('signal_status', status)}>
        <header><h2>${word('signal_status', status)}</h2>
            <p class="small">${sum ? html`${t('signals.count', Number(sum.signals))} · <b>${shortMoney(status === 'won' ? sum.won_arr : sum.potential_arr)}</b>${
                Number(sum.held) > 0 ? ` · ${t('signals.n_held', sum.held)}` : ''}` : '…'}</p></header>
        <${Loaded} of=${found} empty=${t('signals.none')}>${list => html`
            ${list.slice(0, most).map(signal => html`<div key=${signal.id} class="card"><${SignalCard} signal=${signal} me=${me} onDone=${onDone} /></div>`)}
            ${list.length > most && html`<button type="button" class="quiet" onClick=${() => setMost(most + 20)}>${t('signals.more')}</button>`}`}<//>
    </section>`;
}

function List({ query, turn, onDone }) {
    const offset = Number(query.offset) || 0;
    const status = STATUSES.includes(query.status) ? query.status : '';
    const asked = { ...filters(query), ...status ? { status: `eq.${status}`, ...open(status) } : { or: '(ceased_on.is.null,status.in.(won,lost))' },
        order: status ? ORDER[status] : `${query.order || 'potential_arr.desc'}.nullslast,id` };
    const found = useData(signal => rows('expansion_signals', { select: SIGNAL_COLUMNS, ...asked, limit: PAGE + 1, offset }, { signal }),
        [JSON.stringify(asked), offset, turn]);
    return html`<${Section} actions=${html`<${Choice} label=${t('signals.status')} value=${status} options=${STATUSES} kind="signal_status" any=${t('all')}
            onChange=${to => refine({ status: to, offset: '' })} />`}>
        <${Loaded} of=${found} empty=${t('signals.none')}>${list => html`<div class="as-cards">
            <${Table} caption=${t('page.signals')} rows=${list.slice(0, PAGE)} rowKey=${s => s.id} href=${s => link('customer', s.tenant_id)}
                order=${query.order || 'potential_arr.desc'} onOrder=${status ? undefined : order => refine({ order, offset: '' })} columns=${[
                { key: 'tenant_name', label: t('work.customer'), sort: 'tenant_name', render: s => html`<a class="strong" href=${link('customer', s.tenant_id)}>${s.tenant_name}</a>` },
                { key: 'signal_type', label: t('signals.kind'), sort: 'signal_type', render: s => word('signal_type', s.signal_type) },
                { key: 'plan', label: t('signals.plan'), render: s => s.recommended_plan
                    ? t('signal.plans', s.current_plan || '–', s.recommended_plan) : s.current_plan || '–' },
                { key: 'potential_arr', label: t('signals.value'), sort: 'potential_arr', numeric: true,
                    render: s => money(s.potential_arr) },
                { key: 'status', label: t('signals.status'), sort: 'status', render: s => html`<span class=${`badge status-${s.status}`}>${word('signal_status', s.status)}</span>
                    ${s.status === 'deferred' ? html`<br /><small>${t('signal.until', day(s.deferred_until))}</small>` : ''}
                    ${s.held_reason && !['won', 'lost'].includes(s.status) ? html`<br /><small class="bad">${word('held', s.held_reason)}</small>` : ''}` },
                { key: 'detected_at', label: t('signals.detected'), sort: 'detected_at', render: s => day(s.detected_at) },
                { key: 'do', label: t('signals.do'), render: s => html`<${SignalButtons} signal=${s} onDone=${onDone} />` },
            ]} /></div>
            <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
    <//>`;
}
