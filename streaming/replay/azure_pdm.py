"""Microsoft's predictive-maintenance sample (PdM_*.csv) as streams of one plant.

All machines' events are read, and the telemetry of those that the file holds. Times are taken as UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from streaming.replay.apply import Mapped, Piece, apply, refuse
from streaming.replay.csv_file import read_csv
from streaming.replay.mapping import Mapping

_MACHINE = {"column": "machineID", "format": "machine-{:0>3}"}
_YEAR_OF_AGES = 2015  # the ages are those at the beginning of the year that the files describe
_VALID_FROM = "2014-01-01T00:00:00Z"  # before the first event, a maintenance in June 2014


def _events(kind: str, **fields: Any) -> Mapping:
    origin = {"equipment_id": _MACHINE, "event_time": "datetime", "kind": {"constant": kind}}
    return Mapping.model_validate({"stream": "equipment-status", "fields": {**origin, **fields}})


def _machines() -> Mapping:
    fields = {
        "equipment_id": _MACHINE,
        "event_time": {"constant": _VALID_FROM},
        "equipment_name": {"column": "machineID", "format": "Machine {}"},
        "equipment_type": {"constant": "machine"},
        "model": "model",
        "plant_id": {"constant": "PDM"},
        "commissioned_at": "age",
    }
    return Mapping.model_validate({"stream": "equipment-assets", "fields": fields})


def _telemetry() -> Mapping:
    channels = {"voltage": "volt", "rotation": "rotate", "pressure": "pressure", "vibration": "vibration"}
    fields = {"equipment_id": _MACHINE, "event_time": "datetime", **channels}
    return Mapping.model_validate({"stream": "equipment-sensors", "fields": fields})


def read_azure_pdm(folder: Path) -> Iterator[Mapped]:
    """The folder's five files: machines first, then events, then telemetry, each file in its own order.

    A maintenance at the time of the same component's failure is unplanned, any other planned.
    Raises MillwrightError for a missing file or column, or a value that cannot be read.
    """
    yield from _read(folder / "PdM_machines.csv", _machines(), _with_commissioning)
    yield from _read(folder / "PdM_errors.csv", _events("error", code="errorID"))
    yield from _read(folder / "PdM_failures.csv", _events("failure", component="failure"))
    failures = _failures(folder / "PdM_failures.csv")
    maintenance = _events("maintenance", component="comp", planned="planned")
    columns = ["datetime", "machineID", "comp"]
    yield from _read(folder / "PdM_maint.csv", maintenance, lambda piece: _with_planned(piece, failures), columns)
    yield from _read(folder / "PdM_telemetry.csv", _telemetry())


def _read(
    path: Path,
    mapping: Mapping,
    derive: Callable[[Piece], Piece] | None = None,
    columns: list[str] | None = None,
) -> Iterator[Mapped]:
    for piece in read_csv(path, mapping, columns):
        mapped = apply(derive(piece) if derive else piece, mapping)
        if mapped.bad:
            raise refuse(mapped.bad[0], path.name)
        yield mapped


def _with_commissioning(piece: Piece) -> Piece:
    ages = piece.table.column("age").to_pylist()
    # An age that is no number stays as it is and is refused as a time.
    begun = [f"{_YEAR_OF_AGES - int(age)}-01-01" if age.isdigit() else age for age in ages]
    at = piece.table.column_names.index("age")
    return Piece(piece.table.set_column(at, "age", pa.array(begun, pa.string())), piece.numbers, piece.broken)


def _failures(path: Path) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for piece in read_csv(path, _events("failure", component="failure")):
        found.update(_keys(piece, "failure"))
    return found


def _with_planned(piece: Piece, failures: set[tuple[str, str, str]]) -> Piece:
    planned = pa.array(["false" if key in failures else "true" for key in _keys(piece, "comp")], pa.string())
    return Piece(piece.table.append_column("planned", planned), piece.numbers, piece.broken)


def _keys(piece: Piece, component: str) -> Iterator[tuple[str, str, str]]:
    columns = (piece.table.column(name).to_pylist() for name in ("datetime", "machineID", component))
    return zip(*columns, strict=True)
