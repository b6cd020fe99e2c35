create or replace view cs_health_v1.in_app_messages with (security_invoker = true) as
select m.id, m.tenant_id, m.locale, m.title, m.body, m.link,
    m.dismissed_at is null and m.expires_at > cs_health._now() as live, m.created_at, m.expires_at, m.shown_at,
    m.clicked_at, m.dismissed_at
from cs_health.in_app_message as m;
comment on view cs_health_v1.in_app_messages is
    'Banners for a customer''s users

Your product shows those that are live and says so: in_app_shown(), in_app_clicked(), in_app_dismissed(). A customer''s
own users see those of the customer that the claim tenant_id names.';
comment on column cs_health_v1.in_app_messages.id is 'The banner';
comment on column cs_health_v1.in_app_messages.tenant_id is 'The customer';
comment on column cs_health_v1.in_app_messages.locale is 'en or es';
comment on column cs_health_v1.in_app_messages.title is 'Heading, plain text';
comment on column cs_health_v1.in_app_messages.body is 'Plain text';
comment on column cs_health_v1.in_app_messages.link is 'https address to go to; null = none';
comment on column cs_health_v1.in_app_messages.live is 'To be shown: neither dismissed nor expired';
comment on column cs_health_v1.in_app_messages.created_at is 'When it was made';
comment on column cs_health_v1.in_app_messages.expires_at is 'Until when it is shown';
comment on column cs_health_v1.in_app_messages.shown_at is 'When it was shown first; null = not yet';
comment on column cs_health_v1.in_app_messages.clicked_at is 'When its link was followed; null = not yet';
comment on column cs_health_v1.in_app_messages.dismissed_at is 'When it was closed; null = not yet';

create or replace function cs_health_v1.in_app_shown(message uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.in_app_message as m where m.id = message), 'message', 'in-app-messages');
    perform cs_health.in_app_shown(message);
end
$$;
comment on function cs_health_v1.in_app_shown(uuid) is
    'Says that a banner was shown

The first time counts. An unknown one gives 404.';

create or replace function cs_health_v1.in_app_clicked(message uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.in_app_message as m where m.id = message), 'message', 'in-app-messages');
    perform cs_health.in_app_clicked(message);
end
$$;
comment on function cs_health_v1.in_app_clicked(uuid) is
    'Says that a banner was followed

The first time counts. An unknown one gives 404.';

create or replace function cs_health_v1.in_app_dismissed(message uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.in_app_message as m where m.id = message), 'message', 'in-app-messages');
    perform cs_health.in_app_dismissed(message);
end
$$;
comment on function cs_health_v1.in_app_dismissed(uuid) is
    'Says that a banner was closed

The first time counts. An unknown one gives 404.';
