// Signing in: at the identity provider where there is one, else with a token.
import { html, useState } from './preact.js';
import { claims, signIn, signInAddress, signOut } from './session.js';
import { Field, Form } from './ui.js';
import { t } from './words.js';

export function SignIn({ onEnter }) {
    const [wrong, setWrong] = useState(false);
    return html`<main class="alone"><section class="card">
        <h1><img src="icon.svg" alt="" width="32" height="32" /> cs_health</h1>
        ${signInAddress ? html`<p><a class="button" href=${signInAddress}>${t('sign_in')}</a></p>` : html`<p>${t('sign_in.what')}</p>
        <${Form} action=${t('sign_in')} onSubmit=${async values => {
            signIn(values.token);
            if (!claims().role || (claims().exp && claims().exp * 1000 < Date.now())) {
                signOut();
                setWrong(true);
            } else onEnter();
        }}>
            <${Field} label=${t('sign_in.token')}><input name="token" required autocomplete="off" spellcheck="false" /><//>
            ${wrong && html`<p role="alert" class="failure">${t('sign_in.wrong')}</p>`}
        <//>`}
    </section></main>`;
}
