// An expansion signal, and what can be done with it.
import { html, useState } from './preact.js';
import { call } from './api.js';
import { addDays, day, money, today } from './format.js';
import { link } from './route.js';
import { Badge, Button, Dialog, Field, Form, Menu, say } from './ui.js';
import { t, word } from './words.js';

export const SIGNAL_COLUMNS = 'id,tenant_id,tenant_name,csm,signal_type,motion,current_plan,recommended_plan,potential_arr,status,'
    + 'held_reason,detected_at,deferred_until,won_arr,note,ceased_on';

// Where a colleague may move a signal, by its status
const MOVES = {
    new: ['contacted', 'deferred', 'lost'],
    contacted: ['won', 'deferred', 'lost'],
    deferred: ['contacted', 'won', 'deferred', 'lost'],
};

export function SignalButtons({ signal, onDone }) {
    const [asking, setAsking] = useState(null);
    const may = MOVES[signal.status] || [];
    const name = signal.tenant_name;
    const move = async (status, more, text) => {
        await call('set_signal_status', { signal: signal.id, status, ...more });
        say(text || t('signal.moved', name, word('signal_status', status)));
        setAsking(null);
        onDone();
    };
    const defer = until => move('deferred', { deferred_until: until }, t('signal.deferred', name, day(until)));
    const later = n => ({ act: () => defer(addDays(today(), n)) });
    const rest = [
        may.includes('won') && { text: t('signal.won'), act: () => setAsking('won') },
        may.includes('lost') && { text: t('signal.lost'), act: () => setAsking('lost') },
        { text: t('signal.note'), act: () => setAsking('note') },
    ].filter(Boolean);
    return html`<div class="actions">
        ${may.includes('contacted') && html`<${Button} quiet label=${`${t('signal.contacted')}: ${name}`}
            onClick=${() => move('contacted')}>${t('signal.contacted')}<//>`}
        ${signal.status === 'contacted' && html`<button type="button" class="quiet" onClick=${() => setAsking('won')}>${t('signal.won')}</button>`}
        ${may.includes('deferred') && html`<${Menu} label=${t('signal.defer')} name=${`${t('signal.defer')}: ${name}`} items=${[
            { text: t('signal.week'), ...later(7) },
            { text: t('signal.month'), ...later(30) },
            { text: t('signal.quarter'), ...later(91) },
            { text: t('signal.date'), act: () => setAsking('deferred') },
        ]} />`}
        <${Menu} bare label="⋯" name=${`${t('work.more')}: ${name}`} items=${rest} />
        ${asking === 'deferred' && html`<${Dialog} title=${t('signal.defer_until')} onClose=${() => setAsking(null)}>
            <${Form} action=${t('signal.defer_do')} onCancel=${() => setAsking(null)} onSubmit=${values => defer(values.until)}>
                <${Field} label=${t('work.until')}><input type="date" name="until" required min=${addDays(today(), 1)} /><//>
            <//>
        <//>`}
        ${['won', 'lost'].includes(asking) && html`<${Dialog} title=${t(`signal.${asking}_title`, name)} onClose=${() => setAsking(null)}>
            <${Form} action=${t(`signal.${asking}_do`)} onCancel=${() => setAsking(null)} onSubmit=${values => move(asking, {
                note: values.note || undefined,
                won_arr: values.won_arr ? Number(values.won_arr) : undefined,
            })}>
                ${asking === 'won' && html`<${Field} label=${t('signal.won_arr')} note=${t('signal.won_arr_note')}>
                    <input type="number" name="won_arr" min="0" max="99999999.99" step="0.01" inputmode="decimal"
                        defaultValue=${signal.potential_arr ?? ''} /><//>`}
                <${Field} label=${t('work.note')}><textarea name="note" maxlength="2000"></textarea><//>
            <//>
        <//>`}
        ${asking === 'note' && html`<${Dialog} title=${`${name}: ${t('work.note')}`} onClose=${() => setAsking(null)}>
            <${Form} action=${t('save')} onCancel=${() => setAsking(null)} onSubmit=${values => move(signal.status, {
                note: values.note, deferred_until: signal.status === 'deferred' ? signal.deferred_until : undefined,
            }, t('signal.noted'))}>
                <${Field} label=${t('work.note')}><textarea name="note" required maxlength="2000">${signal.note || ''}</textarea><//>
            <//>
        <//>`}
    </div>`;
}

export function SignalCard({ signal, onDone, me }) {
    const plans = signal.recommended_plan
        ? t('signal.plans', signal.current_plan || '–', signal.recommended_plan)
        : `${signal.current_plan || '–'}: ${t('signal.no_plan')}`;
    return html`<div class="item">
        <div class="spread"><a class="strong" href=${link('customer', signal.tenant_id, { tab: 'signals' })}>${signal.tenant_name}</a>
            <b class="nowrap">${signal.status === 'won' ? money(signal.won_arr ?? signal.potential_arr) : money(signal.potential_arr)}</b></div>
        <p class="muted small">${word('signal_type', signal.signal_type)}${signal.motion ? ` · ${word('motion', signal.motion)}` : ''} · ${plans}
            ${signal.csm && signal.csm !== me?.email ? html` · <span class="breakable">${signal.csm}</span>` : ''}</p>
        ${signal.held_reason && MOVES[signal.status] && html`<p><${Badge} kind="held" value=${signal.held_reason} /></p>`}
        ${signal.status === 'deferred' && html`<p class="small">${t('signal.until', day(signal.deferred_until))}</p>`}
        ${signal.note && html`<p class="small quote">${signal.note}</p>`}
        <${SignalButtons} signal=${signal} onDone=${onDone} />
    </div>`;
}
