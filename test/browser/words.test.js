// Every value that the database may hold has its words in both languages: what has none would be shown as it is stored.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { root, sql } from './browser.mjs';

const words = { en: {}, es: {} };
for (const file of readdirSync(`${root}/dashboard/words`)) {
    const text = readFileSync(`${root}/dashboard/words/${file}`, 'utf8');
    const { default: some } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    Object.assign(words.en, some.en);
    Object.assign(words.es, some.es);
}

// The kind of words, and the constraint that lists its values
const LISTS = {
    category: 'customer_health_category_is_known', trend: 'customer_health_trend_is_known', tenant_status: 'tenant_status_is_known',
    signal_type: 'expansion_signal_type_is_known', signal_status: 'expansion_signal_status_is_known',
    held: 'expansion_signal_held_reason_is_known', motion: 'expansion_signal_motion_is_known', task_kind: 'task_kind_is_known',
    task_status: 'task_status_is_known', execution_status: 'playbook_execution_status_is_known',
    step_status: 'playbook_step_status_is_known', playbook_status: 'cs_playbook_status_is_known', priority: 'cs_playbook_priority_is_known',
    trigger_type: 'cs_playbook_trigger_type_is_known', standing: 'playbook_state_standing_is_known',
    contact_role: 'contact_role_is_known',
    delivery: 'outbox_state_is_known', feedback: 'feedback_kind_is_known',
    ticket_severity: 'ticket_severity_is_known', stage_reason: 'journey_entry_reason_is_known', phase: 'run_phase_is_known',
    mrr: 'revenue_event_kind_is_known',
};

function lack(kind, values) {
    return values.filter(value => !words.en[`${kind}.${value}`] || !words.es[`${kind}.${value}`]);
}

for (const [kind, constraint] of Object.entries(LISTS)) {
    test(`words of ${kind}`, () => {
        const values = sql('empty', `select distinct m[1] from pg_constraint as c,
            regexp_matches(pg_get_constraintdef(c.oid), '''([^'']+)''::text', 'g') as m
            where c.conname = '${constraint}' and c.connamespace = 'cs_health'::regnamespace`).split('\n');
        assert.ok(values[0], 'the constraint lists values');
        // who is in a playbook stands in no queue
        assert.deepEqual(lack(kind, values.filter(value => value !== 'enrolled')), []);
    });
}

for (const [kind, query] of [
    ['stage', 'select code from cs_health.journey_stage'],
    ['objective', 'select objective from cs_health_v1.objectives'],
    ['action', `select distinct s ->> 'action' from cs_health.cs_playbook as p, jsonb_array_elements(p.steps) as s`],
    ['channel', `select distinct s ->> 'channel' from cs_health.cs_playbook as p, jsonb_array_elements(p.steps) as s`],
    ['touch', `select distinct kind from cs_health.touchpoint union select 'hand_over'`],
    ['feed', 'select feed from cs_health_v1.feeds()'],
    ['forecast', 'select distinct forecast from cs_health_v1.renewals'],
    ['risk', 'select distinct risk_level from cs_health_v1.tenants where risk_level is not null'],
    ['history', `select action from cs_health.playbook_history union select 'step ' || s
        from unnest(array['moved', 'approval', 'held', 'queued', 'sent', 'done', 'skipped', 'failed', 'cancelled']) as s`],
]) {
    test(`words of ${kind}`, () => assert.deepEqual(lack(kind, sql('demo', query).split('\n')), []));
}
