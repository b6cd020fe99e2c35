// What can be done with an execution of a playbook, wherever it is shown.
import { html, useState } from './preact.js';
import { call } from './api.js';
import { Approval } from './approval.js';
import { Button, Dialog, Field, Form, say } from './ui.js';
import { t, word } from './words.js';

const OPEN = ['waiting', 'running', 'paused'];

// execution: { id, status, tenant_name, playbook_name }
export function ExecutionButtons({ execution: e, me, onDone }) {
    const [asking, setAsking] = useState('');
    const close = () => setAsking('');
    const act = (name, event, more) => async () => {
        await call(name, { execution: e.id, ...more });
        say(t('execution.done', e.tenant_name, word('history', event)));
        close();
        onDone();
    };
    return html`<div class="actions">
        ${e.status === 'waiting' && html`<button type="button" class="primary" onClick=${() => setAsking('read')}>${t('mail.read')}</button>`}
        ${e.status === 'running' && html`<${Button} quiet onClick=${act('pause_execution', 'paused')}>${t('execution.pause')}<//>`}
        ${e.status === 'paused' && html`<${Button} onClick=${act('resume_execution', 'resumed')}>${t('execution.resume')}<//>`}
        ${OPEN.includes(e.status) && html`
            <button type="button" class="quiet" onClick=${() => setAsking('resolve')}>${t('execution.resolve')}</button>
            <button type="button" class="quiet" onClick=${() => setAsking('cancel')}>${t('execution.cancel')}</button>`}
        ${asking === 'read' && html`<${Approval} me=${me} one=${{ ...e, execution_id: e.id, step_no: null }} onClose=${close} onDone=${onDone} />`}
        ${asking === 'resolve' && html`<${Dialog} title=${`${e.tenant_name}: ${e.playbook_name}`} onClose=${close}>
            <${Form} action=${t('execution.resolve_do')} onCancel=${close}
                onSubmit=${({ how }) => act('resolve_execution', 'exited', { outcome: how || undefined })()}>
                <${Field} label=${t('execution.how')}><input name="how" maxlength="2000" /><//>
            <//>
        <//>`}
        ${asking === 'cancel' && html`<${Dialog} title=${`${e.tenant_name}: ${e.playbook_name}`} onClose=${close}>
            <${Form} action=${t('execution.cancel_do')} onCancel=${close}
                onSubmit=${({ reason }) => act('cancel_execution', 'cancelled', { reason })()}>
                <${Field} label=${t('work.reason')}><input name="reason" required maxlength="2000" /><//>
            <//>
        <//>`}
    </div>`;
}
