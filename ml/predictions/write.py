"""Writes what a model said to a file, under the names that the user's own data have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from millwright.errors import MillwrightError
from ml.predictions.append import plain
from ml.predictions.shapes import JSON

if TYPE_CHECKING:
    import pandas as pd

    from ml.spec.load import Spec

ROW = "row"
_TIMES = ("event_time", "forecast_time")
_NAMED = {"equipment_id": "entity", "inspection_id": "inspection", "product_id": "product"}  # by fields of the spec


def write(rows: pd.DataFrame, output: str, spec: Spec) -> None:
    """Write the rows of `Task.predict` to a .csv or .parquet file, as `as_file` has them."""
    rows = as_file(rows, spec)
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix(output) == ".csv":
        rows.to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)


def as_file(rows: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """The columns of `JSON` as JSON text; machine, inspection and product under the spec's own names of their columns,
    and left out where it names none; a counter's whole values as whole numbers; without time, `row` (the first is 1).

    A column of ours that bears one of these names gets `predicted_` before it: `unit`, where the machine is a `unit`.
    """
    # Parquet has one type a column, and a reason's value is a number or a text.
    rows = rows.assign(**{name: [plain(value, True) for value in rows[name]] for name in sorted(JSON) if name in rows})
    for name in _TIMES:
        if name in rows and rows[name].dtype == float and (rows[name] % 1 == 0).all():
            rows[name] = rows[name].astype("int64")
    if spec.time is None:
        rows = rows.assign(event_time=rows["event_time"] + 1).rename(columns={"event_time": ROW})
    own = _own_names(rows, spec)
    rows = rows.drop(columns=[ours for ours in _NAMED if ours in rows and ours not in own])
    taken = set(own.values())
    return rows.rename(columns=lambda name: own.get(name, f"predicted_{name}" if name in taken else name))


def _own_names(rows: pd.DataFrame, spec: Spec) -> dict[str, str]:
    """Our name of a column → the user's; one column of the data comes once."""
    own: dict[str, str] = {}
    for ours, field in _NAMED.items():
        name = getattr(spec, field, None)
        if ours in rows and name is not None and name not in own.values():
            own[ours] = name
    return own


def suffix(output: str) -> str:
    """`.csv` or `.parquet`. Raises MillwrightError for a file that ends otherwise."""
    found = Path(output).suffix.lower()
    if found not in (".csv", ".parquet"):
        raise MillwrightError(f"--output {output}: expected a file that ends in .csv or .parquet.")
    return found
