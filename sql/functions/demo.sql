-- A made-up company to try things on. Everything follows from hashes of (seed, tenant, what for), nothing from
-- random(), and days count back from yesterday, so that the same arguments on the same day give the same rows.

create function cs_health._demo_parameters()
returns table (parameter text, value double precision, low double precision, high double precision, source text)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    values
        ('users_median', 9.0, 4.0, 15.0, 'openstack, ravenstack'),
        ('users_p95', 55.0, 49.2, 61.2, 'openstack, ravenstack'),
        ('user_active_share_median', 0.24, 0.033, 0.867, 'openstack'),
        ('user_active_share_top', 0.84, 0.033, 0.867, 'openstack'),
        ('weekend_share_median', 0.055, 0.015, 0.156, 'openstack'),
        ('weekend_share_top', 0.14, 0.015, 0.156, 'openstack'),
        ('holiday_level', 0.45, 0.129, 0.472, 'openstack'),
        ('august_level', 0.82, 0.798, 1.449, 'openstack'),
        ('users_replaced_monthly', 0.065, 0.060, 0.266, 'openstack'),
        ('features_used_median', 0.62, 0.167, 1.0, 'openstack'),
        ('events_per_feature_day', 3.0, 1.0, 15.0, 'openstack, ravenstack'),
        ('minutes_per_feature_day', 14.0, 5.0, 114.3, 'ravenstack'),
        ('signups_quarterly', 0.05, 0.029, 0.197, 'openstack'),
        ('trial_share_of_signups', 0.20, 0.170, 0.215, 'ravenstack'),
        ('churn_quarterly', 0.04, 0.028, 0.373, 'openstack, ravenstack'),
        ('churn_after_decline', 0.50, 0.0, 0.667, 'openstack'),
        ('silent_stayers', 0.05, 0.0, 0.6, 'openstack'),
        ('dipping_stayers', 0.12, 0.083, 0.692, 'openstack'),
        ('tickets_monthly', 0.25, 0.042, 0.292, 'ravenstack'),
        ('urgent_share', 0.24, 0.182, 0.321, 'ravenstack'),
        ('resolution_hours_median', 35.0, 30.0, 44.0, 'ravenstack'),
        ('csat_mean', 4.0, 3.73, 4.36, 'ravenstack'),
        ('csat_answered', 0.58, 0.474, 0.667, 'ravenstack'),
        ('mrr_median_starter', 390.0, 266.0, 722.0, 'ravenstack'),
        ('mrr_median_professional', 1190.0, 686.0, 1960.0, 'ravenstack'),
        ('mrr_median_enterprise', 3900.0, 2786.0, 7761.0, 'ravenstack'),
        ('annual_contracts', 0.49, 0.485, 0.5, 'ravenstack'),
        ('expansions_yearly', 0.40, 0.24, 1.14, 'ravenstack'),
        ('contractions_yearly', 0.10, 0.099, 0.47, 'ravenstack'),
        ('growth_monthly_top', 0.12, -0.6, 0.607, 'openstack'),
        ('regular_tenants', 0.17, null, null, 'chosen'),
        ('churn_sudden', 0.18, null, null, 'chosen'),
        ('churn_while_healthy', 0.12, null, null, 'chosen'),
        ('churn_per_fit', 0.8, null, null, 'chosen'),
        ('churn_at_contract_end', 0.2, null, null, 'chosen'),
        ('churn_announced', 0.6, null, null, 'chosen'),
        ('decline_days_least', 30, null, null, 'chosen'),
        ('decline_days_most', 90, null, null, 'chosen'),
        ('unhappy_stayers', 0.08, null, null, 'chosen'),
        ('growing_stayers', 0.18, null, null, 'chosen'),
        ('tenure_days_mean', 700, null, null, 'chosen'),
        ('nps_answered', 0.16, null, null, 'chosen'),
        ('nps_mean', 8.6, null, null, 'chosen'),
        ('review_share', 0.12, null, null, 'chosen'),
        ('review_mean', 3.9, null, null, 'chosen'),
        ('came_back', 0.03, null, null, 'chosen'),
        ('spanish', 0.55, null, null, 'chosen'),
        ('subsidiaries', 0.05, null, null, 'chosen'),
        ('paused', 0.01, null, null, 'chosen'),
        ('without_csm', 0.03, null, null, 'chosen'),
        ('holdout', 0.05, null, null, 'chosen')
$$;
comment on function cs_health._demo_parameters() is
    'Parameters of make_demo(), the range of each in data and where that was seen (null: nowhere, it was chosen); the '
    'table of doc/demo-company.md';

create function cs_health._demo_parameter(parameter text) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
declare
    found_value double precision := (select p.value from cs_health._demo_parameters() as p where p.parameter = $1);
begin
    if found_value is null then
        raise exception 'unknown parameter "%" of the demo', parameter using errcode = 'invalid_parameter_value';
    end if;
    return found_value;
end
$$;

-- A number in (0, 1) for a purpose; hashint8extended() folds numbers above 2^32, so `number` should stay below.
create function cs_health._demo_random(seed bigint, number bigint, purpose text) returns double precision
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select ((hashint8extended(number, hashtextextended(purpose collate "C", seed)) & 1099511627775) + 0.5)
        ::double precision / 1099511627776
$$;

create function cs_health._demo_normal(seed bigint, number bigint, purpose text) returns double precision
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select sqrt(-2 * ln(cs_health._demo_random(seed, number, purpose)))
        * cos(2 * pi() * cs_health._demo_random(seed, number, purpose || ' angle'))
$$;

create function cs_health._demo_uuid(seed bigint, what text) returns uuid
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select encode(substr(sha256(convert_to('cs_health demo ' || seed || ' ' || what, 'UTF8')), 1, 16), 'hex')::uuid
$$;

