\echo Use "CREATE EXTENSION cs_health" to load this file. \quit
set local search_path to pg_catalog, pg_temp;
