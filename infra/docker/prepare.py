"""What has to be there before anything runs: topics, schemas, tables, reference data, and marts, empty at first.

`python -m infra.docker.prepare`, again whenever the stack is started; what is there is left alone.
"""

from __future__ import annotations

import sys

from infra.local import stack
from infra.local.steps import STEPS
from millwright import dbt_runner, warehouse
from millwright.errors import MillwrightError
from millwright.settings import settings

# Metabase's questions name columns of the marts, and the first load may be an hour away.
_MARTS = "select exists (select from pg_tables where schemaname = 'marts')"


def prepare() -> None:
    """Do what is missing. Raises MillwrightError, also where one of the services is the embedded one."""
    config = settings()
    stack.up(config, [step.name for step in STEPS], lambda name, state: print(f"{name}: {state}", flush=True))
    with warehouse.session() as connection, connection.cursor() as cursor:
        cursor.execute(_MARTS)
        [there] = cursor.fetchone() or [False]
    if not there:
        print(dbt_runner.build()["statuses"], flush=True)


if __name__ == "__main__":
    try:
        prepare()
    except MillwrightError as error:
        sys.exit(str(error))