create function cs_health._demo_words(list text) returns text[]
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select string_to_array(case list
        when 'en who' then
            'Ashford,Brightwell,Calder,Cranmore,Dunmore,Eastgate,Fairhaven,Foxglove,Glenmoor,Hartwell,Hollybrook,'
            'Ironbridge,Kestrel,Kingsley,Larkfield,Lockwood,Maplewood,Merriton,Millbrook,Oakhurst,Pemberton,Quayside,'
            'Ravenscroft,Redfern,Rowan,Silverdale,Stonebridge,Thornbury,Underhill,Westbrook,Wychwood,Yarrow'
        when 'en what' then
            'Logistics,Foods,Engineering,Dental Care,Property,Care Homes,Freight,Components,Analytics,Insurance,Travel,'
            'Packaging,Furniture,Recruitment,Software,Hotels,Clinics,Energy,Textiles,Training,Architects,'
            'Garden Centres,Security,Catering'
        when 'en form' then ',Ltd,LLC,Group,& Partners'
        when 'en city' then
            'Leeds,Austin,Dublin,Bristol,Denver,Toronto,Glasgow,Boston,Cardiff,Chicago,Cork,Derby,Exeter,Halifax,Hull,'
            'Miami,Norwich,Ottawa,Oxford,Perth,Phoenix,Seattle,Tampa,York'
        when 'es who' then
            'Alborada,Almendros,Altozano,Arboleda,Azahar,Bellavista,Cantábrico,Castañeda,Cerrogrande,Duero,Ebro,'
            'Encinar,Espinosa,Fuenclara,Girasol,Guadiana,Hontanares,Jarama,Laguna,Lorenzana,Mirasierra,Montealto,'
            'Navarrete,Olivares,Peñaverde,Quintanar,Robledo,Salinas,Tejada,Valdelagua,Villarroel,Zafra'
        when 'es what' then
            'Talleres,Logística,Clínica,Hoteles,Bodegas,Transportes,Farmacias,Asesoría,Conservas,Muebles,Academia,'
            'Ingeniería,Inmobiliaria,Viajes,Cerámicas,Distribuciones,Laboratorios,Construcciones,Panaderías,Textiles,'
            'Energías,Gestoría,Almacenes,Consultores'
        when 'es form' then ',S.L.,S.A.,Hermanos,e Hijos'
        when 'es city' then
            'Sevilla,Bilbao,Valencia,Bogotá,Monterrey,Zaragoza,Lima,Vigo,Alicante,Burgos,Cali,Córdoba,Gijón,Granada,'
            'Guadalajara,León,Málaga,Medellín,Murcia,Oviedo,Puebla,Quito,Toledo,Vitoria'
        when 'en first' then
            'Alice,Ben,Charlotte,Daniel,Emma,Frank,Grace,Harry,Isla,Jack,Karen,Liam,Megan,Noah,Olivia,Peter,Rachel,Sam,'
            'Tara,Will,Amber,Brian,Claire,Derek,Ellen,George,Hannah,Ian,Julia,Kevin,Laura,Martin,Nina,Owen,Paula,'
            'Robert,Susan,Thomas,Victoria,Zoe'
        when 'en last' then
            'Abbott,Barker,Carter,Dawson,Ellis,Fletcher,Gardner,Hughes,Ingram,Jennings,Knight,Lawson,Mason,Norris,'
            'Osborne,Palmer,Reeves,Saunders,Turner,Walsh,Bishop,Cole,Doyle,Frost'
        when 'es first' then
            'Adriana,Bruno,Carmen,Diego,Elena,Fernando,Gloria,Hugo,Inés,Javier,Lucía,Manuel,Nuria,Óscar,Pilar,Raúl,'
            'Sara,Tomás,Valeria,Ximena,Alicia,Berta,César,Daniela,Emilio,Fátima,Gonzalo,Helena,Ignacio,Julia,Luis,'
            'Marta,Nicolás,Olga,Pablo,Rosa,Sergio,Teresa,Vicente,Yolanda'
        when 'es last' then
            'Aguilar,Blanco,Calvo,Domínguez,Esteban,Ferrer,Gallego,Herrera,Iglesias,Jiménez,Lozano,Medina,Núñez,Ortega,'
            'Prieto,Ramos,Serrano,Torres,Vega,Zamora,Bravo,Cano,Durán,Marín'
        when 'en reason' then
            'budget cuts,a competitor''s offer,missing features,support took too long,the price,no reason given'
        when 'es reason' then
            'recorte de presupuesto,oferta de un competidor,faltan funciones,el soporte tarda,el precio,'
            'sin motivo indicado'
    end, ',')
$$;

create function cs_health._demo_word(list text, draw bigint) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select w.words[1 + draw % cardinality(w.words)] from (select cs_health._demo_words(list) as words) as w
$$;

