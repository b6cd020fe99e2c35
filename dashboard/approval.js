// What waits for approval: a step of a playbook, or a playbook that has not begun. To be read, edited, tested, let go or left out.
import { html, useState } from './preact.js';
import { ask, call, row, single } from './api.js';
import { moment } from './format.js';
import { Button, Dialog, Field, Form, Loaded, say, useData } from './ui.js';
import { t, word } from './words.js';

// A code of playbook_step.reason in words, with what it is about
export function stepReason(reason) {
    if (!reason) return '';
    const [code, ...rest] = reason.split(': ');
    const text = word('step_reason', code);
    if (text === code.replace(/_/g, ' ') && !/^[a-z_]+$/.test(code)) return reason;
    return rest.length ? `${text}: ${rest.join(': ')}` : text;
}

// The preview names fields without a value in brackets. What is saved has the fields again, so that no bracket is ever sent.
function withFields(text, missing) {
    return missing.reduce((all, field) => all.split(`[${field}]`).join(`{{${field}}}`), text);
}

// one: { execution_id, step_no (null: the whole execution waits), tenant_name, playbook_name }; only: to be read, nothing else
export function Approval({ one, me, only, onClose, onDone }) {
    const whole = one.step_no === null || one.step_no === undefined;
    const [step, setStep] = useState(one.step_no ?? 1);
    const [mode, setMode] = useState('read');
    const reads = me.role !== 'admin'; // administrators never read messages
    const execution = useData(signal => row('playbook_executions',
        { select: 'id,why,steps_total,created_by,dry_run', id: `eq.${one.execution_id}` }, { signal }), [one.execution_id]);
    const preview = useData(async signal => reads
        ? single(await ask('preview_step', { execution: one.execution_id, step }, { signal })) : {}, [one.execution_id, step]);
    const letter = preview.data || {};
    const missing = letter.missing || [];
    const end = text => {
        say(`${one.tenant_name}: ${text}`);
        onClose();
        onDone();
    };
    const approve = async () => {
        await (whole ? call('approve_execution', { execution: one.execution_id })
            : call('approve_step', { execution: one.execution_id, step }));
        end(t(whole ? 'mail.started' : 'mail.approved'));
    };
    const total = execution.data?.steps_total || 1;
    return html`<${Dialog} wide title=${`${one.tenant_name}: ${one.playbook_name}`} onClose=${onClose}>
        <${Loaded} of=${execution}>${e => e && html`<p class="muted">${e.why ? `${t('mail.why')}: ${e.why}` : t('mail.by_hand')}</p>`}<//>
        ${whole && total > 1 && html`<div class="spread steps-of">
            <button type="button" class="quiet" disabled=${step <= 1 || mode !== 'read'} onClick=${() => setStep(step - 1)}>${t('previous')}</button>
            <b>${t('mail.step_of', step, total)}</b>
            <button type="button" class="quiet" disabled=${step >= total || mode !== 'read'} onClick=${() => setStep(step + 1)}>${t('next')}</button>
        </div>`}
        ${!reads && html`<p class="notice">${t('mail.private')}</p>`}
        ${reads && mode !== 'edit' && html`<${Loaded} of=${preview}>${p => html`
            <dl class="facts">
                <dt>${t('mail.channel')}</dt><dd>${word('channel', p.channel)}</dd>
                <dt>${t('mail.recipient')}</dt><dd>${p.recipient || t('mail.nobody')}</dd>
                <dt>${t('mail.due')}</dt><dd>${p.due_at ? moment(p.due_at) : t('mail.when_open')}</dd>
                ${p.subject && html`<dt>${t('mail.subject')}</dt><dd><b>${p.subject}</b></dd>`}
            </dl>
            ${missing.length > 0 && html`<p class="notice">${t('mail.missing', missing.join(', '))}</p>`}
            ${p.body ? html`<div class="letter">${p.body}</div>` : html`<p class="empty">${t('mail.no_text')}</p>`}`}<//>`}
        ${mode === 'edit' && html`<${Form} action=${t('mail.save')} onCancel=${() => setMode('read')} onSubmit=${async values => {
            const changed = name => values[name] !== undefined && values[name].replace(/\r\n/g, '\n') !== (letter[name] || '')
                ? withFields(values[name].replace(/\r\n/g, '\n'), missing) : undefined;
            const subject = changed('subject');
            const body = changed('body');
            if (subject !== undefined || body !== undefined) {
                await call('edit_step', { execution: one.execution_id, step, subject, body });
                say(t('mail.saved'));
                preview.reload();
            }
            setMode('read');
        }}>
            ${letter.subject !== null && html`<${Field} label=${t('mail.subject')}><input name="subject" required
                defaultValue=${letter.subject} maxlength="200" /><//>`}
            <${Field} label=${t('mail.body')}><textarea name="body" required rows="14">${letter.body || ''}</textarea><//>
        <//>`}
        ${mode === 'skip' && html`<${Form} action=${t(whole ? 'mail.not_start_do' : 'mail.skip_do')} onCancel=${() => setMode('read')}
            onSubmit=${async values => {
                await (whole ? call('cancel_execution', { execution: one.execution_id, reason: values.reason })
                    : call('skip_step', { execution: one.execution_id, step, reason: values.reason }));
                end(t(whole ? 'mail.not_started' : 'mail.skipped'));
            }}>
            <${Field} label=${t('work.reason')}><input name="reason" required maxlength="2000" /><//>
        <//>`}
        ${mode === 'read' && !only && html`<div class="buttons">
            ${reads && html`<${Button} onClick=${approve} disabled=${preview.data === undefined}>
                ${t(whole ? 'mail.start' : 'mail.approve')}<//>`}
            ${reads && letter.body && html`<button type="button" onClick=${() => setMode('edit')}>${t('mail.edit')}</button>
                <${Button} quiet onClick=${async () => {
                    await call('send_test', { execution: one.execution_id, step });
                    say(t('mail.tested'));
                }}>${t('mail.test')}<//>`}
            <button type="button" class="quiet" onClick=${() => setMode('skip')}>${t(whole ? 'mail.not_start' : 'mail.skip')}</button>
        </div>`}
    <//>`;
}
