// How all customers do: by category, who moved and why, the objectives, where the value is, revenue by month.
import { html } from '../preact.js';
import { ask, rows } from '../api.js';
import { LineChart } from '../chart.js';
import { useColleagues } from '../colleagues.js';
import { addDays, day, money, number, percent, shortMoney, signed } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Change, Choice, Loaded, PartsBar, Section, Spark, Stat, Table, Tabs, useData } from '../ui.js';
import { getLanguage, learn, t, word } from '../words.js';
import common from '../words/customers.js';
import words from '../words/portfolio.js';

learn(common);
learn(words);

const CATEGORIES = ['healthy', 'neutral', 'at_risk', 'critical', 'no data'];
const TONE = { 'no data': 'none' };
const sum = (list, key) => list.reduce((total, one) => total + Number(one[key] ?? 0), 0);

export default function Portfolio({ me, query }) {
    const scope = { csm: query.csm, segment: query.segment };
    const { people, nameOf } = useColleagues();
    const segments = useData(signal => rows('segments', { select: 'segment', order: 'segment' }, { signal }));
    const months = useData(signal => rows('revenue', { order: 'month' }, { signal }));
    return html`
        <div class="spread">
            <h1>${t('page.portfolio')}</h1>
            <div class="filters">
                ${me.role !== 'csm' && html`<${Choice} label=${t('csm')} value=${query.csm} options=${people} any=${t('all')}
                    onChange=${csm => refine({ csm })} />`}
                ${segments.data?.length > 0 && html`<${Choice} label=${t('segment')} value=${query.segment}
                    options=${segments.data.map(s => s.segment)} any=${t('all')} onChange=${segment => refine({ segment })} />`}
            </div>
        </div>
        <${Categories} scope=${scope} />
        <${Objectives} months=${months} />
        <${Movers} scope=${scope} days=${Number(query.days) || 7} query=${query} nameOf=${me.role === 'csm' ? null : nameOf} />
        <${ValueAtRisk} />
        <${Revenue} found=${months} />`;
}

function Categories({ scope }) {
    const found = useData(signal => ask('portfolio', scope, { signal }), [scope.csm, scope.segment]);
    return html`<${Loaded} of=${found} empty=${t('portfolio.none')}>${list => {
        const all = sum(list, 'tenants');
        const endangered = list.filter(c => c.category === 'at_risk' || c.category === 'critical');
        const to = category => link('customers', '', { category, ...scope });
        return html`
            <div class="stats">
                <${Stat} label=${t('portfolio.customers')} value=${number(all)} href=${link('customers', '', scope)} />
                <${Stat} label=${t('portfolio.arr')} value=${shortMoney(sum(list, 'arr'))} />
                <${Stat} label=${t('portfolio.endangered')} value=${shortMoney(sum(endangered, 'arr'))}
                    note=${t('portfolio.endangered_note', number(sum(endangered, 'tenants')))} />
                <${Stat} label=${t('portfolio.expected_loss')} value=${shortMoney(sum(list, 'arr_at_risk'))}
                    note=${t('portfolio.expected_loss_note')} />
            </div>
            <${Section} title=${t('portfolio.by_category')}>
                <${PartsBar} label=${t('portfolio.by_category')} parts=${CATEGORIES.map(category => {
                    const one = list.find(c => c.category === category);
                    return { key: category, label: word('category', category), value: Number(one?.tenants ?? 0),
                        text: number(one?.tenants ?? 0), tone: TONE[category] || category };
                })} />
                <div class="as-cards"><${Table} caption=${t('portfolio.by_category')} rowKey=${r => r.category} href=${r => to(r.category)}
                    rows=${[...list].sort((a, b) => CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category))} columns=${[
                    { key: 'category', label: t('category'), title: true, render: r => html`<a href=${to(r.category)}>
                        <${Badge} kind="category" value=${r.category} /></a>` },
                    { key: 'tenants', label: t('portfolio.customers_count'), numeric: true, render: r => number(r.tenants) },
                    { key: 'share', label: t('portfolio.share'), numeric: true, render: r => percent(all ? r.tenants / all : null, 1) },
                    { key: 'tenants_30_days_ago', label: t('portfolio.before'), numeric: true, render: r => number(r.tenants_30_days_ago) },
                    { key: 'change', label: t('portfolio.change'), numeric: true,
                        render: r => signed(r.tenants_30_days_ago === null ? null : r.tenants - r.tenants_30_days_ago) },
                    { key: 'arr', label: t('arr'), numeric: true, render: r => money(r.arr) },
                    { key: 'arr_at_risk', label: t('portfolio.expected_loss'), numeric: true, render: r => money(r.arr_at_risk) },
                ]} /></div>
            <//>`;
    }}<//>`;
}

