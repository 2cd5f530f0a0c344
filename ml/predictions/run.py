"""Predicts for all that is newest with a champion: into its table in schema `ml`, or into a file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.logs import said
from ml.data import is_count
from ml.predictions.append import append
from ml.predictions.champion import Champion, champion
from ml.predictions.shapes import SHAPES
from ml.predictions.write import suffix, write
from ml.spec.load import load_spec
from ml.task import task

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

_YES = {"failure": "predicted", "anomaly": "is_anomaly", "quality": "predicted"}


def run(spec: str = "failure", sources: tuple[str, ...] = (), output: str | None = None) -> dict[str, Any]:
    """Append what the champion says of the newest data; run again on unchanged data, it writes nothing.

    With `output` the rows go to that .csv or .parquet file instead, which the data of files need. Gives predicted,
    task, model, version, data_watermark, time and entity (the columns; null where the data have none), rows, machines,
    silent (machines that are known and not spoken of), flagged (rows that foretell something), written and output.
    Without a champion, a table or a row: predicted false and the
    reason. Raises Unavailable without MLflow or the warehouse.
    """
    from ml.sources.missing import Missing

    asked = load_spec(spec, sources)
    if output is not None:
        suffix(output)
    if asked.alone and output is None:
        raise MillwrightError(
            f"The data of {asked.name!r} come from files, and predictions of the warehouse's data are kept there.",
            "Say where these go: --output predictions.csv (or .parquet).",
        )
    found = champion(spec, sources)
    if found is None:
        return _nothing(asked, f"The model {asked.name!r} has no champion yet; `millwright train {spec}` makes one.")
    try:
        data = task(found.spec.task).read(found.spec, newest=True)
    except Missing as error:
        if asked.alone:
            raise
        return _nothing(asked, str(error))
    if data.watermark is None:
        return _nothing(asked, f"{found.spec.place} holds no readings yet.")
    rows = task(found.spec.task).predict(found.model, data, found.spec)
    written = _written(found, rows, data.watermark, output)
    failpoint("ml.after_predict")
    counts = {"rows": len(rows), "written": written}
    log.info(said("predicted", model=found.name, version=found.version, watermark=data.watermark, **counts))
    yes, machines = _YES.get(found.spec.task), set(rows["equipment_id"])
    known = set(data.frames["equipment"]["equipment_id"]) if "equipment" in data.frames else machines
    return {
        "predicted": True,
        "task": found.spec.task,
        "model": found.name,
        "version": found.version,
        "data_watermark": data.watermark,
        "time": found.spec.time.column if found.spec.time else None,
        "entity": found.spec.entity,
        "rows": len(rows),
        "machines": len(machines),
        "silent": len(known - machines),
        "flagged": int(rows[yes].sum()) if yes in rows else None,
        "written": written,
        "output": output or SHAPES[found.spec.task].table,
    }


def _written(found: Champion, rows: pd.DataFrame, watermark: str, output: str | None) -> int:
    if output is None:
        return append(found.spec.task, rows, found.name, found.version, moment(watermark, found.name))
    write(rows, output, found.spec)
    return len(rows)


def moment(watermark: str, name: str) -> pd.Timestamp:
    """A watermark as a moment in UTC. Raises MillwrightError when the data's time is a counter."""
    import pandas as pd

    if is_count(watermark):
        raise MillwrightError(
            f"The time of {name!r} is a counter ({watermark}), and the tables of predictions are by timestamps.",
            "Say where its predictions go: --output predictions.csv (or .parquet).",
        )
    found = pd.Timestamp(watermark)
    return found.tz_localize("UTC") if found.tzinfo is None else found.tz_convert("UTC")


def _nothing(asked: Any, reason: str) -> dict[str, Any]:
    return {"predicted": False, "task": asked.task, "model": asked.name, "written": 0, "reason": reason}
