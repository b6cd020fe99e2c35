// Where the user is, in the address after the #: a page, what it is about, and its filters, so that every view is a link.
//   #/customers?category=at_risk&order=arr        #/customer/UUID?tab=journey
import { useEffect, useState } from './preact.js';

// A part of an address as it was; one that nobody encoded stays as it is
function decoded(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

function parse() {
    const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
    const [page = '', id = ''] = path.split('/').map(decoded);
    return { page, id, query: Object.fromEntries(new URLSearchParams(search)) };
}

export function link(page, id, query) {
    const kept = Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
    const search = new URLSearchParams(kept).toString();
    return `#/${encodeURIComponent(page)}${id ? `/${encodeURIComponent(id)}` : ''}${search ? `?${search}` : ''}`;
}

export function go(page, id, query) {
    location.hash = link(page, id, query);
}

export function useRoute() {
    const [route, setRoute] = useState(parse);
    useEffect(() => {
        const follow = () => setRoute(parse());
        addEventListener('hashchange', follow);
        return () => removeEventListener('hashchange', follow);
    }, []);
    return route;
}

// Changes filters of this page without another step in the browser's history
export function refine(changes) {
    const { page, id, query } = parse();
    history.replaceState(null, '', link(page, id, { ...query, ...changes }));
    dispatchEvent(new Event('hashchange'));
}
