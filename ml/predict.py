"""Predicts for every machine with the champion, at its newest reading, into `ml.predictions`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from millwright.failpoints import failpoint
from millwright.warehouse import session
from ml.spec.load import load_spec
from ml.task import task

if TYPE_CHECKING:
    import pandas as pd

_INSERT = """
insert into ml.predictions (model_name, model_version, equipment_id, data_watermark, horizon_hours, probability,
                            threshold, predicted, factors)
values %s on conflict do nothing returning prediction_id"""


def run(spec: str = "failure") -> dict[str, Any]:
    """Append one row per machine for the newest data; run again on unchanged data, it writes nothing.

    Gives model, version, data_watermark, machines (predicted for), written, at_risk (at or over the threshold),
    silent (known machines without a reading in the last week). Without a champion or a reading: predicted false
    and the reason. Raises Unavailable without MLflow or the warehouse.
    """
    from ml.registry import client as registry
    from ml.registry.load import load_version, version_of

    wanted = load_spec(spec)
    name = wanted.name
    with registry.connected() as client:
        version = version_of(client, name, registry.CHAMPION)
        if version is None:
            return _nothing(name, f"The model {name!r} has no champion yet; `millwright train` makes one.")
        model, made_by = load_version(name, version)
    work = task(made_by.task)
    data = work.read(made_by, newest=True)
    if data.watermark is None:
        return _nothing(name, f"{made_by.place} holds no readings yet.")
    rows = work.predict(model, data, made_by)
    written = _append(rows, name, version, data.watermark)
    failpoint("ml.after_predict")
    return {
        "predicted": True,
        "model": name,
        "version": version,
        "data_watermark": data.watermark,
        "machines": len(rows),
        "written": written,
        "at_risk": int(rows["predicted"].sum()),
        "silent": len(set(data.frames["equipment"]["equipment_id"]) - set(rows["equipment_id"])),
    }


def _append(rows: pd.DataFrame, name: str, version: int, watermark: str) -> int:
    from psycopg2.extras import execute_values

    columns = ("equipment_id", "horizon_hours", "probability", "threshold", "predicted", "factors")
    values = [
        (name, version, machine, watermark, horizon, probability, threshold, predicted, json.dumps(factors))
        for machine, horizon, probability, threshold, predicted, factors in zip(
            *(rows[column].tolist() for column in columns), strict=True
        )
    ]
    with session() as connection, connection.cursor() as cursor:
        return len(execute_values(cursor, _INSERT, values, fetch=True))


def _nothing(name: str, reason: str) -> dict[str, Any]:
    return {"predicted": False, "model": name, "written": 0, "reason": reason}
