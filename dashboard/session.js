// Who is signed in: a JSON web token, kept for this tab only. A link may bring it behind #token=, where no server sees it.

const KEY = 'cs_health.token';

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
