// Contracts that end soon, the worst first: what is at risk, what to expect, and why.
import { html } from '../preact.js';
import { everyRow, rows } from '../api.js';
import { useColleagues } from '../colleagues.js';
import { day, fromToday, money, number, percent, shortMoney } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Choice, CsvButton, Loaded, PAGE, Pager, PartsBar, Score, Section, Stat, Table, Tabs, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import common from '../words/customers.js';
import words from '../words/renewals.js';

learn(common);
learn(words);

const PERIODS = [30, 60, 90, 180];
const FORECASTS = ['commit', 'at_risk', 'lost'];
const TONE = { commit: 'healthy', at_risk: 'at_risk', lost: 'critical' };
const WORST_FIRST = 'arr_at_risk.desc';

// The totals of every period; with filters added up from the contracts that they leave
async function totals(scope, signal) {
    if (!scope.csm && !scope.segment) return rows('renewal_forecast', {}, { signal });
    const list = await everyRow('renewals', { select: 'due_within,forecast,arr', ...scope, order: 'tenant_id' });
    return PERIODS.flatMap(days => FORECASTS.map(forecast => {
        const some = list.filter(r => r.due_within <= days && r.forecast === forecast);
        return { due_within: days, forecast, customers: some.length, arr: some.reduce((sum, r) => sum + Number(r.arr ?? 0), 0),
            arr_unknown: some.filter(r => r.arr === null).length };
    }));
}

export default function Renewals({ me, query }) {
    const days = PERIODS.includes(Number(query.days)) ? Number(query.days) : 90;
    const offset = Number(query.offset) || 0;
    const scope = { csm: query.csm && `eq.${query.csm}`, segment: query.segment && `eq.${query.segment}` };
    const order = query.order || WORST_FIRST;
    const asked = {
        select: 'tenant_id,tenant_name,csm,contract_ends_on,days_to_renewal,arr,arr_at_risk,forecast,reason,overall_score,category,'
            + 'data_status,churn_probability_exact,risk_level,churn_notice_on',
        due_within: `lte.${days}`, forecast: query.forecast && `eq.${query.forecast}`, ...scope,
        order: `${order}.nullslast,arr.desc.nullslast,tenant_id`,
    };
    const found = useData(signal => rows('renewals', { ...asked, limit: PAGE + 1, offset }, { signal }), [JSON.stringify(asked), offset]);
    const sums = useData(signal => totals(scope, signal), [query.csm, query.segment]);
    const { people, nameOf } = useColleagues();
    const segments = useData(signal => rows('segments', { select: 'segment', order: 'segment' }, { signal }));
    const set = changes => refine({ ...changes, offset: '' });
    const columns = [
        { key: 'tenant_name', label: t('customer'), title: true, sort: 'tenant_name',
            render: r => html`<a href=${link('customer', r.tenant_id)}>${r.tenant_name}</a>` },
        { key: 'contract_ends_on', label: t('renewals.ends'), sort: 'contract_ends_on',
            render: r => html`<span class="nowrap">${day(r.contract_ends_on)}<br /><small class="muted">${fromToday(r.contract_ends_on)}</small></span>` },
        { key: 'forecast', label: t('renewals.forecast'), sort: 'forecast', render: r => html`<${Badge} kind="forecast" value=${r.forecast} />` },
        { key: 'arr', label: t('arr'), sort: 'arr', numeric: true, render: r => money(r.arr) },
        { key: 'arr_at_risk', label: t('renewals.at_risk'), sort: 'arr_at_risk', numeric: true, render: r => html`<b>${money(r.arr_at_risk)}</b>` },
        { key: 'reason', label: t('renewals.reason') },
        { key: 'overall_score', label: t('score'), sort: 'overall_score', numeric: true,
            render: r => html`<${Score} value=${r.data_status === 'no data' ? null : r.overall_score} />` },
        { key: 'churn_probability_exact', label: t('churn'), sort: 'churn_probability_exact', numeric: true,
            render: r => html`<span>${percent(r.churn_probability_exact, 1)} ${r.risk_level && html`<${Badge} kind="risk" value=${r.risk_level} />`}</span>` },
        { key: 'csm', label: t('csm'), sort: 'csm', render: r => nameOf(r.csm) || '–' },
    ];
    const total = (list, within, key) => list.filter(f => f.due_within === within).reduce((sum, f) => sum + Number(f[key]), 0);
    return html`
        <div class="spread">
            <h1>${t('page.renewals')}</h1>
            <div class="filters">
                ${me.role !== 'csm' && html`<${Choice} label=${t('csm')} value=${query.csm} options=${people} any=${t('all')}
                    onChange=${csm => set({ csm })} />`}
                ${segments.data?.length > 0 && html`<${Choice} label=${t('segment')} value=${query.segment}
                    options=${segments.data.map(s => s.segment)} any=${t('all')} onChange=${segment => set({ segment })} />`}
                <${Choice} label=${t('renewals.forecast')} value=${query.forecast} options=${FORECASTS} kind="forecast" any=${t('all')}
                    onChange=${forecast => set({ forecast })} />
            </div>
        </div>
        <${Tabs} label=${t('renewals.within')} current=${days} tabs=${PERIODS.map(n => ({ key: n, label: t('renewals.days', n),
            count: sums.data ? number(total(sums.data, n, 'customers')) : undefined,
            href: link('renewals', '', { ...query, days: n, offset: '' }) }))} />
        <${Loaded} of=${sums}>${list => {
            const all = total(list, days, 'arr');
            const unknown = total(list, days, 'arr_unknown');
            const here = FORECASTS.map(forecast => list.find(f => f.due_within === days && f.forecast === forecast));
            return html`<div class="stats">
                <${Stat} label=${t('renewals.total')} value=${shortMoney(all)} note=${[
                    t('renewals.contracts', number(total(list, days, 'customers'))),
                    unknown > 0 && t('renewals.unknown', number(unknown))].filter(Boolean).join(', ')} />
                ${here.map(f => html`<${Stat} key=${f.forecast} label=${word('forecast', f.forecast)} value=${shortMoney(f.arr)}
                    note=${[t('renewals.contracts', number(f.customers)), all > 0 && t('renewals.share', percent(f.arr / all))]
                        .filter(Boolean).join(', ')} />`)}
            </div>
            ${all > 0 && html`<${Section}><${PartsBar} label=${t('renewals.forecast')} parts=${here.map(f => ({ key: f.forecast,
                label: word('forecast', f.forecast), value: Number(f.arr), text: money(f.arr), tone: TONE[f.forecast] }))} /><//>`}`;
        }}<//>
        <${Section} title=${t('renewals.list', days)} actions=${html`<${CsvButton} view="renewals" query=${asked} columns=${columns} name="renewals" />`}>
            ${order === WORST_FIRST && html`<p class="muted">${t('renewals.order')}</p>`}
            <${Loaded} of=${found} empty=${t('renewals.none')}>${list => html`
                <div class="as-cards"><${Table} caption=${t('page.renewals')} columns=${columns} rows=${list.slice(0, PAGE)} rowKey=${r => r.tenant_id}
                    order=${order} onOrder=${next => set({ order: next === WORST_FIRST ? '' : next })}
                    href=${r => link('customer', r.tenant_id)} /></div>
                <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
        <//>`;
}
