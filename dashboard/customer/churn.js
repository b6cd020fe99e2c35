// How likely a customer is to leave, why, and what would help.
import { html } from '../preact.js';
import { ask, row, rows, send } from '../api.js';
import { day, number, percent } from '../format.js';
import { link } from '../route.js';
import { Badge, Button, Loaded, Section, say, useData } from '../ui.js';
import { t } from '../words.js';

export async function startPlaybook(playbook, tenant) {
    await send('POST', `playbooks/${playbook.id}/execute`, { tenant_id: tenant });
    say(t('churn.started', playbook.name));
}

export function Churn({ id, turn, onDone }) {
    const found = useData(signal => row('churn_predictions', {
        tenant_id: `eq.${id}`,
        select: 'as_of,probability_exact,risk_level,predicted_churn_date,top_risk_factors,recommended_actions,confidence,window_from,'
            + 'window_to,times_the_usual,model_version,notice',
    }, { signal }), [id]);
    const help = useData(signal => ask('what_would_help', { tenant: id }, { signal }).catch(error => {
        if (error.status === 404) return null; // it was never scored
        throw error;
    }), [id]);
    const playbooks = useData(signal => rows('playbooks', {
        select: 'id,code,name', code: 'in.(reactivation,expansion)', status: 'neq.archived' }, { signal }), []);
    const running = useData(signal => rows('playbook_executions', {
        select: 'playbook_id', tenant_id: `eq.${id}`, status: 'in.(waiting,running,paused)' }, { signal }), [id, turn]);
    return html`<${Section} title=${t('churn.title')}>
        <${Loaded} of=${found} empty=${t('churn.none')}>${p => html`
            ${p.notice && html`<p class="notice">${p.notice}</p>`}
            <p class="row"><b class="figure">${percent(p.probability_exact, 1)}</b> <${Badge} kind="risk" value=${p.risk_level} />
                <span>${t('churn.window', day(p.window_from), day(p.window_to))}</span></p>
            <p class="muted">${[t('churn.usual', number(p.times_the_usual, 1)), t('churn.confidence', percent(p.confidence)),
                t('churn.model', p.model_version)].join(' · ')}</p>
            ${p.predicted_churn_date && html`<p>${t('churn.date', day(p.predicted_churn_date))}</p>`}
            <h3>${t('churn.reasons')}</h3>
            ${p.top_risk_factors.length === 0 ? html`<p class="muted">${t('churn.no_reasons')}</p>` : html`<ul class="reasons">${
                p.top_risk_factors.map(f => html`<li key=${f.rank}>${f.text} ${f.percentage_points !== null
                    && html`<span class="muted">${t('churn.points', number(f.percentage_points, 2))}</span>`}</li>`)}</ul>`}
            <h3>${t('churn.actions')}</h3>
            <ul class="todo">${p.recommended_actions.map(a => {
                const playbook = playbooks.data?.find(one => one.code === a.playbook);
                const runs = running.data?.some(one => one.playbook_id === playbook?.id);
                return html`<li key=${a.rank}><span>${a.text}</span>
                    ${runs && html`<a class="nowrap" href=${link('customer', id, { tab: 'playbooks' })}>${t('churn.runs', playbook.name)}</a>`}
                    ${runs === false && playbook && html`<${Button} quiet onClick=${async () => {
                        await startPlaybook(playbook, id);
                        onDone();
                    }}>${t('churn.start', playbook.name)}<//>`}</li>`;
            })}</ul>`}<//>
        <h3>${t('help.title')}</h3>
        <${Loaded} of=${help} empty=${t(help.data === null ? 'parts.none' : 'help.none')}>${options => html`<ul class="reasons">${options.map(o => html`
            <li key=${o.option}>${o.sentence}</li>`)}</ul>`}<//>
    <//>`;
}
