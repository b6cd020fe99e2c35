// All playbooks: what starts them, what they do now, and what became of them. Administrators write new ones.
import { html, useState } from '../preact.js';
import { call, row, rows, single } from '../api.js';
import { number, percent } from '../format.js';
import { go, link, refine } from '../route.js';
import { Badge, Choice, Dialog, Field, Form, Loaded, Section, Table, say, useData } from '../ui.js';
import { learn, t, word } from '../words.js';
import words from '../words/playbooks.js';
import work from '../words/work.js';

learn(work);
learn(words);

const STATUSES = ['active', 'paused', 'archived'];
const RANK = { urgent: 0, high: 1, medium: 2, low: 3 };
// What a document may have; the rest of a row the server gives
const DOCUMENT = ['name', 'trigger_type', 'trigger_conditions', 'audience', 'exit_conditions', 'auto_execute', 'priority', 'params',
    'cooldown_days', 'max_new_per_day', 'min_coverage', 'include_onboarding', 'dry_run', 'steps'];

const EXAMPLE = {
    name: 'Quiet customers', trigger_type: 'health_drop',
    trigger_conditions: { fact: 'days_since_active', op: '>=', value: 10 }, priority: 'medium', params: {},
    steps: [{
        day: 0, action: 'prepare_call', channel: 'call', to: 'csm', due_days: 2,
        subject: { en: 'Call {{tenant.name}}', es: 'Llamar a {{tenant.name}}' },
        template: {
            en: 'Nobody was active for {{measure.days_since_active}} days.',
            es: 'Nadie ha estado activo en {{measure.days_since_active}} días.',
        },
    }],
};

export default function Playbooks({ me, query }) {
    const found = useData(signal => rows('playbooks', {
        select: 'id,name,trigger_type,status,priority,auto_execute,dry_run,candidates',
        status: query.status ? `eq.${query.status}` : 'neq.archived', order: 'name',
    }, { signal }), [query.status]);
    const results = useData(signal => rows('playbook_results', {
        select: 'playbook_id,trigger_text,waiting,running,paused,finished,reached,left_early,reached_share',
    }, { signal }));
    const [creating, setCreating] = useState(false);
    const of = playbook => results.data?.find(r => r.playbook_id === playbook.id);
    const figure = (playbook, show) => results.error ? '!' : results.data ? show(of(playbook) || {}) : '…';
    const columns = [
        { key: 'name', label: t('playbooks.name'), title: true, render: p => html`<a class="strong" href=${link('playbook', p.id)}>${p.name}</a>
            <br /><small class="muted">${word('trigger_type', p.trigger_type)}, ${t(p.auto_execute ? 'playbooks.auto' : 'playbooks.approve')}${
                p.dry_run ? `, ${t('playbooks.dry_run')}` : ''}</small>` },
        { key: 'status', label: t('work.status'), render: p => html`<${Badge} kind="playbook_status" value=${p.status} />` },
        { key: 'trigger', label: t('playbooks.trigger'), render: p => figure(p, r => r.trigger_text) },
        { key: 'priority', label: t('playbooks.priority'), render: p => word('priority', p.priority) },
        { key: 'waiting', label: t('playbooks.waiting'), numeric: true, render: p => figure(p, r => number(r.waiting)) },
        { key: 'running', label: t('playbooks.open'), numeric: true,
            render: p => figure(p, r => number(Number(r.running) + Number(r.paused))) },
        { key: 'ended', label: t('playbooks.ended'), numeric: true,
            render: p => figure(p, r => number(Number(r.finished) + Number(r.reached) + Number(r.left_early))) },
        { key: 'reached', label: t('playbooks.reached'), numeric: true, render: p => figure(p, r => percent(r.reached_share)) },
        { key: 'candidates', label: t('playbooks.candidates'), numeric: true, render: p => number(p.candidates) },
    ];
    return html`
        <h1>${t('page.playbooks')}</h1>
        <div class="filters">
            <${Choice} label=${t('work.status')} value=${query.status} options=${STATUSES} kind="playbook_status" any=${t('playbooks.not_archived')}
                onChange=${status => refine({ status })} />
            ${['admin', 'owner'].includes(me.role) && html`<button type="button" class="primary" onClick=${() => setCreating(true)}>${t('playbooks.new')}</button>`}
        </div>
        <${Section}>
            <${Loaded} of=${found} empty=${t('playbooks.none')}>${list => html`<div class="as-cards"><${Table} caption=${t('page.playbooks')} columns=${columns}
                rows=${[...list].sort((a, b) => (a.status !== 'active') - (b.status !== 'active') || RANK[a.priority] - RANK[b.priority])}
                rowKey=${p => p.id} href=${p => link('playbook', p.id)} /></div>`}<//>
        <//>
        ${creating && html`<${Create} playbooks=${found.data || []} onClose=${() => setCreating(false)} />`}`;
}

function Create({ playbooks, onClose }) {
    const [text, setText] = useState(JSON.stringify(EXAMPLE, null, 2));
    const [from, setFrom] = useState('');
    const copy = async id => {
        setFrom(id);
        if (!id) return setText(JSON.stringify(EXAMPLE, null, 2));
        const original = await row('playbooks', { select: DOCUMENT.join(), id: `eq.${id}` });
        const kept = DOCUMENT.filter(key => original[key] !== null).map(key => [key, original[key]]);
        return setText(JSON.stringify({ ...Object.fromEntries(kept), name: t('playbooks.copy', original.name) }, null, 2));
    };
    return html`<${Dialog} wide title=${t('playbooks.new')} onClose=${onClose}>
        <${Form} action=${t('playbooks.create')} onCancel=${onClose} onSubmit=${async () => {
            let document;
            try {
                document = JSON.parse(text);
            } catch (error) {
                throw new Error(t('playbooks.not_json', error.message));
            }
            const made = single(await call('create_playbook', { playbook: document }));
            say(t('playbooks.created'));
            go('playbook', made.id);
        }}>
            <${Choice} label=${t('playbooks.copy_of')} value=${from} any="–" options=${playbooks.map(p => [p.id, p.name])} onChange=${copy} />
            <${Field} label=${t('playbooks.document')} note=${t('playbooks.document_note')}><textarea class="code" rows="18" required spellcheck="false"
                value=${text} onInput=${event => setText(event.currentTarget.value)}></textarea><//>
        <//>
    <//>`;
}
