#!/bin/sh
# The lake's bucket and a user who may do with it what the platform does. Again: nothing changes.
set -eu
mc() { command mc --quiet --config-dir /tmp/mc "$@"; }

mc alias set lake http://minio:9000 admin "$MINIO_ROOT_PASSWORD"
mc mb --ignore-existing lake/lake
mc admin policy create lake lake /opt/lake-policy.json
mc admin user add lake millwright "$LAKE_SECRET_KEY"
case $(mc admin policy entities lake --user millwright) in # there is no grep in this image
  *Policies:*lake*) ;;
  *) mc admin policy attach lake lake --user millwright ;;
esac
