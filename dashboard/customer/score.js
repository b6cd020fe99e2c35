// Where a customer's score comes from, what moved it, and how it went.
import { html } from '../preact.js';
import { ask, single } from '../api.js';
import { LineChart } from '../chart.js';
import { addDays, day, number, percent, signed, today } from '../format.js';
import { link } from '../route.js';
import { Change, Empty, Loaded, ScoreBar, Section, Tabs, useData } from '../ui.js';
import { t, word } from '../words.js';

function measured(item) {
    const value = item.unit === 'ratio' ? percent(item.value, 1) : number(item.value, 1);
    return `${word('measure', item.measure)}: ${value}`;
}

// The heaviest component first, each with what it was computed from
export function Parts({ found }) {
    return html`<${Section} title=${t('parts.title')}>
        <${Loaded} of=${found} empty=${t('parts.none')}>${health => {
            const parts = Object.entries(health.score_breakdown?.components || {}).filter(([, part]) => part.weight > 0)
                .sort((a, b) => b[1].weight - a[1].weight);
            if (!parts.length) return html`<${Empty}>${t('parts.none')}<//>`;
            return html`<ul class="components">${parts.map(([name, part]) => html`<li key=${name}>
                <div class="spread"><b>${word('component', name)}</b>${part.observed
                    ? html`<span>${number(part.score)} <span class="muted">${t('parts.weight', percent(part.weight / 100))}</span></span>`
                    : html`<span class="muted">${t('parts.unobserved')}, ${t('parts.weight', percent(part.weight / 100))}</span>`}</div>
                ${part.observed && html`<${ScoreBar} value=${part.score} />`}
                <small class="muted">${part.measures.filter(m => m.observed).map(measured).join(' · ')}</small>
            </li>`)}</ul>
            <p class="muted">${t('customer.score_of', day(health.as_of))} · ${health.scorecard} ${health.scorecard_version}
                ${health.coverage < 1 ? html` · ${t('parts.coverage', percent(health.coverage))}` : ''}</p>
            ${health.recommended_action && html`<p>${t('parts.recommended', health.recommended_action)}</p>`}`;
        }}<//>
    <//>`;
}

const PERIODS = [90, 180, 365];

// What moved the score and how it went: both from the same days
export function ScoreHistory({ id, query }) {
    const days = PERIODS.includes(Number(query.days)) ? Number(query.days) : 180;
    const chart = useData(async signal => single(await ask('journey_chart', { tenant: id, from: addDays(today(), -days) }, { signal })),
        [id, days]);
    return html`<${Change30} id=${id} chart=${chart} /><${OverTime} id=${id} chart=${chart} days=${days} query=${query} />`;
}

// Between the latest scored day and the one that is 30 days before, or the nearest before that
function Change30({ id, chart }) {
    const scores = chart.data?.scores || [];
    const to = scores.at(-1);
    const from = to && scores.filter(s => s.day <= addDays(to.day, -30)).at(-1);
    const parts = useData(signal => from ? ask('explain_change', { tenant: id, from: from.day, to: to.day }, { signal })
        : Promise.resolve(null), [id, from?.day, to?.day]);
    const found = chart.data ? { ...parts, data: parts.data && { from, to, parts: parts.data } } : chart;
    return html`<${Section} title=${t('changed.title')}>
        <${Loaded} of=${found} empty=${t('changed.none')}>${({ from, to, parts }) => {
            const sum = parts.reduce((total, part) => total + Number(part.points), 0);
            return html`
                ${parts.length === 0 ? html`<${Empty}>${t('changed.same', day(from.day), day(to.day))}<//>` : html`
                <p class="row"><b>${from.score !== null && to.score !== null
                        ? t('changed.sum', number(from.score), number(to.score), signed(sum, 2)) : signed(sum, 2)}</b>
                    <span class="muted">${t('changed.between', day(from.day), day(to.day))}</span></p>
                ${(from.score === null || to.score === null) && html`<p class="muted">${t('changed.no_data')}</p>`}
                <ul class="signed">${parts.map(part => html`<li key=${part.rank}>
                    <${Change} value=${part.points} text=${signed(part.points, 2)} /><span>${part.reason}</span></li>`)}</ul>`}`;
        }}<//>
    <//>`;
}

const TONE = { incident: 'critical', scorecard: 'accent', override: 'neutral', churn_alert: 'at_risk', notice: 'critical' };

// What has to be known to read the line, each once
function marksOf(chart) {
    const from = chart.scores[0]?.day;
    const marks = chart.marks.filter(mark => TONE[mark.kind] && mark.day >= from).map(mark => ({ day: mark.day, tone: TONE[mark.kind],
        label: t(`mark.${mark.kind}`, mark.kind === 'override' ? word('category', mark.text) : mark.text ?? '') }));
    return marks.filter((mark, n) => marks.findIndex(one => one.day === mark.day && one.label === mark.label) === n);
}

function OverTime({ id, chart: found, days, query }) {
    return html`<${Section} title=${t('over_time.title')}>
        <${Tabs} label=${t('over_time.days')} current=${days} tabs=${PERIODS.map(n => ({ key: n, label: t(`over_time.${n}`),
            href: link('customer', id, { ...query, days: n }) }))} />
        <${Loaded} of=${found}>${chart => html`<${LineChart} label=${t('over_time.title')} range=${[0, 100]}
            series=${[{ label: t('score'), values: chart.scores.map(s => [s.day, s.score]) }]}
            marks=${marksOf(chart)} />`}<//>
    <//>`;
}