create function cs_health._demo_slug(name text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select trim(both '-' from regexp_replace(
        translate(lower(translate(name, 'ÁÉÍÓÚÑ', 'AEIOUN')), 'áéíóúüñ', 'aeiouun'), '[^a-z0-9]+', '-', 'g'))
$$;

create function cs_health._demo_catalogue() returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into cs_health.plan (code, name, kind, rank, monthly_price) values
        ('starter', 'Starter', 'base', 1, cs_health._demo_parameter('mrr_median_starter')),
        ('professional', 'Professional', 'base', 2, cs_health._demo_parameter('mrr_median_professional')),
        ('enterprise', 'Enterprise', 'base', 3, cs_health._demo_parameter('mrr_median_enterprise')),
        ('insights', 'Insights add-on', 'add_on', 1, 290)
    on conflict do nothing;
    insert into cs_health.feature (code, name) values
        ('dashboard', 'Dashboard'), ('tasks', 'Tasks'), ('documents', 'Documents'), ('calendar', 'Calendar'),
        ('invoicing', 'Invoicing'), ('reports', 'Reports'), ('automation', 'Automation'), ('mobile', 'Mobile app'),
        ('api', 'API'), ('approvals', 'Approvals'), ('single_sign_on', 'Single sign-on'), ('audit_log', 'Audit log'),
        ('forecasts', 'Forecasts')
    on conflict do nothing;
    insert into cs_health.plan_feature (plan_code, feature)
    select p.plan_code, f.feature
    from (values
        ('starter', 'dashboard,tasks,documents,calendar,invoicing,mobile'),
        ('professional', 'dashboard,tasks,documents,calendar,invoicing,mobile,reports,automation,api'),
        ('enterprise', 'dashboard,tasks,documents,calendar,invoicing,mobile,reports,automation,api,approvals,'
            'single_sign_on,audit_log'),
        ('insights', 'forecasts')) as p(plan_code, features)
    cross join lateral unnest(string_to_array(p.features, ',')) as f(feature)
    on conflict do nothing;
    insert into cs_health.plan_limit (plan_code, metric, limit_value) values
        ('starter', 'seats', 8), ('starter', 'storage_gb', 50),
        ('professional', 'seats', 25), ('professional', 'storage_gb', 500),
        ('enterprise', 'seats', 400), ('enterprise', 'storage_gb', 5000)
    on conflict do nothing;
end
$$;

create function cs_health._demo_csms(tenants integer, seed bigint)
returns table (number bigint, locale text, email text, name text, manager_email text, stands_in text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    -- Numbers 1 and 2 lead the teams, odd numbers speak English, even ones Spanish.
    with drawn as (
        select n as number, case n % 2 when 1 then 'en' else 'es' end as locale
        from generate_series(1, 2 + 2 * least(greatest(tenants / 160, 2), 18)) as n
    ), named as (
        select w.number, w.locale, w.name, replace(cs_health._demo_slug(w.name), '-', '.') || '@cs.example' as address
        from (
            select d.number, d.locale,
                cs_health._demo_word(d.locale || ' first', d.number * 7 + abs(seed % 40)) || ' '
                    || cs_health._demo_word(d.locale || ' last', d.number * 5 + abs(seed % 24)) as name
            from drawn as d
        ) as w
    )
    select n.number, n.locale, n.address, n.name, case when n.number > 2 then m.address end,
        case when n.number = 4 then s.address end
    from named as n
    left join named as m on m.number = 2 - n.number % 2
    left join named as s on s.number = n.number + 2
$$;

create function cs_health._demo_tenants(tenants integer, days integer, seed bigint)
returns table (
    number bigint, id uuid, parent_number bigint, name text, locale text, story text, status text, plan_code text,
    seats integer, signed_up_ago integer, churned_ago integer, notice_ago integer, contract_ends_in integer,
    participation double precision, weekend double precision, adoption double precision, satisfaction double precision,
    ticket_rate double precision, growth double precision, turn_ago integer, turn_days integer, mrr numeric,
    csm bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    users_median double precision := cs_health._demo_parameter('users_median');
    users_sigma double precision := ln(cs_health._demo_parameter('users_p95') / users_median) / 1.645;
    active_median double precision := cs_health._demo_parameter('user_active_share_median') * 7 / 5;
    active_top double precision := cs_health._demo_parameter('user_active_share_top');
    weekend_median double precision := cs_health._demo_parameter('weekend_share_median');
    weekend_top double precision := cs_health._demo_parameter('weekend_share_top');
    features_median double precision := cs_health._demo_parameter('features_used_median');
    churning double precision := cs_health._demo_parameter('churn_quarterly') * days / 91.3;
    declining double precision := cs_health._demo_parameter('churn_after_decline');
    silent double precision := cs_health._demo_parameter('silent_stayers');
    dipping double precision := cs_health._demo_parameter('dipping_stayers');
    joining double precision := cs_health._demo_parameter('signups_quarterly') * days / 91.3;
    trials double precision := cs_health._demo_parameter('trial_share_of_signups');
    annual double precision := cs_health._demo_parameter('annual_contracts');
    spanish double precision := cs_health._demo_parameter('spanish');
    subsidiaries double precision := cs_health._demo_parameter('subsidiaries');
    regular double precision := cs_health._demo_parameter('regular_tenants');
    sudden double precision := cs_health._demo_parameter('churn_sudden');
    cheerful double precision := cs_health._demo_parameter('churn_while_healthy');
    per_fit double precision := cs_health._demo_parameter('churn_per_fit');
    at_end double precision := cs_health._demo_parameter('churn_at_contract_end');
    announced double precision := cs_health._demo_parameter('churn_announced');
    decline_least double precision := cs_health._demo_parameter('decline_days_least');
    decline_most double precision := cs_health._demo_parameter('decline_days_most');
    unhappy double precision := cs_health._demo_parameter('unhappy_stayers');
    growing double precision := cs_health._demo_parameter('growing_stayers');
    growth_top double precision := cs_health._demo_parameter('growth_monthly_top');
    tenure_mean double precision := cs_health._demo_parameter('tenure_days_mean');
    paused double precision := cs_health._demo_parameter('paused');
    without_csm double precision := cs_health._demo_parameter('without_csm');
    tickets double precision := cs_health._demo_parameter('tickets_monthly') / 30;
    managers integer := (select count(*) from cs_health._demo_csms(tenants, seed) as m);
begin
    return query
    with company as (
        select n as number,
            case when n % 25 <> 0 and n > 25 and cs_health._demo_random(seed, n, 'parent') < subsidiaries
                then n - n % 25 end as parent
        from generate_series(1, tenants::bigint) as n
    ), drawn as materialized (
        select c.number, c.parent,
            case when cs_health._demo_random(seed, coalesce(c.parent, c.number), 'locale') < spanish
                then 'es' else 'en' end as locale,
            cs_health._demo_random(seed, c.number, 'churn') as leave_draw,
            cs_health._demo_random(seed, c.number, 'story') as story_draw,
            cs_health._demo_random(seed, c.number, 'join') < joining and c.number > 2 as joins,
            cs_health._demo_random(seed, c.number, 'join day') as join_draw,
            cs_health._demo_random(seed, c.number, 'churn day') as churn_draw,
            cs_health._demo_random(seed, c.number, 'status') as status_draw,
            cs_health._demo_random(seed, c.number, 'contract') as contract_draw,
            cs_health._demo_random(seed, c.number, 'contract end') as contract_end_draw,
            cs_health._demo_random(seed, c.number, 'turn') as turn_draw,
            cs_health._demo_random(seed, c.number, 'csm') as csm_draw,
            cs_health._demo_normal(seed, c.number, 'fit') as fit,
            cs_health._demo_normal(seed, c.number, 'adoption') as adoption_noise,
            cs_health._demo_normal(seed, c.number, 'satisfaction') as satisfaction_noise,
            cs_health._demo_normal(seed, c.number, 'price') as price_noise,
            cs_health._demo_normal(seed, c.number, 'tickets') as ticket_noise,
            cs_health._demo_random(seed, c.number, 'regular') as regular_draw,
            greatest(2, least(400, round(users_median * exp(users_sigma
                * cs_health._demo_normal(seed, c.number, 'seats')))))::integer as seats,
            cs_health._demo_normal(seed, c.number, 'plan') as plan_noise
        from company as c
    ), fated as materialized (
        -- who likes the product less leaves more often; the mean of exp(-b fit) is exp(b^2 / 2)
        select d.*, d.number > 2 and d.leave_draw < churning * exp(-per_fit * d.fit - per_fit ^ 2 / 2) as leaves
        from drawn as d
    ), told as materialized (
        select d.*,
            case when d.leaves then case
                    when d.story_draw < declining then 'declining'
                    when d.story_draw < declining + sudden then 'sudden'
                    when d.story_draw < declining + sudden + cheerful then 'cheerful'
                    else 'fed_up' end
                when d.number <= 2 then 'steady'
                when d.story_draw < silent then 'silent'
                when d.story_draw < silent + dipping then 'dipping'
                when d.story_draw < silent + dipping + unhappy then 'unhappy'
                when d.story_draw < silent + dipping + unhappy + growing then 'growing'
                else 'steady' end as story,
            case when d.joins then 1 + floor(d.join_draw * (days - 1))
                else days + 1 + floor(-ln(d.join_draw) * tenure_mean) end::integer as signed_up_ago
        from fated as d
    ), dated as materialized (
        select t.*,
            case when t.leaves then least(1 + floor(t.churn_draw * days), t.signed_up_ago)::integer end as churned_ago,
            t.signed_up_ago <= 30 and t.status_draw < trials and not t.leaves and t.number > 2 as is_trial,
            t.regular_draw < regular and t.story in ('steady', 'growing', 'sudden', 'cheerful') as is_regular,
            t.fit + case t.story when 'cheerful' then 0.8 when 'fed_up' then -0.8 when 'unhappy' then -0.5 else 0 end
                as liking,
            case when t.seats <= 8 and t.seats * exp(0.3 * t.plan_noise) <= 6 then 'starter'
                when t.seats <= 25 and t.seats * exp(0.3 * t.plan_noise) <= 16 then 'professional'
                else 'enterprise' end as plan_code
        from told as t
    )
    select d.number, cs_health._demo_uuid(seed, 'tenant ' || d.number), d.parent,
        case d.number when 1 then 'Our own workspace' when 2 then 'Test and training'
            else concat_ws(' ', cs_health._demo_company(d.locale, coalesce(d.parent, d.number), seed),
                case when d.parent is not null then cs_health._demo_word(d.locale || ' city', d.number % 25) end) end,
        d.locale, d.story,
        case when d.number <= 2 then 'internal'
            when d.leaves then 'churned'
            when d.is_trial then 'trial'
            when d.signed_up_ago > 60 and d.status_draw > 1 - paused then 'paused'
            else 'active' end,
        d.plan_code, d.seats, d.signed_up_ago, d.churned_ago,
        case when d.leaves and d.turn_draw < announced
            then least(d.churned_ago + 10 + floor(d.turn_draw * 50), d.signed_up_ago)::integer end,
        case when d.is_trial or d.contract_draw >= annual or d.number <= 2 then null
            when d.leaves and d.contract_draw < annual * at_end then -d.churned_ago
            when d.leaves then -d.churned_ago + floor(d.contract_end_draw * 365)
            when d.signed_up_ago < 330 then 365 - d.signed_up_ago
            else floor(d.contract_end_draw * 410) - 75 end::integer,
        case when d.is_regular then active_top * 1.09 + 0.07 * (d.turn_draw - 0.5)
            when d.story = 'silent' then case when d.turn_draw < 0.3 then 0.01 else 0 end
            else 1 / (1 + exp(-(ln(active_median / (1 - active_median)) + 0.95 * d.liking))) end,
        case when d.is_regular then weekend_top else weekend_median * (0.4 + 1.2 * d.contract_end_draw) end,
        case when d.is_regular then 0.93 + 0.07 * d.turn_draw
            else 1 / (1 + exp(-(ln(features_median / (1 - features_median))
                + 0.6 * d.liking + 0.6 * d.adoption_noise))) end,
        0.35 * d.liking + 0.7 * d.satisfaction_noise + case when d.is_regular then 0.9 else 0 end
            + case d.story when 'fed_up' then -1.3 when 'unhappy' then -1.5 when 'declining' then -0.5
                when 'cheerful' then 0.4 else 0 end,
        tickets * 0.72 * exp(0.5 * d.ticket_noise) * power(d.seats / users_median, 0.25)
            * case d.story when 'fed_up' then 3.0 when 'unhappy' then 3.5 when 'silent' then 0.3 else 1 end,
        case d.story when 'growing' then growth_top * (0.25 + 0.75 * d.turn_draw) else 0.012 * (d.turn_draw - 0.4) end,
        case when d.story = 'dipping' then floor(d.join_draw * days) - 10 end::integer,
        case when d.story in ('declining', 'dipping')
            then decline_least + floor((decline_most - decline_least) * d.turn_draw) end::integer,
        case when d.number <= 2 or d.is_trial then 0
            else round((cs_health._demo_parameter('mrr_median_' || d.plan_code)
                * exp(0.5 * d.price_noise))::numeric, -1) end,
        case when d.number > 2 and d.csm_draw > without_csm then
            3 + case d.locale when 'es' then 1 else 0 end
                + 2 * floor((managers / 2 - 1)
                    * cs_health._demo_random(seed, coalesce(d.parent, d.number), 'csm'))::bigint
            end
    from dated as d;
end
$$;
comment on function cs_health._demo_tenants(integer, integer, bigint) is
    'The companies of the demo and the story each follows; numbers of days count back from today, 1 = yesterday';

create function cs_health._demo_company(locale text, number bigint, seed bigint) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    -- 1117 shares no factor with 32 x 24 x 5 names, so the first 3,840 tenants have names of their own.
    select concat_ws(' ', w.words, case when number > 3840 then (1 + number / 3840)::text end)
    from (
        select (number * 1117 + abs(seed % 3840)) % 3840 as draw
    ) as d
    cross join lateral (
        select trim(case locale
            when 'es' then cs_health._demo_word('es what', d.draw / 32 % 24) || ' '
                || cs_health._demo_word('es who', d.draw % 32)
            else cs_health._demo_word('en who', d.draw % 32) || ' '
                || cs_health._demo_word('en what', d.draw / 32 % 24) end
            || ' ' || cs_health._demo_word(locale || ' form', d.draw / 768)) as words
    ) as w
$$;

create function cs_health._demo_people(last_day date, zone text, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into cs_health.csm (email, name, slack_member_id, manager_email, booking_url, locale, away_until, stands_in)
    select m.email, m.name, 'U0DEMO' || lpad(m.number::text, 3, '0'), m.manager_email,
        'https://meet.example/' || cs_health._demo_slug(m.name), m.locale,
        case when m.stands_in is not null then last_day + 7 end, m.stands_in
    from cs_health._demo_csms((select count(*)::integer from pg_temp.demo_tenant), seed) as m
    on conflict do nothing;
    insert into cs_health.tenant (
        id, external_id, name, parent_id, status, plan_code, segment, csm, locale, time_zone, signed_up_at,
        contract_ends_on, churn_notice_on, churned_on, arr, holdout)
    select t.id, 'demo-' || lpad(t.number::text, 5, '0'), t.name, p.id, t.status, t.plan_code,
        case t.plan_code when 'starter' then 'small' when 'professional' then 'medium' else 'large' end,
        m.email, t.locale,
        (string_to_array(case t.locale
            when 'es' then 'Europe/Madrid,Europe/Madrid,Europe/Madrid,America/Mexico_City,America/Bogota'
            else 'Europe/London,Europe/London,Europe/Dublin,America/New_York,America/Chicago' end, ','))[
                1 + t.number % 5],
        timezone(zone, (last_day + 1 - t.signed_up_ago)::timestamp + interval '10 hours'),
        last_day + 1 + t.contract_ends_in, last_day + 1 - t.notice_ago, last_day + 1 - t.churned_ago,
        case when t.status = 'churned' then 0 else 12 * t.mrr end,
        t.status = 'active' and cs_health._demo_random(seed, t.number, 'holdout') < cs_health._demo_parameter('holdout')
    from pg_temp.demo_tenant as t
    left join pg_temp.demo_tenant as p on p.number = t.parent_number
    left join cs_health._demo_csms((select count(*)::integer from pg_temp.demo_tenant), seed) as m on m.number = t.csm;
    insert into cs_health.contact (tenant_id, id, name, email, role, locale, is_primary, opted_out_at, bounced_at)
    select c.id, cs_health._demo_uuid(seed, 'contact ' || c.number || ' ' || c.place), c.name,
        replace(cs_health._demo_slug(c.name), '-', '.') || '@' || c.site || '.example', c.role,
        case when c.draw < 0.9 then c.locale end, c.is_primary,
        case when c.trouble < 0.03 then timezone(zone, (last_day - 20)::timestamp + interval '9 hours') end,
        case when c.trouble > 0.98 then timezone(zone, (last_day - 40)::timestamp + interval '9 hours') end
    from (
        select t.id, t.number, t.locale, r.place, r.role, d.draw, d.trouble,
            left(cs_health._demo_slug(t.name), 60) as site,
            row_number() over (partition by t.number order by r.place) = 1 as is_primary,
            cs_health._demo_word(t.locale || ' first', floor(d.first * 40)::bigint + 7 * r.place) || ' '
                || cs_health._demo_word(t.locale || ' last', floor(d.draw * 24)::bigint) as name
        from pg_temp.demo_tenant as t
        cross join (values
            (1, 'champion', 0.94), (2, 'admin', 0.9), (3, 'executive_sponsor', 0.7), (4, 'billing', 0.5),
            (5, 'user', 0.6)
        ) as r(place, role, share)
        cross join lateral (
            select cs_health._demo_random(seed, t.number, 'first name') as first,
                cs_health._demo_random(seed, t.number, 'contact ' || r.place) as draw,
                cs_health._demo_random(seed, t.number, 'mail ' || r.place) as trouble
        ) as d
        where cs_health._demo_random(seed, t.number, r.role) < r.share
    ) as c;
end
$$;

create function cs_health._demo_activity(last_day date, days integer, every integer, seed bigint)
returns table (number bigint, ago integer, seats integer, level double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    holiday double precision := cs_health._demo_parameter('holiday_level');
    august double precision := cs_health._demo_parameter('august_level');
begin
    return query
    with day as (
        select a as ago, extract(isodow from last_day + 1 - a) >= 6 as is_weekend,
            extract(month from last_day + 1 - a) = 8 as is_august,
            to_char(last_day + 1 - a, 'MMDD') >= '1224' or to_char(last_day + 1 - a, 'MMDD') <= '0102' as is_holiday
        from generate_series(1, days, every) as a
    ), customer as materialized (
        select t.*,
            cs_health._demo_random(seed, t.number, 'wave') * 2 * pi() as phase,
            2 * pi() / (50 + 110 * cs_health._demo_random(seed, t.number, 'wave length')) as pace
        from pg_temp.demo_tenant as t
    )
    select t.number, d.ago,
        greatest(1, round(t.seats * exp(-t.growth * d.ago / 30)
            * least(1, 0.35 + 0.65 * (t.signed_up_ago - d.ago) / 60.0)))::integer,
        (1 + 0.18 * sin(t.phase + t.pace * d.ago) * (1 - t.participation))
            * case when d.is_weekend then 2.5 * t.weekend / (1 - t.weekend) else 1 end
            * case when d.is_holiday then holiday else 1 end
            * case when d.is_august and t.locale = 'es' then august when d.is_august then 0.94 else 1 end
            * case t.story
                when 'declining' then least(1, 0.12 + 0.88 * (d.ago - t.churned_ago) / t.turn_days)
                when 'dipping' then 1 - 0.75 * exp(-power((d.ago - t.turn_ago) / (0.45 * t.turn_days), 2))
                else 1 end
            * case when t.status = 'paused' and d.ago < 45 then 0.05 else 1 end
    from customer as t
    join day as d on d.ago <= t.signed_up_ago and d.ago >= coalesce(t.churned_ago, 0);
end
$$;
comment on function cs_health._demo_activity(date, integer, integer, bigint) is
    'How many users a tenant of the demo has on each nth day, and how active they are compared with its usual weekday';

create function cs_health._demo_events(last_day date, zone text, days integer, seed bigint) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    stay double precision := 30 / cs_health._demo_parameter('users_replaced_monthly');
    most_events integer := 2 * cs_health._demo_parameter('events_per_feature_day') - 1;
    minutes_step real := cs_health._demo_parameter('minutes_per_feature_day') / 127.5;
    inserted bigint;
begin
    -- One hash per user and day, its bits shared out: 0-19 active, 20-29 hour, 30-31 features, 32-39 minutes.
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes, quantity)
    with day as materialized (
        select a as ago, timezone(zone, (last_day + 1 - a)::timestamp) as midnight, hashint8extended(a, seed) as salt
        from generate_series(1, days) as a
    ), tenant as materialized (
        select t.number, t.id, t.seats, t.participation,
            array(
                select f.feature from cs_health.plan_feature as f where f.plan_code = t.plan_code
                order by cs_health._demo_random(seed, t.number, f.feature)
                limit greatest(1, round(t.adoption * (
                    select count(*) from cs_health.plan_feature as n where n.plan_code = t.plan_code)))
            ) as features
        from pg_temp.demo_tenant as t
    ), seat as materialized (
        -- People of a company differ: exponents from 0.4 (every day) to 1.6 (now and then).
        select t.number, t.id, t.features, cardinality(t.features) as feature_count, s as seat, k.key,
            1048576 * power(t.participation, 0.4 + 1.2 * cs_health._demo_random(seed, k.key, 'seat')) as chance,
            100000 + floor(stay * cs_health._demo_random(seed, k.key, 'person')) as joined
        from tenant as t cross join lateral generate_series(1, t.seats) as s
        cross join lateral (select t.number * 1000 + s as key) as k
    ), active as (
        select s.id, s.features, s.feature_count, d.midnight, h.hash,
            'u' || s.seat || '-' || floor((s.joined - d.ago) / stay) as user_id
        from cs_health._demo_activity(last_day, days, 1, seed) as a
        join day as d on d.ago = a.ago
        join seat as s on s.number = a.number and s.seat <= a.seats
        cross join lateral (select hashint8extended(s.key, d.salt) as hash) as h
        where (h.hash & 1048575) < s.chance * a.level
    )
    select a.id, a.user_id, a.midnight + ((450 + (a.hash >> 20 & 511) + 9 * k) * 60000000) * interval '1 microsecond',
        case k when 0 then 'login' else 'feature' end,
        case when k > 0 then a.features[1 + ((hashint8extended(a.hash, k) & 65535) * a.feature_count >> 16)] end,
        case when k > 0 then (a.hash >> 32 & 255) * minutes_step else 0 end,
        case when k > 0 then 1 + (a.hash >> (40 + k) & 1023) % most_events else 1 end
    from active as a cross join lateral generate_series(0, 1 + (a.hash >> 30 & 3)::integer * 2 / 3) as k;
    get diagnostics inserted = row_count;
    return inserted;
end
$$;

create function cs_health._demo_requests(last_day date, zone text, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    -- What the plan does not include is asked for by busy tenants, growing ones above all.
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
    select t.id, 'u1-0', timezone(zone, (last_day + 1 - d.ago)::timestamp + interval '11 hours'),
        case when d.draw < d.chance / 3 then 'feature_request' else 'feature_denied' end, f.feature
    from pg_temp.demo_tenant as t
    cross join lateral (
        select a as ago, cs_health._demo_random(seed, t.number, 'request ' || a) as draw,
            case t.story when 'growing' then 0.02 when 'silent' then 0 else 0.004 end as chance
        from generate_series(coalesce(t.churned_ago, 1), least(days, t.signed_up_ago)) as a
    ) as d
    cross join lateral (
        select f.code as feature from cs_health.feature as f
        where not exists (
            select from cs_health.plan_feature as p where p.plan_code = t.plan_code and p.feature = f.code)
        order by cs_health._demo_random(seed, t.number, 'wish ' || f.code) limit 1
    ) as f
    where d.draw < d.chance;
end
$$;

create function cs_health._demo_support(last_day date, zone text, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    hours double precision := cs_health._demo_parameter('resolution_hours_median');
    urgent double precision := cs_health._demo_parameter('urgent_share');
    csat_mean double precision := cs_health._demo_parameter('csat_mean');
    csat_answered double precision := cs_health._demo_parameter('csat_answered');
    nps_mean double precision := cs_health._demo_parameter('nps_mean');
    nps_answered double precision := cs_health._demo_parameter('nps_answered');
    review_mean double precision := cs_health._demo_parameter('review_mean');
    review_share double precision := cs_health._demo_parameter('review_share');
begin
    insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at, severity)
    select k.id, 'D' || k.number || '-' || k.ago, k.opened_at,
        case when k.resolved_at < timezone(zone, (last_day + 1)::timestamp) then k.resolved_at end,
        case when k.severity < urgent then 'urgent' when k.severity < 0.5 then 'high'
            when k.severity < 0.8 then 'normal' else 'low' end
    from (
        select t.id, t.number, a as ago, o.opened_at,
            o.opened_at + interval '1 minute' * round(60 * hours
                * exp(0.8 * cs_health._demo_normal(seed, t.number, 'resolve ' || a))
                * case when cs_health._demo_random(seed, t.number, 'stuck ' || a)
                    < case when t.story in ('fed_up', 'unhappy') then 0.3 else 0.1 end
                    then 16 else 1 end) as resolved_at,
            cs_health._demo_random(seed, t.number, 'severity ' || a) as severity
        from pg_temp.demo_tenant as t
        cross join lateral generate_series(coalesce(t.churned_ago, 1), least(days + 90, t.signed_up_ago)) as a
        cross join lateral (
            select timezone(zone, (last_day + 1 - a)::timestamp) + interval '1 minute'
                * (480 + floor(600 * cs_health._demo_random(seed, t.number, 'hour ' || a))) as opened_at
        ) as o
        where cs_health._demo_random(seed, t.number, 'ticket ' || a) < t.ticket_rate
            * case when t.story = 'declining' and a - t.churned_ago < t.turn_days then 1.8 else 1 end
    ) as k;
    insert into cs_health.feedback (tenant_id, id, kind, score, user_id, comment, answered_at)
    select f.id, cs_health._demo_uuid(seed, 'answer ' || f.number || ' ' || f.kind || ' ' || f.place), f.kind,
        least(greatest(round(f.score), case f.kind when 'nps' then 0 else 1 end),
            case f.kind when 'nps' then 10 else 5 end),
        f.user_id,
        case when f.place % 4 = 0 and f.score < case f.kind when 'nps' then 5 else 2.5 end then
                case f.locale when 'es' then 'Esperaba más: ' else 'Expected more: ' end
                || cs_health._demo_word(f.locale || ' reason', f.place + f.number)
            when f.place % 4 = 0 and f.score > case f.kind when 'nps' then 9 else 4.5 end then
                case f.locale when 'es' then 'Nos ahorra mucho tiempo' else 'Saves us a lot of time' end end,
        f.answered_at
    from (
        select t.id, t.number, t.locale, s.place, 'nps' as kind,
            nps_mean + 1.5 * t.satisfaction + 1.3 * cs_health._demo_normal(seed, t.number, 'nps ' || s.place) as score,
            'u' || 1 + s.place % t.seats || '-0' as user_id,
            timezone(zone, (last_day + 1 - s.ago)::timestamp + interval '15 hours') as answered_at
        from pg_temp.demo_tenant as t
        cross join lateral (
            -- a survey each quarter
            select q * 1000 + p as place, 1 + q * 91
                + floor(90 * cs_health._demo_random(seed, t.number, 'nps day ' || q * 1000 + p))::integer as ago
            from generate_series(0, (days + 90) / 91) as q cross join generate_series(0, least(t.seats, 60) - 1) as p
            where cs_health._demo_random(seed, t.number, 'nps answer ' || q * 1000 + p) < nps_answered
        ) as s
        where s.ago between coalesce(t.churned_ago, 1) and least(t.signed_up_ago - 14, days + 90)
            and t.story <> 'silent'
        union all
        select t.id, t.number, t.locale, row_number() over (partition by t.number order by k.opened_at, k.id), 'csat',
            csat_mean + 0.3 + 0.55 * t.satisfaction + 0.7 * cs_health._demo_normal(seed, t.number, 'csat ' || k.id),
            'u' || 1 + floor(t.seats * cs_health._demo_random(seed, t.number, 'asker ' || k.id)) || '-0', k.resolved_at
        from pg_temp.demo_tenant as t join cs_health.ticket as k on k.tenant_id = t.id
        where k.resolved_at is not null
            and cs_health._demo_random(seed, t.number, 'csat answer ' || k.id) < csat_answered
            and k.resolved_at < timezone(zone, (last_day + 2 - coalesce(t.churned_ago, 1))::timestamp)
        union all
        select t.id, t.number, t.locale, 1, 'review',
            review_mean + 0.6 * t.satisfaction + 0.6 * cs_health._demo_normal(seed, t.number, 'review'), 'u1-0',
            timezone(zone, (last_day + 1 - r.ago)::timestamp + interval '17 hours')
        from pg_temp.demo_tenant as t
        cross join lateral (
            select 1 + floor((days + 60) * cs_health._demo_random(seed, t.number, 'review day'))::integer as ago) as r
        where cs_health._demo_random(seed, t.number, 'reviewer') < review_share
            and r.ago between coalesce(t.churned_ago, 1) and t.signed_up_ago
    ) as f;
end
$$;

create function cs_health._demo_usage(last_day date, zone text, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into cs_health.usage (tenant_id, metric, measured_at, used)
    select t.id, l.metric, timezone(zone, (last_day + 1 - a.ago)::timestamp + interval '23 hours'),
        case l.metric
            when 'seats' then least(a.seats, l.limit_value)
            else round((l.limit_value * (0.08 + 0.8 * cs_health._demo_random(seed, t.number, 'storage'))
                * exp(-(0.01 + greatest(t.growth, 0)) * a.ago / 30))::numeric, 1) end
    from pg_temp.demo_tenant as t
    join cs_health._demo_activity(last_day, days, 7, seed) as a on a.number = t.number
    join cs_health.plan_limit as l on l.plan_code = t.plan_code
    where l.metric in ('seats', 'storage_gb');
end
$$;

create function cs_health._demo_revenue(last_day date, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    expansions double precision := cs_health._demo_parameter('expansions_yearly');
    contractions double precision := cs_health._demo_parameter('contractions_yearly');
begin
    -- Backwards from today's MRR: each movement divides by its factor, so that the movements add up to it.
    insert into cs_health.revenue_event (tenant_id, id, occurred_on, kind, mrr_change)
    with customer as materialized (
        select t.*,
            -- a few left once and came back; multiples of 365 are days without another movement
            case when t.signed_up_ago > days + 500
                and cs_health._demo_random(seed, t.number, 'came back') < cs_health._demo_parameter('came_back')
                then (t.signed_up_ago - 120) / 365 * 365 end as came_back_ago
        from pg_temp.demo_tenant as t where t.mrr > 0
    ), movement as (
        select t.number, t.id, t.mrr, m.ago, m.factor
        from customer as t
        cross join lateral (
            select t.signed_up_ago as ago, 1.0::double precision as factor
            union all
            select t.came_back_ago, 1.0 where t.came_back_ago is not null
            union all
            select d.ago, d.factor
            from (
                select y * 365 + 1
                        + floor(364 * cs_health._demo_random(seed, t.number, 'movement day ' || y))::integer as ago,
                    case when r.draw < contractions * e.contraction then 0.75
                        when r.draw > 1 - expansions * e.expansion
                            then 1.12 + 0.4 * cs_health._demo_random(seed, t.number, 'movement by ' || y) end as factor
                from generate_series(0, t.signed_up_ago / 365) as y
                cross join lateral (select cs_health._demo_random(seed, t.number, 'movement ' || y) as draw) as r
                cross join lateral (
                    select case t.story when 'growing' then 2 when 'silent' then 0.3 when 'unhappy' then 0.3
                            when 'declining' then 0.5 else 0.9 end as expansion,
                        case t.story when 'unhappy' then 2 when 'declining' then 1.5 else 0.9 end as contraction
                ) as e
            ) as d
            where d.factor is not null and d.ago < t.signed_up_ago and d.ago > coalesce(t.churned_ago, 0)
        ) as m
    ), state as (
        select m.number, m.id, m.ago, 1 as step,
            round((m.mrr / exp(coalesce(sum(ln(m.factor)) over (partition by m.number order by m.ago
                rows between unbounded preceding and 1 preceding), 0)))::numeric, 2) as mrr
        from movement as m
        union all
        select t.number, t.id, t.churned_ago, 2, 0 from customer as t where t.churned_ago is not null
        union all
        select t.number, t.id, t.came_back_ago + 60, 2, 0 from customer as t where t.came_back_ago is not null
    ), step as (
        select s.number, s.id, s.ago, s.mrr,
            lag(s.mrr) over (partition by s.number order by s.ago desc, s.step) as mrr_before,
            row_number() over (partition by s.number order by s.ago desc, s.step) as place
        from state as s
    )
    select s.id, cs_health._demo_uuid(seed, 'movement ' || s.number || ' ' || s.place), last_day + 1 - s.ago,
        case when s.place = 1 then 'new' when s.mrr = 0 then 'churn' when s.mrr_before = 0 then 'reactivation'
            when s.mrr > s.mrr_before then 'expansion' else 'contraction' end,
        s.mrr - coalesce(s.mrr_before, 0)
    from step as s
    where s.mrr <> coalesce(s.mrr_before, 0);
end
$$;

create function cs_health._demo_touchpoints(last_day date, zone text, days integer, seed bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into cs_health.touchpoint (
        tenant_id, id, kind, direction, at, channel, actor, detail, next_step, next_step_on)
    select p.id, cs_health._demo_uuid(seed, 'touch ' || p.number || ' ' || p.kind || ' ' || p.ago), p.kind, p.direction,
        timezone(zone, (last_day + 1 - p.ago)::timestamp + p.hour * interval '1 hour'), p.channel, p.csm,
        p.detail, p.next_step, case when p.next_step is not null then last_day + 15 - p.ago end
    from (
        select t.id, t.number, t.locale, t.signed_up_ago, t.churned_ago, k.csm, w.*
        from pg_temp.demo_tenant as t
        join cs_health.tenant as k on k.id = t.id and k.csm is not null
        cross join lateral (
            select m.kind, 'internal' as direction, t.signed_up_ago - m.after as ago, 10 as hour, 'product' as channel,
                case t.locale when 'es' then m.es else m.en end as detail, null as next_step
            from (values
                ('milestone', 3, 'Kick-off held', 'Reunión de arranque celebrada'),
                ('milestone', 12, 'Data imported', 'Datos importados'),
                ('milestone', 24, 'first_value', 'first_value')) as m(kind, after, en, es)
            union all
            select c.kind, c.direction, q.ago - c.later, c.hour, c.channel,
                case t.locale when 'es' then c.es else c.en end,
                case when c.kind = 'meeting_held' then
                    case t.locale when 'es' then 'Enviar propuesta de formación' else 'Send a training proposal' end end
            from (
                -- one contact every six weeks or so
                select 5 + r * 42
                        + floor(42 * cs_health._demo_random(seed, t.number, 'contact day ' || r))::integer as ago,
                    cs_health._demo_random(seed, t.number, 'contact ' || r) * case t.story
                        when 'declining' then 1.5 when 'silent' then 2 when 'fed_up' then 1.3 else 1 end as draw
                from generate_series(0, days / 42) as r
            ) as q
            join (values
                ('email', 'outbound', 0, 9, 'email', 9.9, 'Quarterly check-in', 'Seguimiento trimestral'),
                ('reply', 'inbound', 1, 12, 'email', 0.55, 'Thanks, all fine', 'Gracias, todo bien'),
                ('meeting_booked', 'inbound', 2, 13, 'calendar', 0.30, 'Review meeting booked',
                    'Reunión de revisión reservada'),
                ('meeting_held', 'outbound', 4, 11, 'call', 0.25, 'Review of the quarter', 'Revisión del trimestre')
            ) as c(kind, direction, later, hour, channel, share, en, es) on q.draw < c.share
            union all
            select 'note', 'internal', t.churned_ago, 16, 'call',
                case t.locale when 'es' then 'Baja: ' else 'Left: ' end
                    || cs_health._demo_word(t.locale || ' reason', t.number), null
            where t.churned_ago is not null
        ) as w
    ) as p
    where p.ago between coalesce(p.churned_ago, 1) and p.signed_up_ago
    on conflict do nothing;
end
$$;

create procedure cs_health.make_demo(tenants integer default 2000, days integer default 180, seed bigint default 1)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    zone text := cs_health._time_zone();
    last_day date := cs_health._today() - 1;
    events bigint;
begin
    if (tenants between 1 and 1000000 and days between 1 and 730 and seed is not null) is not true then
        raise exception 'cannot make a demo of % tenants, % days and seed %', tenants, days, seed
            using errcode = 'invalid_parameter_value', hint = 'Give 1 to 1,000,000 tenants, 1 to 730 days, and a seed.';
    end if;
    if exists (select from cs_health.tenant) then
        raise exception 'there are tenants already'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'make_demo() fills an empty installation; create a database of its own for the demo.';
    end if;
    create temporary table demo_tenant on commit drop as
    select t.* from cs_health._demo_tenants(tenants, days, seed) as t;
    analyze pg_temp.demo_tenant;
    perform cs_health._demo_catalogue();
    perform cs_health._demo_people(last_day, zone, days, seed);
    perform cs_health._demo_support(last_day, zone, days, seed);
    perform cs_health._demo_usage(last_day, zone, days, seed);
    perform cs_health._demo_revenue(last_day, days, seed);
    perform cs_health._demo_touchpoints(last_day, zone, days, seed);
    events := cs_health._demo_events(last_day, zone, days, seed);
    perform cs_health._demo_requests(last_day, zone, days, seed);
    drop table pg_temp.demo_tenant;
    raise notice 'a company of % tenants and % events of % days up to %', tenants, events, days, last_day;
end
$$;
comment on procedure cs_health.make_demo(integer, integer, bigint) is
    'Fills an empty installation with a believable made-up company of that many tenants: what they did in the last '
    '`days` days up to yesterday, support, answers, usage, revenue. The same arguments on the same day give the same '
    'rows. Run replay() afterwards; see doc/demo-company.md';
