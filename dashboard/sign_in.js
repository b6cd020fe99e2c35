// Signing in with a token, where no identity provider brings one.
import { html, useState } from './preact.js';
import { claims, signIn, signOut } from './session.js';
import { Field, Form } from './ui.js';
import { t } from './words.js';

export function SignIn({ onEnter }) {
    const [wrong, setWrong] = useState(false);
    return html`<main class="alone"><section class="card">
        <h1><img src="icon.svg" alt="" width="32" height="32" /> cs_health</h1>
        <p>${t('sign_in.what')}</p>
        <${Form} action=${t('sign_in')} onSubmit=${async values => {
            signIn(values.token);
            if (!claims().role || (claims().exp && claims().exp * 1000 < Date.now())) {
                signOut();
                setWrong(true);
            } else onEnter();
        }}>
            <${Field} label=${t('sign_in.token')}><input name="token" required autocomplete="off" spellcheck="false" /><//>
            ${wrong && html`<p role="alert" class="failure">${t('sign_in.wrong')}</p>`}
        <//>
    </section></main>`;
}
