"""What has to be there before anything runs: topics, schemas, tables, reference data, and marts, empty at first.

`python -m infra.docker.prepare`, again whenever the stack is started; what is there is left alone.
"""

from __future__ import annotations

import sys

from psycopg2.extensions import cursor as Cursor

from infra.local import stack
from infra.local.steps import STEPS
from millwright import dbt_runner, warehouse
from millwright.errors import MillwrightError
from millwright.settings import settings

# Metabase's questions name columns of the marts, and the first load may be an hour away. One that was killed has left
# some of the marts and no row here.
_HAS_RUN = "select to_regclass('platform.dbt_runs') is not null"
_BUILT = "select exists (select from platform.dbt_runs where selected = '')"


def prepare() -> None:
    """Do what is missing. Raises MillwrightError, also where one of the services is the embedded one."""
    config = settings()
    stack.up(config, [step.name for step in STEPS], lambda name, state: print(f"{name}: {state}", flush=True))
    with warehouse.session() as connection, connection.cursor() as cursor:
        built = _says(cursor, _HAS_RUN) and _says(cursor, _BUILT)
    if not built:
        print(dbt_runner.build()["statuses"], flush=True)


def _says(cursor: Cursor, query: str) -> bool:
    cursor.execute(query)
    row = cursor.fetchone()
    return bool(row and row[0])


if __name__ == "__main__":
    try:
        prepare()
    except MillwrightError as error:
        sys.exit(str(error))
