#!/bin/sh
# Tries the dashboards on the real Metabase of the running stack: apply twice, plan finds nothing, every question that
# a dashboard shows gives an answer. `sh infra/docker/smoke_metabase.sh`; ends with status 0 when all of it holds.
set -eu
cd "$(dirname "$0")/../.."
compose() { docker compose --file docker-compose-full.yml --profile bi "$@"; }
in_dashboards() { compose run --rm --no-deps dashboards "$@"; }

compose up --build --detach metabase
echo "1. apply";                        in_dashboards millwright dashboards apply
echo "2. apply again changes nothing";  in_dashboards millwright dashboards plan # 2 when anything differs
echo "3. questions answer";             in_dashboards python -m infra.docker.ask_metabase
