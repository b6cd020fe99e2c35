create table cs_health.plan (
    code text primary key constraint plan_code_fits check (pg_catalog.length(code) between 1 and 50),
    name text not null,
    kind text not null default 'base' constraint plan_kind_is_known check (kind in ('base', 'add_on')),
    rank integer not null default 0,
    monthly_price numeric(12, 2) constraint plan_price_in_range check (monthly_price between 0 and 1e10)
);
comment on table cs_health.plan is 'What we sell: base plans and add-ons';
comment on column cs_health.plan.rank is 'Order from the smallest to the largest plan';
comment on column cs_health.plan.monthly_price is 'Price a month in the currency of settings; null = on request';

create table cs_health.feature (
    code text primary key constraint feature_code_fits check (pg_catalog.length(code) between 1 and 200),
    name text not null
);
comment on table cs_health.feature is 'What our product can do; events name features by this code';

create table cs_health.plan_feature (
    plan_code text not null references cs_health.plan (code) on update cascade on delete cascade,
    feature text not null references cs_health.feature (code) on update cascade on delete cascade,
    primary key (plan_code, feature)
);
comment on table cs_health.plan_feature is 'Which features a plan entitles to; adoption is measured against them';

create table cs_health.plan_limit (
    plan_code text not null references cs_health.plan (code) on update cascade on delete cascade,
    metric text not null,
    limit_value numeric not null constraint plan_limit_in_range check (limit_value between 0 and 1e15),
    primary key (plan_code, metric)
);
comment on table cs_health.plan_limit is
    'How much of a metered quantity a plan includes. A base plan without a row does not limit it; where only an add-on '
    'includes some, the base plan has a row of 0. What add-ons include is added to what the base plan does';
