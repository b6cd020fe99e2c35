// Colleagues to choose from: all of them for filters and names, those who are not disabled for what is given to somebody.
import { rows } from './api.js';
import { useData } from './ui.js';

const pair = one => [one.email, one.name];

// What useData() brings, and with it: people and takers, as choices; nameOf(email)
export function useColleagues() {
    const found = useData(signal => rows('colleagues', { select: 'email,name,tenants,disabled_at', order: 'name' }, { signal }), []);
    const list = found.data || [];
    return {
        ...found,
        people: list.map(pair),
        takers: list.filter(one => !one.disabled_at).map(pair),
        nameOf: email => list.find(one => one.email === email)?.name || email,
    };
}
