-- The least that any run must do: insert rows that are ready into a table with the same columns, key and index.
insert into bench.floor select * from bench.stage order by tenant_id;
