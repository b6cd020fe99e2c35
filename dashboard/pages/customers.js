// All customers: filtered, sorted, exported, given to a colleague.
import { html, useState } from '../preact.js';
import { call, rows } from '../api.js';
import { day, money, number, percent } from '../format.js';
import { link, refine } from '../route.js';
import { Badge, Button, Choice, CsvButton, Dialog, Form, Loaded, PAGE, Pager, Score, Section, Table, say, useData } from '../ui.js';
import { getLanguage, learn, t, word } from '../words.js';
import words from '../words/customers.js';

learn(words);

const CATEGORIES = ['healthy', 'neutral', 'at_risk', 'critical'];
const STATUSES = ['active', 'trial', 'paused', 'churned', 'internal'];

// The filters of the address as the API takes them
export function filters(query) {
    return {
        category: query.category && `eq.${query.category}`,
        status: `eq.${query.status || 'active'}`,
        csm: query.csm && `eq.${query.csm}`,
        segment: query.segment && `eq.${query.segment}`,
        name: query.name && `ilike.*${query.name.replace(/[*%_\\]/g, '_')}*`,
        order: `${query.order || 'overall_score'}.nullslast,id`,
    };
}

export default function Customers({ query }) {
    const asked = filters(query);
    const offset = Number(query.offset) || 0;
    const found = useData(signal => rows('tenants', { ...asked, limit: PAGE + 1, offset }, { signal }), [JSON.stringify(asked), offset]);
    const colleagues = useData(signal => rows('colleagues', { select: 'email,name', order: 'name' }, { signal }));
    const [chosen, setChosen] = useState(new Set());
    const [giving, setGiving] = useState(false);
    const columns = [
        { key: 'name', label: t('customer'), sort: 'name', render: r => html`<a href=${link('customer', r.id)}>${r.name}</a>` },
        { key: 'overall_score', label: t('score'), sort: 'overall_score', numeric: true,
            render: r => html`<${Score} value=${r.overall_score} coverage=${r.coverage} />` },
        { key: 'category', label: t('category'), sort: 'category', render: r => html`<${Badge} kind="category" value=${r.category} />` },
        { key: 'trend', label: t('trend'), render: r => word('trend', r.trend) },
        { key: 'arr', label: t('arr'), sort: 'arr', numeric: true, render: r => money(r.arr) },
        { key: 'churn_probability', label: t('churn'), sort: 'churn_probability', numeric: true, render: r => percent(r.churn_probability, 1) },
        { key: 'contract_ends_on', label: t('renewal'), sort: 'contract_ends_on', render: r => day(r.contract_ends_on) },
        { key: 'stage', label: t('stage'), render: r => r.stage },
        { key: 'csm', label: t('csm'), sort: 'csm', render: r => r.csm_name || r.csm },
    ];
    const people = (colleagues.data || []).map(c => [c.email, c.name]);
    return html`
        <h1>${t('page.customers')}</h1>
        <div class="filters">
            <${Choice} label=${t('category')} value=${query.category} options=${CATEGORIES} kind="category" any=${t('all')}
                onChange=${category => refine({ category, offset: '' })} />
            <${Choice} label=${t('status')} value=${query.status || 'active'} options=${STATUSES} kind="tenant_status"
                onChange=${status => refine({ status, offset: '' })} />
            <${Choice} label=${t('csm')} value=${query.csm} options=${people} any=${t('all')}
                onChange=${csm => refine({ csm, offset: '' })} />
            <label class="field"><span>${t('name_has')}</span><input type="search" value=${query.name || ''}
                onChange=${event => refine({ name: event.currentTarget.value, offset: '' })} /></label>
        </div>
        <${Section} title=${chosen.size ? t('chosen', chosen.size) : ''} actions=${html`
            ${chosen.size > 0 && html`<button type="button" class="primary" onClick=${() => setGiving(true)}>${t('hand_over')}</button>
                <button type="button" class="quiet" onClick=${() => setChosen(new Set())}>${t('choose_none')}</button>`}
            <${CsvButton} view="tenants" query=${asked} columns=${columns} name="customers" />`}>
            <${Loaded} of=${found} empty=${t('customers.none')}>${list => html`
                <${Table} caption=${t('page.customers')} columns=${columns} rows=${list.slice(0, PAGE)} rowKey=${r => r.id}
                    order=${query.order || 'overall_score'} onOrder=${order => refine({ order, offset: '' })} href=${r => link('customer', r.id)}
                    select=${{ chosen, change: setChosen, id: r => r.id, name: r => r.name }} />
                <${Pager} offset=${offset} count=${list.length} onOffset=${n => refine({ offset: n || '' })} />`}<//>
        <//>
        ${giving && html`<${Dialog} title=${t('hand_over_n', chosen.size)} onClose=${() => setGiving(false)}>
            <${Form} action=${t('hand_over')} onCancel=${() => setGiving(false)} onSubmit=${async values => {
                const n = await call('reassign_tenants', { tenants: [...chosen], csm: values.csm });
                say(t('handed_over', n));
                setChosen(new Set());
                setGiving(false);
                found.reload();
            }}><${Choice} label=${t('csm')} name="csm" options=${people} /><//>
        <//>`}`;
}
