-- REST API version 1: views and functions only.
create schema if not exists cs_health_v1;
comment on schema cs_health_v1 is 'REST API of cs_health, version 1';
