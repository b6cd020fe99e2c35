-- Nothing of the extension is for everybody: install() and security.sql say who may what.
do $$
declare
    member record;
begin
    for member in
        select p.oid::pg_catalog.regprocedure as name
        from pg_catalog.pg_proc p
        where p.pronamespace operator(pg_catalog.=) 'cs_health'::pg_catalog.regnamespace
    loop
        execute pg_catalog.format('revoke all on routine %s from public', member.name);
    end loop;
end $$;
