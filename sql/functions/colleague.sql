-- Who looks after whom today, and how to tell a colleague something.

create function cs_health._duty_roster()
returns table (csm text, assignee text, manager text, locale text, manager_locale text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select d.csm, d.assignee, d.manager, coalesce(a.locale, d.fallback_locale), coalesce(m.locale, d.fallback_locale)
    from (
        select coalesce(c.email, '') as csm, g.locale as fallback_locale,
            coalesce(p.csm, p.manager, g.fallback_assignee, c.email) as assignee,
            coalesce(p.manager, g.fallback_assignee, c.manager_email, p.csm, c.email) as manager
        from cs_health.settings as g
        cross join (select cs_health._today() as today offset 0) as n
        cross join (
            select c.email, c.manager_email, c.away_until, c.disabled_at from cs_health.csm as c
            union all select null, null, null, null
        ) as c
        left join cs_health.csm as m on m.email = c.manager_email
        cross join lateral (
            select case when c.away_until >= n.today or c.disabled_at is not null
                    then cs_health._present(c.email, n.today) else c.email end as csm,
                case when m.away_until >= n.today or m.disabled_at is not null
                    then cs_health._present(m.email, n.today) else c.manager_email end
                    as manager
        ) as p
    ) as d
    left join cs_health.csm as a on a.email = d.assignee
    left join cs_health.csm as m on m.email = d.manager
$$;
comment on function cs_health._duty_roster() is
    'What _assignee() says, for all CSMs at once: who does the work of each today, who of the manager, and in which '
    'language. The empty name stands for tenants without CSM';

create function cs_health._without_direction(value text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select regexp_replace(value, E'[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+', '', 'g')
$$;
comment on function cs_health._without_direction(text) is
    'A text without the controls of direction of Unicode, with which a name can look like another';

create function cs_health._one_line(value text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select btrim(regexp_replace(cs_health._without_direction(value), E'[[:cntrl:]\\u2028\\u2029]+', ' ', 'g'))
$$;
comment on function cs_health._one_line(text) is
    'A text in which line breaks and control characters became blanks, without controls of direction';

create function cs_health._slack_text(value text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select replace(replace(replace(cs_health._without_direction(value), '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
$$;
comment on function cs_health._slack_text(text) is
    'A text as Slack shows it to the letter: nothing in it is a mention, a channel or a link in disguise';

create function cs_health._slack_literal(value text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select replace(replace(regexp_replace(value, '&(?!(amp|lt|gt);)', '&amp;', 'g'), '<', '&lt;'), '>', '&gt;')
$$;
comment on function cs_health._slack_literal(text) is
    'As _slack_text(), of a text in which some of it may be escaped already: done twice it is the same';

create function cs_health._slack_plain(value text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select replace(replace(replace(value, '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
$$;
comment on function cs_health._slack_plain(text) is
    'The opposite of _slack_text(), for a Slack text that goes another way';

create function cs_health._slack_message(email text, subject text, body text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('text', concat_ws(E'\n', concat_ws(' ',
        coalesce('<@' || c.slack_member_id || '>',
            cs_health._slack_text(cs_health._one_line(coalesce(c.name, _slack_message.email)))),
        '*' || subject || '*'), body))
    from (select) as one left join cs_health.csm as c on c.email = _slack_message.email
$$;
comment on function cs_health._slack_message(text, text, text) is
    'The payload of a Slack message to a colleague, who is mentioned or named; subject and body are escaped already';

create function cs_health._tell_colleague(
    email text, subject text, body text, source_key text, tenant_id uuid default null, by_mail_first boolean default
        false)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    slack text := cs_health._channel_of_kind('slack');
    mail text := case when email is not null then cs_health._channel_of_kind('email') end;
    person cs_health.csm;
begin
    if email is not null and not cs_health._is_colleague(email) then
        return null;
    end if;
    select c.* into person from cs_health.csm as c where c.email = _tell_colleague.email;
    if mail is not null and (by_mail_first or slack is null) then
        return cs_health._enqueue(mail, 'message', jsonb_strip_nulls(jsonb_build_object('to', email,
            'to_name', cs_health._one_line(person.name),
            'from_name', (select s.company_name from cs_health.settings as s),
            'subject', cs_health._one_line(subject), 'text', body, 'unsubscribe', false)), source_key, tenant_id);
    elsif slack is not null then
        return cs_health._enqueue(slack, 'message', cs_health._slack_message(email,
            cs_health._slack_text(cs_health._one_line(subject)), cs_health._slack_text(body)), source_key, tenant_id);
    end if;
    return null;
end
$$;
comment on function cs_health._tell_colleague(text, text, text, text, uuid, boolean) is
    'A message to a colleague over the enabled Slack channel, else by e-mail, or the other way round; once per '
    'source_key. Returns its id in the outbox; null = there is no channel for it, or it is nobody''s who is a '
    'colleague (still)';

create function cs_health._date_text(day date, language text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when language = 'es' then to_char(day, 'FMDD/FMMM/YYYY') else to_char(day, 'FMDD Mon YYYY') end
$$;
comment on function cs_health._date_text(date, text) is 'A day as people write it';
