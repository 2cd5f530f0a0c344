"""What the demo has to show: counts of every layer, the model against the baseline, and the machines at risk."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from sqlalchemy import text

from millwright.contracts import contracts
from millwright.settings import settings
from millwright.store import other_clients
from millwright.warehouse import engine

_AT_RISK = """
select equipment_id, equipment_name, predicted_failure_prob, health_status, factors, recommendation, model_name,
       model_version, data_watermark
from marts.mart_predictive_maintenance
where predicted_failure_prob is not null
order by predicted_failure_prob desc, equipment_id limit 5"""
_MARTS = "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
_MODEL = """
select to_version, promoted, reason, metrics from ml.promotions where model_name = 'failure'
order by promotion_id desc limit 1"""


def gather(sent: dict[str, int] | None, seconds: dict[str, float]) -> dict[str, Any]:
    """Read every layer as it stands.

    `sent` counts the messages sent by stream (None: not known), `seconds` are the demo's steps.
    """
    landed = json.loads(_output("sink", "outcomes", "--json"))
    silver = {c.table: _silver_rows(c.table) for c in contracts().values()}
    with engine().connect() as connection:

        def count(name: str) -> int:
            return int(connection.execute(text(f"select count(*) from {name}")).scalar_one())

        raw = {c.table: count(f"raw.{c.table}") for c in contracts().values()}
        names: list[str] = list(connection.execute(text(_MARTS)).scalars())
        marts = {name: count(f"marts.{name}") for name in names}
        model = connection.execute(text(_MODEL)).mappings().first()
        at_risk = [dict(row) for row in connection.execute(text(_AT_RISK)).mappings()]
    return {
        "streams": [
            {
                "stream": c.stream,
                "sent": (sent or {}).get(c.stream),
                "accepted": landed[c.stream]["accepted"],
                "quarantined": landed[c.stream]["quarantined"],
                "bronze_files": landed[c.stream]["files"],
                "silver": silver[c.table],
                "raw": raw[c.table],
            }
            for c in contracts().values()
            if c.stream in landed
        ],
        "marts": marts,
        "model": dict(model) if model else None,
        "at_risk": at_risk,
        "addresses": {"airflow": settings().airflow, "mlflow": settings().mlflow},
        "seconds": seconds,
    }


def nothing_lost(summary: dict[str, Any]) -> bool:
    """Whether of every stream that was sent, sent = accepted + quarantined, and silver = raw."""
    return all(
        row["silver"] == row["raw"] and row["sent"] in (None, row["accepted"] + sum(row["quarantined"].values()))
        for row in summary["streams"]
    )


def _silver_rows(table: str) -> int:
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return int(DeltaTable(f"{settings().lake}/silver/{table}", storage_options=other_clients()).count())
    except TableNotFoundError:
        return 0


def _output(*args: str) -> str:
    """What a command of the platform prints."""
    done = subprocess.run([sys.executable, "-m", "millwright", *args], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
