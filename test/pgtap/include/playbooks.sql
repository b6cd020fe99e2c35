-- Colleagues, channels, a tenant and playbooks that run by a clock of their own.
delete from cs_health.cs_playbook where shipped;

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;

create function public.me() returns text language sql stable as 'select current_user';

update cs_health.settings set company_name = 'Acme', dashboard_url = 'https://dash.test';
insert into cs_health.csm (email, name, manager_email, booking_url, locale, slack_member_id) values
    ('ana@us.test', 'Ana Gil', 'mia@us.test', 'https://book.test/ana', 'es', 'U0ANA'),
    ('mia@us.test', 'Mia Roth', null, null, 'en', null);
insert into cs_health.channel (code, kind, secret, host, from_address) values
    ('slack', 'slack', 'slack.json', null, null), ('hook', 'webhook', 'hook.json', null, null),
    ('mail', 'email', null, 'smtp.test', 'no-reply@us.test');

-- A customer with a champion; in Madrid it is an hour later than in UTC, from 29 March two
create function public.customer(i integer, zone text default 'Europe/Madrid') returns uuid language sql as $$
    insert into cs_health.tenant (id, name, csm, time_zone)
    values (public.t(i), 'Tenant ' || i, 'ana@us.test', zone);
    insert into cs_health.contact (tenant_id, id, name, email, role, locale)
    values (public.t(i), public.t(1000 + i), 'Eva Sol', format('eva%s@them.test', i), 'champion', 'es')
    returning tenant_id
$$;

-- Starts a playbook made of these steps for a tenant, by hand
create function public.start(
    i integer, steps jsonb, params jsonb default '{}', dry_run boolean default false, priority text default 'medium')
returns uuid language plpgsql as $$
declare
    made uuid;
begin
    insert into cs_health.cs_playbook (name, trigger_type, trigger_conditions, steps, params, dry_run, priority)
    values ('Care', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}', steps, params, dry_run,
        priority)
    returning id into made;
    return cs_health.execute_playbook(made, public.t(i));
end
$$;
create function public.mail(day integer, more jsonb default '{}') returns jsonb language sql immutable as $$
    select jsonb_build_object('day', day, 'action', 'write', 'channel', 'email', 'to', 'champion',
        'subject', 'Hello {{tenant.name}}', 'template', 'Dear {{contact.first_name}}, yours {{csm.name}}') || more
$$;

-- What the delivery worker does when all goes well, and what it does not know how to do
create function public.deliver(state text default 'sent', status integer default 250, error text default null)
returns bigint language sql as $$
    with ended as (
        update cs_health.outbox as o
        set state = deliver.state, last_status = status, last_error = error, ended_at = now(), attempt = attempt + 1
        where o.state = 'pending'
        returning 1)
    select count(*) from ended
$$;
create view public.step as
select s.execution_id, s.step_no, concat_ws(' ', s.channel, s.status, s.reason) as state,
    to_char(timezone('UTC', s.handed_at), 'MM-DD HH24:MI') as handed, to_char(timezone('UTC', s.due_at),
        'MM-DD HH24:MI') as due,
    s.recipient, s.subject, s.body
from cs_health.playbook_step as s;
