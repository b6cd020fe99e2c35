create or replace view cs_health_v1.saved_segments with (security_invoker = true) as
select s.id, s.owner, c.name as owner_name, s.page, s.name, s.query, s.shared,
    s.owner = (select cs_health._author()) as mine, s.created_at
from cs_health.saved_segment as s
left join cs_health.csm as c on c.email = s.owner;
comment on view cs_health_v1.saved_segments is
    'Filters of lists, kept under a name

Your own, and those that colleagues share.';
comment on column cs_health_v1.saved_segments.id is 'The saved segment';
comment on column cs_health_v1.saved_segments.owner is 'E-mail of who saved it';
comment on column cs_health_v1.saved_segments.owner_name is 'Name of who saved it';
comment on column cs_health_v1.saved_segments.page is 'The page whose filters they are';
comment on column cs_health_v1.saved_segments.name is 'The name';
comment on column cs_health_v1.saved_segments.query is 'The filters, by name';
comment on column cs_health_v1.saved_segments.shared is 'Whether colleagues see it too';
comment on column cs_health_v1.saved_segments.mine is 'Whether you saved it';
comment on column cs_health_v1.saved_segments.created_at is 'When it was saved first';

create or replace function cs_health_v1.save_segment(name text, page text, query jsonb, shared boolean default false)
returns uuid
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health.save_segment(save_segment.name, save_segment.page, save_segment.query, save_segment.shared)
$$;
comment on function cs_health_v1.save_segment(text, text, jsonb, boolean) is
    'Keeps filters of a page under a name

One of yours of the same name and page is replaced; returns the id. query is an object of at most 8192 bytes; shared
ones are seen by colleagues. At most 200 each; anything else gives 400.';

create or replace function cs_health_v1.delete_segment(segment uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.saved_segment as s where s.id = segment), 'segment', 'saved_segments');
    perform cs_health.delete_segment(segment);
end
$$;
comment on function cs_health_v1.delete_segment(uuid) is
    'Deletes saved filters

An unknown one gives 404, one of a colleague 403 unless you are an administrator.';
