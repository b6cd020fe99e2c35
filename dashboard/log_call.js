// Notes a call, a mail or a meeting with a customer: two clicks from a customer, three where it has to be found first.
import { html, useState } from './preact.js';
import { call } from './api.js';
import { addDays, today } from './format.js';
import { CustomerChoice, chosenCustomer } from './customer_choice.js';
import { Choice, Dialog, Field, Form, say } from './ui.js';
import { t } from './words.js';

// customer: { id, name }, or null where it has to be chosen; first: the kind that is chosen at first
export function LogCall({ customer, first = 'call', onClose, onDone }) {
    const [chosen, setChosen] = useState(customer || null);
    const [kind, setKind] = useState(first);
    return html`<${Dialog} title=${t(`log.${first}`)} onClose=${onClose}>
        <${Form} action=${t('log.do')} onCancel=${onClose} onSubmit=${async values => {
            await call('log_touchpoint', {
                tenant: chosenCustomer(values), kind, detail: values.detail,
                direction: kind === 'note' ? 'internal' : values.direction,
                next_step: values.next_step || undefined,
                next_step_on: (values.next_step && values.next_step_on) || undefined,
            });
            say(t('log.done'));
            onClose();
            onDone?.();
        }}>
            <${CustomerChoice} label=${t('work.customer')} name="tenant" chosen=${chosen} onChange=${setChosen} />
            <div class="pair">
                <${Choice} label=${t('log.kind')} name="kind" kind="touch" value=${kind} onChange=${setKind}
                    options=${['call', 'email', 'meeting_held', 'reply', 'note']} />
                ${kind !== 'note' && html`<${Choice} key=${kind} label=${t('log.direction')} name="direction" kind="direction"
                    value=${kind === 'reply' ? 'inbound' : 'outbound'} options=${['outbound', 'inbound']} />`}
            </div>
            <${Field} label=${t('log.detail')}><textarea name="detail" required autofocus=${Boolean(customer)} maxlength="10000"></textarea><//>
            <div class="pair">
                <${Field} label=${t('log.next_step')}><input name="next_step" maxlength="1000" /><//>
                <${Field} label=${t('log.next_step_on')}><input name="next_step_on" type="date" min=${today()}
                    max=${addDays(today(), 3650)} /><//>
            </div>
        <//>
    <//>`;
}
