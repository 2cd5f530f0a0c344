"""Predicts for every machine with the champion, at its newest reading, into `ml.predictions`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from millwright.failpoints import failpoint
from millwright.warehouse import session
from ml.spec import load_spec

if TYPE_CHECKING:
    import pandas as pd

    from ml.fit import Model
    from ml.history import History

SILENT_AFTER_HOURS = 7 * 24  # a machine whose last reading is older, by the plant's clock, gets no prediction
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
    from ml import registry
    from ml.extract import extract

    name = load_spec(spec).name
    with registry.connected() as client:
        version = registry.version_of(client, name, registry.CHAMPION)
        if version is None:
            return _nothing(name, f"The model {name!r} has no champion yet; `millwright train` makes one.")
        model = registry.load_version(name, version)
    history = extract(model.spec, SILENT_AFTER_HOURS + model.layout.lookback_hours)
    if history.watermark is None:
        return _nothing(name, f"{model.spec.source.readings} holds no readings yet.")
    rows = predictions(model, history)
    written = _append(rows, name, version, history.watermark, model)
    failpoint("ml.after_predict")
    return {
        "predicted": True,
        "model": name,
        "version": version,
        "data_watermark": history.watermark.isoformat(),
        "machines": len(rows),
        "written": written,
        "at_risk": int((rows["probability"] >= model.threshold).sum()),
        "silent": len(set(history.equipment["equipment_id"]) - set(rows["equipment_id"])),
    }


def predictions(model: Model, history: History) -> pd.DataFrame:
    """One row per machine that is not silent: equipment_id, time (of its newest reading), probability, factors."""
    import pandas as pd

    from ml.explain.factors import top_factors
    from ml.features import build

    table = build(history, model.layout).groupby("equipment_id", sort=True).tail(1)
    table = table[table["time"] >= table["time"].max() - pd.Timedelta(hours=SILENT_AFTER_HOURS)]
    return pd.DataFrame(
        {
            "equipment_id": table["equipment_id"],
            "time": table["time"],
            "probability": model.probability(table),
            "factors": top_factors(model, table),
        }
    )


def _append(rows: pd.DataFrame, name: str, version: int, watermark: pd.Timestamp, model: Model) -> int:
    from psycopg2.extras import execute_values

    values = [
        (
            name,
            version,
            machine,
            watermark.to_pydatetime(),
            model.spec.horizon_hours,
            probability,
            model.threshold,
            probability >= model.threshold,
            json.dumps(factors, allow_nan=False),
        )
        for machine, probability, factors in zip(
            rows["equipment_id"], rows["probability"].tolist(), rows["factors"], strict=True
        )
    ]
    with session() as connection, connection.cursor() as cursor:
        return len(execute_values(cursor, _INSERT, values, fetch=True))


def _nothing(name: str, reason: str) -> dict[str, Any]:
    return {"predicted": False, "model": name, "written": 0, "reason": reason}
