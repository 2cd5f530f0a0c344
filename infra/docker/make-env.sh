#!/bin/sh
# Makes .env: a strong secret for each variable without which docker-compose-full.yml does not start. Those that are
# there already are kept; other lines are left alone. Wants nothing but a POSIX shell.
set -eu
cd "$(dirname "$0")/../.."
umask 077
touch .env
chmod 600 .env

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
missing() { ! grep -q "^$1=." .env; }
put() {
  sed -i.before "/^$1=/d" .env && rm -f .env.before
  [ -z "$(tail -c 1 .env)" ] || echo >> .env
  echo "$1=$2" >> .env
}

made=0
for name in $(grep -o '\${[A-Z_]*:?' docker-compose-full.yml | tr -d '${:?' | sort -u); do
  missing "$name" || continue
  case $name in
    AIRFLOW_FERNET_KEY) put "$name" "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n')" ;;
    AIRFLOW_PASSWORD | GRAFANA_PASSWORD | METABASE_PASSWORD) put "$name" "$(random 12)" ;; # people type these
    *) put "$name" "$(random 32)" ;;
  esac
  made=$((made + 1))
done

missing COMPOSE_PROFILES && put COMPOSE_PROFILES core,ml,bi,monitoring,simulator
if missing DOCKER_GROUP && [ -S /var/run/docker.sock ]; then
  put DOCKER_GROUP "$(stat -c %g /var/run/docker.sock 2>/dev/null || stat -f %g /var/run/docker.sock)"
fi
echo "$made secrets made in .env, the others kept."
