// Signs that a customer could grow.
import { html } from '../preact.js';
import { rows } from '../api.js';
import { day, money, number, percent } from '../format.js';
import { link } from '../route.js';
import { SIGNAL_COLUMNS, SignalButtons } from '../signal_card.js';
import { Badge, Loaded, Section, useData } from '../ui.js';
import { t, word } from '../words.js';

// What was seen, in a sentence
function seen(signal) {
    const s = signal.signal_details || {};
    if (signal.signal_type === 'usage_limit') {
        return [t('seen.used', number(s.used, 1), number(s.limit, 1), s.metric.replace(/_/g, ' '), percent(s.usage_ratio)),
            s.hit_on && t('seen.hit_on', day(s.hit_on))].filter(Boolean).join(', ');
    }
    if (signal.signal_type === 'feature_request') {
        return t('seen.features', (s.features || []).map(f => `${f.feature} (${number(Number(f.requested) + Number(f.denied))})`).join(', '));
    }
    return t('seen.users', number(s.mau), number(s.mau_previous), percent(s.growth, 1));
}

export function Signals({ id, turn, onDone }) {
    const found = useData(signal => rows('expansion_signals', {
        select: `${SIGNAL_COLUMNS},signal_details,changed_by,changed_at`, tenant_id: `eq.${id}`, order: 'detected_at.desc,id', limit: 50,
    }, { signal }), [id, turn]);
    return html`<${Section} title=${t('growth.title')} actions=${html`<a href=${link('signals')}>${t('growth.all')}</a>`}>
        <${Loaded} of=${found} empty=${t('growth.none')}>${list => list.map(s => html`<article class="run" key=${s.id}>
            <div class="spread"><h3>${word('signal_type', s.signal_type)} <span class=${`badge status-${s.status}`}>${word('signal_status', s.status)}</span>${s.held_reason
                        && html` <${Badge} kind="held" value=${s.held_reason} />`}</h3>
                <b>${money(s.status === 'won' ? s.won_arr : s.potential_arr)}</b></div>
            <p>${seen(s)}</p>
            <p class="muted">${[s.recommended_plan && t('growth.plan', s.recommended_plan), t('growth.seen', day(s.detected_at)),
                s.ceased_on && t('growth.ceased', day(s.ceased_on)), s.deferred_until && t('growth.deferred', day(s.deferred_until)),
                s.changed_at && `${day(s.changed_at)}, ${s.changed_by}`].filter(Boolean).join(' · ')}</p>
            ${s.note && html`<p>${s.note}</p>`}
            <${SignalButtons} signal=${s} onDone=${onDone} />
        </article>`)}<//>
    <//>`;
}
