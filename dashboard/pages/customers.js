// All customers: filtered, sorted, saved as segments, exported, given to colleagues.
import { html, useState } from '../preact.js';
import { call, rows } from '../api.js';
import { receivers } from '../colleagues.js';
import { addDays, day, money, number, percent, today } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Button, Choice, CsvButton, Dialog, Field, Form, Loaded, PAGE, Pager, Score, Section, Table, say, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import words from '../words/customers.js';

learn(words);

const CATEGORIES = ['healthy', 'neutral', 'at_risk', 'critical', 'no data'];
const STATUSES = ['active', 'trial', 'paused', 'churned', 'internal', 'any'];
const TRENDS = ['improving', 'stable', 'declining'];
const RISKS = ['low', 'medium', 'high', 'critical'];
const FILTERS = ['category', 'status', 'csm', 'segment', 'trend', 'risk', 'renews', 'name'];
const COLUMNS = 'id,external_id,name,status,plan_code,segment,csm,csm_name,arr,contract_ends_on,overall_score,category,trend,coverage,'
    + 'churn_probability,risk_level,stage,stage_name';

// The filters of the address as the API takes them
export function filters(query) {
    return {
        select: COLUMNS,
        category: query.category && `eq.${query.category}`,
        status: query.status === 'any' ? undefined : `eq.${query.status || 'active'}`,
        csm: query.csm && `eq.${query.csm}`,
        segment: query.segment && `eq.${query.segment}`,
        trend: query.trend && `eq.${query.trend}`,
        risk_level: query.risk && `eq.${query.risk}`,
        and: query.renews && `(contract_ends_on.gte.${today()},contract_ends_on.lte.${addDays(today(), Number(query.renews))})`,
        name: query.name && `ilike.*${query.name.replace(/[*%_\\]/g, '_')}*`,
        order: `${query.order || 'overall_score'}.nullslast,id`,
    };
}

// A stage of one's own has the name that it was given
export const stageName = r => r.stage === null ? '–' : t(`stage.${r.stage}`) === `stage.${r.stage}` ? r.stage_name : t(`stage.${r.stage}`);

const columns = () => [
    { key: 'name', label: t('customer'), title: true, sort: 'name', render: r => html`<a href=${link('customer', r.id)}>${r.name}</a>` },
    { key: 'overall_score', label: t('score'), sort: 'overall_score', numeric: true,
        render: r => html`<${Score} value=${r.category === 'no data' ? null : r.overall_score} />` },
    { key: 'category', label: t('category'), sort: 'category', render: r => html`<${Badge} kind="category" value=${r.category} />` },
    { key: 'trend', label: t('trend'), sort: 'trend', render: r => word('trend', r.trend) || '–' },
    { key: 'arr', label: t('arr'), sort: 'arr', numeric: true, render: r => money(r.arr) },
    { key: 'churn_probability', label: t('churn'), sort: 'churn_probability', numeric: true,
        render: r => percent(r.churn_probability, 1) },
    { key: 'contract_ends_on', label: t('renewal'), sort: 'contract_ends_on', render: r => day(r.contract_ends_on) },
    { key: 'stage_name', label: t('stage'), sort: 'stage', render: stageName },
    { key: 'csm', label: t('csm'), sort: 'csm', render: r => r.csm_name || r.csm || html`<span class="muted">${t('nobody')}</span>` },
];

// An export has what the list has and the keys by which other systems know a customer
const exported = () => [
    { key: 'id', label: 'id' }, { key: 'external_id', label: 'external_id' }, ...columns(),
    { key: 'status', label: t('status') }, { key: 'plan_code', label: t('plan') }, { key: 'segment', label: t('segment') },
    { key: 'risk_level', label: t('risk') },
];