function Movers({ scope, days, query, nameOf }) {
    const found = useData(signal => ask('movers', { days, max_rows: 10, ...scope }, { signal }), [days, scope.csm, scope.segment]);
    const columns = [
        { key: 'tenant_name', label: t('customer'), title: true, render: r => html`<a href=${link('customer', r.tenant_id)}>${r.tenant_name}</a>` },
        { key: 'score', label: t('movers.score'), numeric: true, render: r => html`<span>${r.score_from} → <b>${r.score_to}</b></span>` },
        { key: 'change', label: t('portfolio.change'), numeric: true,
            render: r => html`<${Change} value=${r.change} text=${signed(r.change)} />` },
        { key: 'category_to', label: t('category'), render: r => html`<${Badge} kind="category" value=${r.category_to} />` },
        { key: 'arr', label: t('arr'), numeric: true, render: r => money(r.arr) },
        ...(nameOf ? [{ key: 'csm', label: t('csm'), render: r => nameOf(r.csm) || '–' }] : []),
        { key: 'reason', label: t('movers.reason') },
    ];
    const part = (title, list, none) => html`<h3>${title}</h3>${list.length
        ? html`<div class="as-cards"><${Table} caption=${title} columns=${columns} rows=${list} rowKey=${r => r.tenant_id}
            href=${r => link('customer', r.tenant_id)} /></div>`
        : html`<p class="empty">${none}</p>`}`;
    return html`<${Section} title=${t('movers')}>
        <${Tabs} label=${t('movers.days')} current=${days} tabs=${[1, 7, 30, 90].map(n => ({ key: n, label: t(`movers.${n}`),
            href: link('portfolio', '', { ...query, days: n }) }))} />
        <${Loaded} of=${found}>${list => html`
            ${list.length > 0 && html`<p class="muted">${t('movers.period', day(list[0].day_from), day(list[0].day_to))}</p>`}
            ${part(t('movers.falls'), list.filter(r => r.change < 0), t('movers.no_falls'))}
            ${part(t('movers.rises'), list.filter(r => r.change > 0), t('movers.no_rises'))}`}<//>
    <//>`;
}

// The months of these three objectives are those of the revenue
const MONTHLY = { nrr: 'nrr_12m', churn_rate: 'logo_churn_12m', expansion_rate: 'expansion_rate_12m' };

function Objectives({ months }) {
    const found = useData(signal => rows('objectives', {}, { signal }));
    const write = (value, unit) => unit === 'days' ? (value === null ? '–' : t('days', number(value, 1))) : percent(value, 1);
    const target = o => o.target_low === null ? t('objectives.below', write(o.target_high, o.unit))
        : o.target_high === null ? t('objectives.at_least', write(o.target_low, o.unit))
        : `${write(o.target_low, o.unit)} – ${write(o.target_high, o.unit)}`;
    return html`<${Section} title=${t('objectives')}>
            <p class="muted">${t('portfolio.all_note')}</p>
            <${Loaded} of=${found} empty=${t('objectives.none')}>${list => html`<div class="objectives">${list.map(o => html`
                <article key=${o.objective}>
                    <h3>${word('objective', o.objective)}</h3>
                    <div class="spread"><span class="figure">${write(o.today, o.unit)}</span>
                        <span class=${`badge ${o.reached === true ? 'tone-healthy' : o.reached === false ? 'tone-at_risk' : ''}`}>${
                            t(o.reached === true ? 'objectives.reached' : o.reached === false ? 'objectives.missed' : 'objectives.unknown')}</span></div>
                    <dl class="facts">
                        <dt>${t('objectives.target')}</dt><dd>${target(o)}</dd>
                        <dt>${t('objectives.last_month')}</dt><dd>${write(o.last_month, o.unit)}${o.trend ? `, ${word('objective_trend', o.trend)}` : ''}</dd>
                    </dl>
                    ${MONTHLY[o.objective] && html`<${Spark} label=${t('objectives.spark', word('objective', o.objective))}
                        values=${(months.data || []).map(m => m[MONTHLY[o.objective]])} />`}
                    <details><summary>${t('objectives.how')}</summary><dl class="facts stacked">
                        <dt>${t('objectives.formula')}</dt><dd>${o.formula}</dd>
                        <dt>${t('objectives.excluded')}</dt><dd>${o.excluded ?? '–'}</dd>
                        <dt>${t('objectives.benchmark')}</dt><dd>${o.benchmark ?? '–'}</dd>
                        <dt>${t('objectives.sample')}</dt><dd>${o.sample === null ? '–' : t('objectives.sample_n', number(o.sample))}</dd>
                        <dt>${t('objectives.as_of')}</dt><dd>${day(o.as_of)}</dd>
                    </dl></details>
                </article>`)}</div>`}<//>
        <//>`;
}

