// All that happened with a customer, the newest first.
import { html, useState } from '../preact.js';
import { call } from '../api.js';
import { day, money, moment, number } from '../format.js';
import { refine } from '../route.js';
import { Button, Empty, Loaded, Section, useData } from '../ui.js';
import { stageName, t, word } from '../words.js';

const SOURCES = ['touchpoint', 'feedback', 'ticket', 'revenue', 'playbook', 'banner', 'stage', 'category', 'churn_alert', 'churn_notice',
    'signal', 'override', 'pulse'];
const OF_A_DAY = new Set(['revenue', 'stage', 'category', 'churn_alert', 'churn_notice']);
const PAGE = 50;

const TITLES = {
    touchpoint: item => word('touch', item.kind),
    feedback: item => `${word('feedback', item.kind)} ${number(item.title)}`,
    ticket: item => t(`ticket.${item.kind}`, item.title),
    revenue: item => t('mrr.change', word('mrr', item.kind), `${Number(item.title) > 0 ? '+' : ''}${money(item.title)}`),
    playbook: item => t('event.playbook', item.title, word('execution_status', item.kind)),
    banner: item => t('event.banner', item.title, word('banner', item.kind)),
    stage: item => t('event.stage', stageName({ stage: item.kind, stage_name: item.title })),
    category: item => t('event.category', ...item.title.split(' → ').map(category => word('category', category))),
    churn_alert: item => item.kind === 'started' ? t('event.alert_started', word('risk', item.title)) : t('event.alert_ended'),
    churn_notice: () => t('event.notice'),
    signal: item => item.id.endsWith(':detected') ? t('event.signal', word('signal_type', item.kind))
        : t('event.signal_moved', word('signal_type', item.title), word('signal_status', item.kind)),
    override: item => t(`event.override_${item.kind}`, word('category', item.title)),
    pulse: item => t('event.pulse', item.title),
};

// A next step has its day behind it in brackets
const nextStep = text => text.replace(/\((\d{4}-\d\d-\d\d)\)$/, (_, on) => `(${day(on)})`);

const DETAILS = {
    touchpoint: item => html`${item.kind === 'milestone' ? word('milestone', item.title) : item.title}
        ${item.detail && html`<div class="muted">${t('latest.next', nextStep(item.detail))}</div>`}`,
    ticket: item => item.detail && word('ticket_severity', item.detail),
    // Of a start whether it only waits or watches; how it went on is an item of its own
    playbook: item => item.kind !== 'started' ? item.detail && word('queue_reason', item.detail)
        : ['waiting', 'observed'].includes(item.detail) && word('execution_status', item.detail),
    stage: item => word('stage_reason', item.detail),
    category: item => item.detail && t('event.score', item.detail),
    signal: item => item.id.endsWith(':detected')
        ? [item.title, item.detail && money(item.detail)].filter(Boolean).join(', ') : item.detail,
};

function Item({ item }) {
    const title = (TITLES[item.source] || (one => one.title || one.kind))(item);
    return html`<li>
        <time datetime=${item.at}>${OF_A_DAY.has(item.source) ? day(item.at) : moment(item.at)}${item.actor && item.actor !== 'engine' ? ` · ${item.actor}` : ''}</time>
        <b>${title}</b> ${(DETAILS[item.source] || (one => one.detail))(item)}
    </li>`;
}

export function Journey({ id, turn, query }) {
    const [older, setOlder] = useState([]); // the pages after the first
    const [ended, setEnded] = useState(false);
    const only = query.source;
    // With one kind chosen a longer stretch is read, as most of it is something else
    const size = only ? 1000 : PAGE;
    const page = last => call('journey', { tenant: id, before: last?.at ?? null, before_id: last?.id ?? null, limit: size });
    const found = useData(async () => {
        const list = await page(null);
        setOlder([]);
        setEnded(list.length < size);
        return list;
    }, [id, turn, size]);
    const all = [...(found.data || []), ...older];
    const shown = only ? all.filter(item => item.source === only) : all;
    return html`<${Section} title=${t('journey.title')}>
        <div class="row chips" role="group" aria-label=${t('journey.kinds')}>
            ${[undefined, ...SOURCES].map(source => html`<button type="button" key=${source || 'all'} class="chip" aria-pressed=${source === only}
                onClick=${() => refine({ source: source || '' })}>${source ? t(`source.${source}`) : t('all')}</button>`)}
        </div>
        <${Loaded} of=${found} empty=${t('journey.none')}>${() => html`
            ${shown.length === 0 && html`<${Empty}>${t('journey.none_kind')}<//>`}
            <ol class="timeline">${shown.map(item => html`<${Item} key=${item.id} item=${item} />`)}</ol>
            ${ended ? html`<p class="muted">${t('journey.end')}</p>` : html`<${Button} quiet onClick=${async () => {
                const list = await page(all.at(-1));
                setOlder([...older, ...list]);
                setEnded(list.length < size);
            }}>${t('journey.older')}<//>`}`}<//>
    <//>`;
}
