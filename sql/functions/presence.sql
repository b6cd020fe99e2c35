-- Keys, packs of activity and what can be read from them.

create function cs_health.user_key(secret bytea, tenant_id uuid, user_id text) returns bigint
as 'MODULE_PATHNAME', 'csh_user_key' language c immutable strict parallel safe;
comment on function cs_health.user_key(bytea, uuid, text) is
    'SipHash-2-4 of a user id within a tenant under a 16-byte secret: pseudonymous, still personal data';

create function cs_health.feature_key(secret bytea, feature text) returns bigint
as 'MODULE_PATHNAME', 'csh_feature_key' language c immutable strict parallel safe;
comment on function cs_health.feature_key(bytea, text) is 'SipHash-2-4 of a feature code under a 16-byte secret';

create function cs_health.health_id(tenant_id uuid, as_of date) returns uuid
as 'MODULE_PATHNAME', 'csh_health_id' language c immutable strict parallel safe;
comment on function cs_health.health_id(uuid, date) is
    'The id of a tenant''s row of a day: a version 8 uuid derived from both, so that it need not be stored';

create function cs_health.presence_add(
    pack bytea, user_key bigint, feature_key bigint, day date,
    logins integer default 0, minutes double precision default 0, events integer default 1)
returns bytea
as 'MODULE_PATHNAME', 'csh_presence_add' language c immutable parallel safe;
comment on function cs_health.presence_add(bytea, bigint, bigint, date, integer, double precision, integer) is
    'A pack with one more observation. A null pack is empty, a null key is nobody or no feature; minutes are kept to '
    'a tenth. A corrupt pack is refused (22P03), a negative counter too (22003)';

create function cs_health._presence_agg_step(
    state bytea, user_key bigint, feature_key bigint, day date,
    logins integer, minutes double precision, events integer)
returns bytea
as 'MODULE_PATHNAME', 'csh_presence_agg_step' language c immutable parallel safe;
create function cs_health._presence_agg_combine(a bytea, b bytea) returns bytea
as 'MODULE_PATHNAME', 'csh_presence_agg_combine' language c immutable parallel safe;
create function cs_health._presence_agg_final(state bytea) returns bytea
as 'MODULE_PATHNAME', 'csh_presence_agg_final' language c immutable parallel safe;

create aggregate cs_health.presence_agg(
    user_key bigint, feature_key bigint, day date, logins integer, minutes double precision, events integer)
(
    sfunc = cs_health._presence_agg_step,
    stype = bytea,
    combinefunc = cs_health._presence_agg_combine,
    finalfunc = cs_health._presence_agg_final,
    finalfunc_modify = read_write,
    parallel = safe
);
comment on aggregate cs_health.presence_agg(bigint, bigint, date, integer, double precision, integer) is
    'The pack of all rows, in any order; null for none';

create function cs_health.presence_merge(a bytea, b bytea) returns bytea
as 'MODULE_PATHNAME', 'csh_presence_merge' language c immutable strict parallel safe;
comment on function cs_health.presence_merge(bytea, bytea) is
    'Two packs in one: presence is united, counters are added';

create function cs_health.presence_segments(pack bytea, segments integer)
returns table (segment integer, segment_pack bytea)
as 'MODULE_PATHNAME', 'csh_presence_segments' language c immutable strict parallel safe;
comment on function cs_health.presence_segments(bytea, integer) is
    'A pack cut into a power of two of segments by its users'' keys: one row for segment 0, where counters and '
    'features go, and one for each other segment with a user in it';

create function cs_health.presence_forget(pack bytea, user_key bigint) returns bytea
as 'MODULE_PATHNAME', 'csh_presence_forget' language c immutable strict parallel safe;
comment on function cs_health.presence_forget(bytea, bigint) is
    'The pack without one user. Counters, the first day and the last day before the bitmaps are the tenant''s and stay';

create function cs_health.presence_size(pack bytea) returns bigint
as 'MODULE_PATHNAME', 'csh_presence_size' language c immutable strict parallel safe;
comment on function cs_health.presence_size(bytea) is 'How many users a pack holds';

create function cs_health.presence_stats(pack bytea, as_of date) returns cs_health.presence_stats
as 'MODULE_PATHNAME', 'csh_presence_stats' language c immutable strict parallel safe;
comment on function cs_health.presence_stats(bytea, date) is
    'What a pack says about a day; windows are (as_of - n, as_of]. Days more than 67 before the pack''s newest are '
    'out of reach (22023)';

create function cs_health._presence_measures(pack bytea, as_of date, features_available integer)
returns double precision[]
as 'MODULE_PATHNAME', 'csh_presence_measures' language c immutable parallel safe;

create function cs_health._presence_measures_step(
    state double precision[], pack bytea, as_of date, features_available integer)
returns double precision[]
as 'MODULE_PATHNAME', 'csh_presence_measures_step' language c immutable parallel safe;
create function cs_health._presence_measures_combine(a double precision[], b double precision[])
returns double precision[]
as 'MODULE_PATHNAME', 'csh_presence_measures_combine' language c immutable strict parallel safe;
create function cs_health._presence_measures_final(state double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_presence_measures_final' language c immutable strict parallel safe;

create aggregate cs_health._presence_measures_agg(pack bytea, as_of date, features_available integer)
(
    sfunc = cs_health._presence_measures_step,
    stype = double precision[],
    combinefunc = cs_health._presence_measures_combine,
    finalfunc = cs_health._presence_measures_final,
    parallel = safe
);

create function cs_health._nps_step(state double precision[], score integer) returns double precision[]
as 'MODULE_PATHNAME', 'csh_nps_step' language c immutable parallel safe;
create function cs_health._nps_combine(a double precision[], b double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_nps_combine' language c immutable strict parallel safe;
create function cs_health._nps_final(state double precision[]) returns double precision
as 'MODULE_PATHNAME', 'csh_nps_final' language c immutable strict parallel safe;

create aggregate cs_health.nps(score integer)
(
    sfunc = cs_health._nps_step,
    stype = double precision[],
    initcond = '{0,0,0}',
    combinefunc = cs_health._nps_combine,
    finalfunc = cs_health._nps_final,
    parallel = safe
);
comment on aggregate cs_health.nps(integer) is
    'Net promoter score: 100 x (answers of 9-10 less answers of 0-6) / answers (Reichheld, "The one number you need '
    'to grow", 2003). Nulls are no answers; null without answers; an answer outside 0-10 is refused (22003)';
