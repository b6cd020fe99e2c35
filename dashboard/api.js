// Requests to the REST API, and what went wrong with them. Every path is one of the API's views or functions.
import { signOut, token } from './session.js';
import { getLanguage } from './words.js';

const base = document.querySelector('meta[name="api"]').content;

class ApiError extends Error {
    constructor(status, body) {
        super(body.message || `HTTP ${status}`);
        this.status = status;
        this.detail = body.details || body.detail || '';
        this.hint = body.hint || '';
        this.code = body.code || '';
    }
}

async function request(method, path, { query, body, headers, signal } = {}) {
    const search = new URLSearchParams();
    for (const [name, value] of query instanceof Array ? query : Object.entries(query || {})) {
        if (value !== undefined && value !== null && value !== '') search.append(name, value);
    }
    let answer;
    try {
        answer = await fetch(`${base}/${path}${search.size ? `?${search}` : ''}`, {
            method,
            signal,
            headers: {
                Accept: 'application/json',
                'Accept-Language': getLanguage(),
                ...(token() && { Authorization: `Bearer ${token()}` }),
                ...(body !== undefined && { 'Content-Type': 'application/json' }),
                ...headers,
            },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch (error) {
        if (error.name === 'AbortError') throw error;
        throw new ApiError(0, { message: error.message });
    }
    const text = await answer.text();
    let content = null;
    try {
        content = text ? JSON.parse(text) : null;
    } catch {
        content = { message: text.slice(0, 200) };
    }
    if (!answer.ok) {
        if (answer.status === 401) {
            signOut();
            dispatchEvent(new Event('signed-out'));
        }
        throw new ApiError(answer.status, content || {});
    }
    return content;
}

// Rows of a view. The query is PostgREST's: { category: 'eq.at_risk', order: 'overall_score', limit: 50 }; an array of
// pairs where one column is asked for twice.
export const rows = (view, query, options) => request('GET', view, { query, ...options });

// The first row, or null
export async function row(view, query, options) {
    return (await rows(view, { limit: 1, ...query }, options))[0] ?? null;
}

// The condition that a text has another in it, in whatever case; its signs of a pattern stand for any letter
export const contains = text => `ilike.*${text.replace(/[*%_\\]/g, '_')}*`;

// A function that only reads, its arguments by name
export const ask = (name, query, options) => request('GET', `rpc/${name}`, { query, ...options });

// A function that changes something
export const call = (name, body = {}) => request('POST', `rpc/${name}`, { body });

// What a function answers that gives one row, whether it comes in a list or alone
export const single = answer => [answer].flat()[0];

// The ten paths of the API that are not named like a view: send('PUT', 'expansion-signals/…', { status: 'won' })
export const send = (method, path, body, headers) => request(method, path, { body, headers });

// All rows of a view, for an export: by pages, at most so many
export async function everyRow(view, query, most = 100000) {
    const found = [];
    for (let page; found.length < most; found.push(...page)) {
        page = await rows(view, { ...query, limit: 1000, offset: found.length });
        if (page.length < 1000) return found.concat(page);
    }
    return found.slice(0, most);
}
