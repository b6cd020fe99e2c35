create table cs_health.saved_segment (
    id uuid primary key default pg_catalog.gen_random_uuid(),
    owner text not null constraint saved_segment_owner_fits check (pg_catalog.length(owner) between 1 and 320),
    page text not null constraint saved_segment_page_is_one check (page ~ '^[a-z][a-z0-9_]{0,49}$'),
    name text not null constraint saved_segment_name_is_a_name
        check (name !~ '[[:cntrl:]]' and name ~ '[^[:space:]]' and pg_catalog.length(name) <= 100),
    query jsonb not null
        constraint saved_segment_query_is_an_object check (pg_catalog.jsonb_typeof(query) = 'object')
        constraint saved_segment_query_fits check (pg_catalog.octet_length(query::text) <= 8192),
    shared boolean not null default false,
    created_at timestamptz not null,
    constraint saved_segment_once unique (owner, page, name)
);
comment on table cs_health.saved_segment is 'Filters of lists that colleagues keep under a name';
comment on column cs_health.saved_segment.owner is
    'E-mail of the colleague, or the role where no token says who it was';
comment on column cs_health.saved_segment.page is 'The page whose filters they are';
comment on column cs_health.saved_segment.query is 'The filters as the address of the page has them';
comment on column cs_health.saved_segment.shared is 'Whether colleagues see it too';