// A month by its name; a point of a chart stands at the month's last day
const monthName = value => new Intl.DateTimeFormat(getLanguage(), { month: 'long', year: 'numeric', timeZone: 'UTC' })
    .format(new Date(`${value}T00:00:00Z`));
const monthEnd = value => addDays(addDays(value, 32).slice(0, 8) + '01', -1);

function Revenue({ found }) {
    const amounts = [['start', 'mrr_start'], ['new', 'new'], ['reactivation', 'reactivation'], ['expansion', 'expansion'],
        ['contraction', 'contraction'], ['churn', 'churn'], ['end', 'mrr_end']];
    return html`<${Section} title=${t('revenue')}>
        <p class="muted">${t('portfolio.all_note')}</p>
        <${Loaded} of=${found} empty=${t('revenue.none')}>${list => html`
            <div class="columns">
                <div><h3>${t('revenue.mrr')}</h3><${LineChart} label=${t('revenue.mrr')} write=${shortMoney} series=${[
                    { label: t('revenue.mrr'), values: list.map(m => [monthEnd(m.month), m.mrr_end]) }]} /></div>
                <div><h3>${t('revenue.retention')}</h3><${LineChart} label=${t('revenue.retention')} write=${value => percent(value, 1)}
                    series=${[
                    { label: t('revenue.nrr'), values: list.map(m => [monthEnd(m.month), m.nrr_12m]) },
                    { label: t('revenue.grr'), tone: 'healthy', values: list.map(m => [monthEnd(m.month), m.grr_12m]) }]} /></div>
            </div>
            <details><summary>${t('revenue.by_month')}</summary>
                <div class="matrix"><${Table} caption=${t('revenue.by_month')} rows=${[...list].reverse()} rowKey=${r => r.month} columns=${[
                    { key: 'month', label: t('revenue.month'), render: r => monthName(r.month) },
                    ...amounts.map(([key, column]) => ({ key, label: t(`revenue.${key}`), numeric: true, render: r => money(r[column]) })),
                    { key: 'nrr', label: t('revenue.nrr'), numeric: true, render: r => percent(r.nrr_12m, 1) },
                    { key: 'logo', label: t('revenue.logo_churn'), numeric: true, render: r => percent(r.logo_churn_12m, 1) },
                ]} /></div></details>`}<//>
    <//>`;
}

function ValueAtRisk() {
    const found = useData(signal => rows('value_at_risk', {}, { signal }));
    return html`<${Section} title=${t('at_risk.title')}>
        <p class="muted">${t('at_risk.note')} ${t('portfolio.all_note')}</p>
        <${Loaded} of=${found} empty=${t('at_risk.none')}>${list => {
            const of = (component, category) => list.filter(v => (component === 'total' || v.component === component)
                && (!category || v.category === category));
            const components = [...new Set(list.map(v => v.component))].sort((a, b) =>
                (a === null) - (b === null) || sum(of(b), 'arr') - sum(of(a), 'arr'));
            const categories = CATEGORIES.filter(c => list.some(v => v.category === c));
            const figure = some => some.length === 0 ? html`<span class="muted">–</span>`
                : html`${money(sum(some, 'arr'))} <span class="muted">(${number(sum(some, 'customers'))})</span>`;
            const unknown = sum(list, 'arr_unknown');
            return html`<div class="as-cards"><${Table} caption=${t('at_risk.title')} rowKey=${r => String(r.component)}
                rows=${[...components.map(component => ({ component })), { component: 'total' }]} columns=${[
                { key: 'component', label: t('at_risk.component'), title: true, render: r => r.component === 'total' ? html`<b>${t('at_risk.total')}</b>`
                    : r.component === null ? t('at_risk.nothing') : word('component', r.component) },
                ...categories.map(category => ({ key: category, numeric: true,
                    label: word('category', category),
                    render: r => figure(of(r.component, category)) })),
                { key: 'total', label: t('at_risk.total'), numeric: true,
                    render: r => html`<b>${figure(of(r.component))}</b>` },
            ]} /></div>
            ${unknown > 0 && html`<p class="muted">${t('at_risk.unknown', number(unknown))}</p>`}`;
        }}<//>
    <//>`;
}
