"""A commit to a Delta table's log, by the name that only one writer can take: the sink's own compare-and-set.

delta-rs can replace what a predicate names, and not the files that we name; it reads these commits as any other.
"""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from millwright.settings import settings
from millwright.store import lake_store
from spark_jobs.delta import address
from spark_jobs.parts import Part

_ROW_GROUP = 25_000  # rows of few machines each, for a part is ordered by machine: a look-back for one skips the rest


def commit(
    table: str,
    version: int,
    removed: Iterable[Part],
    added: Iterable[dict[str, Any]],
    state: Mapping[str, int],
    told: Mapping[str, str],
) -> bool:
    """Make this version of a table, unless another writer has: then False.

    `state` is Delta's transaction state: name → number; `told` goes into the log's entry. Raises Unavailable when the
    lake does not answer.
    """
    now = _now()
    entry = {"timestamp": now, "operation": "WRITE", "engineInfo": "millwright", "txnId": uuid.uuid4().hex, **told}
    actions: list[dict[str, Any]] = [
        {"commitInfo": entry},
        *({"add": action} for action in added),
        *({"remove": _remove(part, now)} for part in removed),
        *({"txn": {"appId": name, "version": number, "lastUpdated": now}} for name, number in state.items()),
    ]
    lines = "\n".join(json.dumps(action) for action in actions)
    return lake_store().create(_key(table, f"_delta_log/{version:020d}.json"), lines.encode(), "silver")


def write_part(
    table: str, path: str, rows: pa.Table, partition: str, bounds: Mapping[str, tuple[Any, Any]]
) -> dict[str, Any]:
    """Write rows, all of one value of `partition`, as a Parquet file; returns Delta's add action for it.

    `bounds` are least and greatest values by column. Until a commit names it, the file counts for nothing.
    """
    value = str(rows[partition][0])
    out = io.BytesIO()
    # Level 1: a part is written several times before its stretch of time is over.
    pq.write_table(
        rows.drop_columns([partition]), out, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP
    )
    if not lake_store().create(_key(table, path), out.getvalue(), "silver_part"):
        raise RuntimeError(f"{path} is taken, though its name was drawn at random")
    stats = {
        "numRecords": len(rows),
        "minValues": {name: least for name, (least, _) in bounds.items()},
        "maxValues": {name: greatest for name, (_, greatest) in bounds.items()},
        "nullCount": dict.fromkeys(bounds, 0),
    }
    return {
        "path": path,
        "partitionValues": {partition: value},
        "size": out.tell(),
        "modificationTime": _now(),
        "dataChange": True,
        "stats": json.dumps(stats),
    }


def _remove(part: Part, now: int) -> dict[str, Any]:
    folder = part.path.split("/")[0]
    name, _, value = folder.partition("=")
    return {
        "path": part.path,
        "deletionTimestamp": now,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": {name: value},
        "size": part.size,
    }


def _key(table: str, path: str) -> str:
    return f"{address(table).removeprefix(settings().lake)}/{path}".lstrip("/")


def _now() -> int:
    return time.time_ns() // 1_000_000
