-- Who left without having been flagged in time, and what was there to see?
select m.tenant_name as customer, m.churned_on, m.arr_lost::bigint, m.verdict, (
        select string_agg(format('%s days before: %s', e ->> 'days_before', e ->> 'text'), E'\n' order by e ->> 'on')
        from jsonb_array_elements(m.fired) as e) as fired, (
        select string_agg(e ->> 'text', E'\n' order by e ->> 'on') from jsonb_array_elements(m.suppressed) as e)
        as held_back
from cs_health_v1.missed_churn as m
order by m.verdict = 'not predicted', m.arr_lost desc nulls last, m.churned_on desc
limit 4;
