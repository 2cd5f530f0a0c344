#!/bin/bash
# A role and a database for each that keeps tables here. Runs once, when the volume is empty.
set -euo pipefail

make() { # role, password
  # As variables of psql, so that a password may hold any character.
  psql --set ON_ERROR_STOP=1 --username postgres --set role="$1" --set password="$2" <<'SQL'
create role :"role" login password :'password';
create database :"role" owner :"role";
revoke all on database :"role" from public;
SQL
}

make millwright "$WAREHOUSE_PASSWORD"
make airflow "$AIRFLOW_DB_PASSWORD"
make mlflow "$MLFLOW_DB_PASSWORD"
make registry "$REGISTRY_DB_PASSWORD"
make metabase "$METABASE_DB_PASSWORD"

# The role that dashboards read through: schema marts and nothing else (docs/dashboards.md).
psql --set ON_ERROR_STOP=1 --username postgres --dbname millwright --set password="$DASHBOARDS_PASSWORD" <<'SQL'
create role dashboards login noinherit connection limit 40 password :'password';
alter role dashboards set default_transaction_read_only = on;
alter role dashboards set statement_timeout = '30s';
alter role dashboards set timezone = 'UTC';
create schema marts authorization millwright;
grant connect on database millwright to dashboards;
grant usage on schema marts to dashboards;
alter default privileges for role millwright in schema marts grant select on tables to dashboards;
SQL
