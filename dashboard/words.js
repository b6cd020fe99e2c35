// The words of the page in English and Spanish. Each page brings its own file of words/, { en: { key: text }, es: { … } }; a
// text has its values as {0}, {1}; two forms are parted by | where the first value is a count: "{0} task|{0} tasks".
import common from './words/common.js';

const known = { en: {}, es: {} };
let language = 'en';

export function learn(words) {
    for (const code of Object.keys(known)) Object.assign(known[code], words[code]);
}
learn(common);

export function setLanguage(code) {
    language = code in known ? code : 'en';
    document.documentElement.lang = language;
}

export function getLanguage() {
    return language;
}

export function t(key, ...values) {
    const text = known[language][key] ?? known.en[key];
    if (text === undefined) return key;
    const forms = text.split('|');
    const form = forms.length > 1 && Number(values[0]) !== 1 ? forms[1] : forms[0];
    return form.replace(/\{(\d)\}/g, (_, n) => values[n] ?? '');
}

// A value of a known list (a category, a status) in words, or as it is
export function word(kind, value) {
    if (value === null || value === undefined) return '';
    const key = `${kind}.${value}`;
    return known[language][key] ?? known.en[key] ?? String(value).replace(/_/g, ' ');
}

// A stage of a customer's journey; one of your own has the name that it was given
export function stageName({ stage, stage_name: given }) {
    return !stage ? '–' : `stage.${stage}` in known.en ? word('stage', stage) : given ?? stage;
}
