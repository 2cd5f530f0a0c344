"""Writes what a model said to a file, for data that no warehouse holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from millwright.errors import MillwrightError
from ml.predictions.append import plain
from ml.predictions.shapes import JSON

if TYPE_CHECKING:
    import pandas as pd


def write(rows: pd.DataFrame, output: str) -> None:
    """Write the rows of `Task.predict` to a .csv or .parquet file, the columns of `JSON` as JSON text in both."""
    # Parquet has one type a column, and a reason's value is a number or a text.
    rows = rows.assign(**{name: [plain(value, True) for value in rows[name]] for name in sorted(JSON) if name in rows})
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix(output) == ".csv":
        rows.to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)


def suffix(output: str) -> str:
    """`.csv` or `.parquet`. Raises MillwrightError for a file that ends otherwise."""
    found = Path(output).suffix.lower()
    if found not in (".csv", ".parquet"):
        raise MillwrightError(f"--output {output}: expected a file that ends in .csv or .parquet.")
    return found
