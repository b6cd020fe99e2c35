// Numbers, money and time as the reader's language writes them. Null is a dash, never 0.
import { getLanguage } from './words.js';

export const NONE = '–';

let currency = 'EUR';
let timeZone = 'UTC';
let currentDay = null;

export function setUnits(units) {
    currency = units.currency || currency;
    timeZone = units.time_zone || timeZone;
    currentDay = units.today || currentDay;
}

// The day that it is for the company, as YYYY-MM-DD
export function today() {
    return currentDay || new Intl.DateTimeFormat('sv', { timeZone }).format(new Date());
}

export function addDays(day, n) {
    const date = new Date(`${day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + n);
    return date.toISOString().slice(0, 10);
}

function daysBetween(from, to) {
    return Math.round((new Date(`${to}T00:00:00Z`) - new Date(`${from}T00:00:00Z`)) / 864e5);
}

const missing = value => value === null || value === undefined || value === '';

export function number(value, digits = 0) {
    return missing(value) ? NONE
        : new Intl.NumberFormat(getLanguage(), { maximumFractionDigits: digits }).format(Number(value));
}

// A change with its sign; 0 has none
export function signed(value, digits = 0) {
    return missing(value) ? NONE
        : new Intl.NumberFormat(getLanguage(), { maximumFractionDigits: digits, signDisplay: 'exceptZero' })
            .format(Number(value));
}

export function money(value) {
    return missing(value) ? NONE
        : new Intl.NumberFormat(getLanguage(), { style: 'currency', currency, maximumFractionDigits: 0 })
            .format(Number(value));
}

// The same short enough for a tile: 1.2M
export function shortMoney(value) {
    return missing(value) ? NONE
        : new Intl.NumberFormat(getLanguage(), { style: 'currency', currency, notation: 'compact',
            maximumFractionDigits: Math.abs(value) < 1000 ? 0 : 1 })
            .format(Number(value));
}

// A fraction as per cent: percent(0.0412, 1) is 4.1 %
export function percent(value, digits = 0) {
    return missing(value) ? NONE
        : new Intl.NumberFormat(getLanguage(), { style: 'percent', maximumFractionDigits: digits }).format(Number(value));
}

// A day (YYYY-MM-DD) or a moment, as a day
export function day(value, style = 'medium') {
    if (missing(value)) return NONE;
    const text = String(value);
    const whole = /^\d{4}-\d\d-\d\d$/.test(text);
    return new Intl.DateTimeFormat(getLanguage(), { dateStyle: style, timeZone: whole ? 'UTC' : timeZone })
        .format(new Date(whole ? `${text}T00:00:00Z` : text));
}

export function moment(value) {
    return missing(value) ? NONE
        : new Intl.DateTimeFormat(getLanguage(), { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(value));
}

// How far a day is from today: in 3 days, yesterday
export function fromToday(value) {
    if (missing(value)) return NONE;
    const n = daysBetween(today(), String(value).slice(0, 10));
    const relative = new Intl.RelativeTimeFormat(getLanguage(), { numeric: 'auto' });
    return Math.abs(n) < 60 ? relative.format(n, 'day') : relative.format(Math.round(n / 30.4), 'month');
}

// How long ago a moment was
export function ago(value) {
    const seconds = Math.round((Date.now() - new Date(value)) / 1000);
    const relative = new Intl.RelativeTimeFormat(getLanguage(), { numeric: 'auto' });
    return seconds < 90 ? relative.format(-seconds, 'second') : seconds < 5400 ? relative.format(-Math.round(seconds / 60), 'minute')
        : seconds < 129600 ? relative.format(-Math.round(seconds / 3600), 'hour') : relative.format(-Math.round(seconds / 86400), 'day');
}