export default function Customers({ me, query }) {
    const asked = filters(query);
    const offset = Number(query.offset) || 0;
    const found = useData(signal => rows('tenants', { ...asked, limit: PAGE + 1, offset }, { signal }), [JSON.stringify(asked), offset]);
    const colleagues = useData(signal => rows('colleagues', { select: 'email,name,tenants,disabled_at', order: 'name' }, { signal }));
    const segments = useData(signal => rows('segments', { select: 'segment', order: 'segment' }, { signal }));
    const [chosen, setChosen] = useState(new Set());
    const [giving, setGiving] = useState(false);
    const people = (colleagues.data || []).map(c => [c.email, c.name]);
    const names = (segments.data || []).map(s => s.segment);
    const set = changes => refine({ ...changes, offset: '' });
    const filtered = FILTERS.some(name => query[name]);
    return html`
        <div class="spread"><h1>${t('page.customers')}</h1>
            <button type="button" class="quiet" onClick=${() => {
                document.getElementById('book').scrollIntoView();
                document.querySelector('#book select').focus();
            }}>${t('book')}</button></div>
        <${Saved} query=${query} filtered=${filtered} />
        <div class="filters">
            <label class="field"><span>${t('name_has')}</span><input type="search" value=${query.name || ''}
                onChange=${event => set({ name: event.currentTarget.value })} /></label>
            <${Choice} label=${t('category')} value=${query.category} options=${CATEGORIES} kind="category" any=${t('all')}
                onChange=${category => set({ category })} />
            <${Choice} label=${t('status')} value=${query.status || 'active'} options=${STATUSES} kind="tenant_status"
                onChange=${status => set({ status: status === 'active' ? '' : status })} />
            <${Choice} label=${t('csm')} value=${query.csm} options=${people} any=${t('all')} onChange=${csm => set({ csm })} />
            ${(names.length > 0 || query.segment) && html`<${Choice} label=${t('segment')} value=${query.segment}
                options=${[...new Set([...names, query.segment].filter(Boolean))]} any=${t('all')} onChange=${segment => set({ segment })} />`}
            <${Choice} label=${t('trend')} value=${query.trend} options=${TRENDS} kind="trend" any=${t('all')}
                onChange=${trend => set({ trend })} />
            <${Choice} label=${t('risk')} value=${query.risk} options=${RISKS} kind="risk" any=${t('all')} onChange=${risk => set({ risk })} />
            <${Choice} label=${t('customers.renews')} value=${query.renews} any=${t('all')} onChange=${renews => set({ renews })}
                options=${['30', '60', '90', '180'].map(n => [n, t('customers.within', n)])} />
            ${filtered && html`<button type="button" class="quiet"
                onClick=${() => set(Object.fromEntries(FILTERS.map(name => [name, ''])))}>${t('customers.clear')}</button>`}
        </div>
        <${Section} title=${chosen.size ? t('chosen', chosen.size) : ''} actions=${html`
            ${chosen.size > 0 && html`<button type="button" class="primary" onClick=${() => setGiving(true)}>${t('hand_over')}</button>
                <button type="button" class="quiet" onClick=${() => setChosen(new Set())}>${t('choose_none')}</button>`}
            <${CsvButton} view="tenants" query=${asked} columns=${exported()} name="customers" />`}>
            <${Loaded} of=${found} empty=${t('customers.none')}>${list => html`
                <div class="as-cards"><${Table} caption=${t('page.customers')} columns=${columns()} rows=${list.slice(0, PAGE)} rowKey=${r => r.id}
                    order=${query.order || 'overall_score'} onOrder=${order => set({ order })} href=${r => link('customer', r.id)}
                    select=${{ chosen, change: setChosen, id: r => r.id, name: r => r.name }} /></div>
                <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
        <//>
        <${Book} me=${me} colleagues=${colleagues} segments=${names} query=${query} onDone=${() => { found.reload(); colleagues.reload(); }} />
        ${giving && html`<${Dialog} title=${t('hand_over_n', chosen.size)} onClose=${() => setGiving(false)}>
            <${Form} action=${t('hand_over')} onCancel=${() => setGiving(false)} onSubmit=${async values => {
                const n = await call('reassign_tenants', { tenants: [...chosen], csm: values.csm });
                say(t('handed_over', number(n)));
                setChosen(new Set());
                setGiving(false);
                found.reload();
            }}><${Choice} label=${t('to_csm')} name="csm" options=${receivers(colleagues.data || []).map(c => [c.email, c.name])} /><//>
        <//>`}`;
}

// Filters under a name, one's own and those that colleagues share
function Saved({ query, filtered }) {
    const found = useData(signal => rows('saved_segments', { select: 'id,name,owner_name,query,shared,mine',
        page: 'eq.customers', order: 'name,id' }, { signal }));
    const [naming, setNaming] = useState(false);
    const [deleting, setDeleting] = useState(null);
    const { offset, ...kept } = query;
    const same = segment => JSON.stringify(Object.entries(segment.query).sort()) === JSON.stringify(Object.entries(kept).sort());
    return html`<div class="saved">
        <${Loaded} of=${found}>${list => html`<div class="row"><span class="muted">${t('saved')}:</span>
            ${list.length === 0 && html`<span class="muted">${t('saved.none')}</span>`}
            ${list.map(segment => html`<span class="chip" key=${segment.id}>
                <a href=${link('customers', '', segment.query)} aria-current=${same(segment) ? 'true' : undefined}>${segment.name}</a>
                ${segment.shared && html` <small class="muted">${segment.mine ? t('saved.is_shared') : segment.owner_name}</small>`}
                ${segment.mine && html`<button type="button" class="quiet" aria-label=${t('saved.delete', segment.name)}
                    onClick=${() => setDeleting(segment)}>×</button>`}
            </span>`)}
            ${filtered && html`<button type="button" class="quiet" onClick=${() => setNaming(true)}>${t('saved.save')}</button>`}
        </div>`}<//>
        ${naming && html`<${Dialog} title=${t('saved.save')} onClose=${() => setNaming(false)}>
            <${Form} action=${t('save')} onCancel=${() => setNaming(false)} onSubmit=${async values => {
                await call('save_segment', { name: values.name.trim(), page: 'customers', query: kept, shared: values.shared === 'on' });
                say(t('saved.done', values.name.trim()));
                setNaming(false);
                found.reload();
            }}>
                <${Field} label=${t('saved.name')} note=${t('saved.same')}><input name="name" required maxlength="100" autofocus /><//>
                <label class="row"><input type="checkbox" name="shared" /> ${t('saved.shared')}</label>
            <//>
        <//>`}
        ${deleting && html`<${Dialog} title=${t('saved.really', deleting.name)} onClose=${() => setDeleting(null)}>
            <div class="buttons"><${Button} danger onClick=${async () => {
                await call('delete_segment', { segment: deleting.id });
                say(t('saved.deleted', deleting.name));
                setDeleting(null);
                found.reload();
            }}>${t('saved.delete_it')}<//>
            <button type="button" class="quiet" onClick=${() => setDeleting(null)}>${t('cancel')}</button></div>
        <//>`}
    </div>`;
}

// Every customer of a colleague at once. It stands on the page, so that it takes no click to open.
function Book({ me, colleagues, segments, query, onDone }) {
    return html`<${Section} id="book" title=${t('book')}>
        <p class="muted">${t('book.what')}</p>
        <${Loaded} of=${colleagues}>${list => {
            const from = query.csm || list.find(c => c.email === me.email && c.tenants > 0)?.email || '';
            return html`<${Form} key=${from} action=${t('hand_over')} onSubmit=${async values => {
                const [moved] = [await call('hand_over', {
                    from_csm: values.from, to_csm: values.to, segment: values.segment || null })].flat();
                say(t('book.done', number(moved.tenants), number(moved.tasks), list.find(c => c.email === values.to)?.name || values.to));
                onDone();
            }}>
                <div class="filters">
                    <${Field} label=${t('book.from')}><select name="from" required>
                        <option value="">${t('book.choose')}</option>
                        ${list.filter(c => c.tenants > 0).map(c => html`<option key=${c.email} value=${c.email} selected=${c.email === from}>${
                            t('book.of', c.name || c.email, number(c.tenants))}</option>`)}
                    </select><//>
                    <${Field} label=${t('to_csm')}><select name="to" required>
                        <option value="">${t('book.choose')}</option>
                        ${receivers(list).map(c => html`<option key=${c.email} value=${c.email}>${c.name || c.email}</option>`)}
                    </select><//>
                    ${segments.length > 0 && html`<${Choice} label=${t('book.only')} name="segment" options=${segments} any=${t('all')}
                        value=${query.segment} />`}
                </div>
            <//>`;
        }}<//>
    <//>`;
}
