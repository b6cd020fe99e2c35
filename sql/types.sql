-- Row types of functions; no table uses them, so that dropping the extension never takes a column along.

create type cs_health.presence_stats as (
    dau double precision,
    wau double precision,
    wau_previous double precision,
    mau double precision,
    mau_previous double precision,
    user_days double precision,
    active_days double precision,
    events double precision,
    events_previous double precision,
    logins double precision,
    minutes double precision,
    features_used double precision,
    new_users double precision,
    lost_users double precision,
    first_active_on date,
    last_active_on date
);
comment on type cs_health.presence_stats is 'What a pack of activity says about a day; see presence_stats()';

create type cs_health.health_result as (
    overall_score integer,
    engagement_score integer,
    adoption_score integer,
    satisfaction_score integer,
    support_score integer,
    growth_score integer,
    category text,
    coverage real
);
comment on type cs_health.health_result is
    'A scored vector: scores 0-100, category, and the share (0-1) of the weight that was observed';

create type cs_health.health_row as (
    tenant_id uuid,
    as_of date,
    overall_score integer,
    engagement_score integer,
    adoption_score integer,
    satisfaction_score integer,
    support_score integer,
    growth_score integer,
    category text,
    trend text,
    coverage real,
    scorecard_id integer,
    churn_probability real,
    churn_model_id integer,
    measures real[],
    history bytea,
    folded_at timestamptz
);
comment on type cs_health.health_row is
    'A tenant scored live: the numbers customer_health stores, and when the inbox was last folded';

create type cs_health.retention_rule as (
    table_name text,
    column_name text,
    keep_days integer
);
comment on type cs_health.retention_rule is 'How long a table keeps its rows; a row of cs_health.retention';

create type cs_health.logit_part as (
    feature text,
    value double precision,
    baseline double precision,
    contribution double precision
);
comment on type cs_health.logit_part is
    'What a feature adds to a prediction: its value (null = not observed), the value at which it adds nothing, and the '
    'log-odds it adds';

create type cs_health.journey_item as (
    at timestamptz,
    id text,
    source text,
    kind text,
    direction text,
    channel text,
    actor text,
    title text,
    detail text,
    links jsonb
);
comment on type cs_health.journey_item is
    'One thing that happened with a customer: when, a key that is unique in the journey, from which source, what kind, '
    'inbound, outbound or internal, over which channel, who on our side or theirs, in a word, at length, and the ids '
    'of the rows it comes from';
