#!/bin/sh
# Airflow's tables at this version, and the password of its first user, who is made by the name in
# AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS.
set -eu
mkdir -p "$AIRFLOW_HOME/logs"
umask 077
printf '{"admin": "%s"}\n' "$AIRFLOW_PASSWORD" > "$AIRFLOW_HOME/passwords.json"
exec airflow db migrate
