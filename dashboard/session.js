// Who is signed in: a JSON web token, kept for this tab only. A link may bring it behind #token=, where no server sees it.
// Behind a proxy that signs people in there is no token here: index.html then names the addresses to sign in and out at.

const KEY = 'cs_health.token';
const address = name => document.querySelector(`meta[name="${name}"]`)?.content || '';
export const signInAddress = address('sign-in');
export const signOutAddress = address('sign-out');

export function takeTokenFromLink() {
    const found = location.hash.match(/^#token=([\w-]+\.[\w-]+\.[\w-]+)$/);
    if (found) {
        signIn(found[1]);
        history.replaceState(null, '', location.pathname + '#/');
    }
}

export function token() {
    return sessionStorage.getItem(KEY);
}

export function signIn(value) {
    sessionStorage.setItem(KEY, value.trim());
}

export function signOut() {
    sessionStorage.removeItem(KEY);
}

// What the token says of itself; whether it is true the server decides.
export function claims() {
    try {
        const part = token().split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
        return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), c => c.charCodeAt(0))));
    } catch {
        return {};
    }
}
