"""Validation: what a contract allows, column by column, and the reason for each record that it does not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Contract, Field

# What every database and language can hold as a time stamp, in microseconds: the years 1 to 9999.
_TIME_MIN = -62_135_596_800_000_000
_TIME_MAX = 253_402_300_799_999_999


def rejections(
    contract: Contract, rows: pa.Table | pa.RecordBatch, append_ms: pa.Array, future_tolerance_seconds: float
) -> pa.Array:
    """Per row the reason why it is rejected, null when it is accepted.

    `rows` has the contract's columns; `append_ms` says when the broker took each row (ms since 1970). Reasons, the
    first that holds counts: `missing_required:<field>` (null, or an empty key), `out_of_range:<field>` (outside
    `valid`, not finite, or no date), `not_allowed:<field>`, `not_text:<field>` (a NUL, which no text column takes),
    `event_time_in_future`.
    """
    if isinstance(rows, pa.Table):
        rows = pa.RecordBatch.from_struct_array(rows.to_struct_array().combine_chunks())
    reasons = pa.nulls(len(rows), pa.string())
    for field in contract.fields:
        for name, wrong in _checks(contract, field, rows.column(field.name)):
            reasons = _marked(reasons, wrong, f"{name}:{field.name}")
    event_time = rows.column(contract.event_time).cast(pa.int64())
    latest = pc.add(pc.multiply(append_ms, 1000), round(future_tolerance_seconds * 1_000_000))
    return _marked(reasons, pc.greater(event_time, latest), "event_time_in_future")


def _checks(contract: Contract, field: Field, column: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    if not field.nullable and column.null_count:
        yield "missing_required", column.is_null()
    if field.name == contract.key:
        yield "missing_required", pc.equal(column, "")
    if field.avro_type == "string":
        if field.allowed is not None:
            known = pc.is_in(column, value_set=pa.array(field.allowed, pa.string()))
            yield "not_allowed", pc.and_(column.is_valid(), pc.invert(known))
        if _holds_nul(column):
            yield "not_text", pc.match_substring(column, "\0")
    elif field.avro_type != "boolean":
        if field.avro_type == "timestamp-micros":
            column = column.cast(pa.int64())
        if not _all_within(field, column):
            yield "out_of_range", _outside(field, column)


def _holds_nul(column: pa.Array) -> bool:
    """Whether there is a NUL in any value, or in the array's memory near them: value by value is dear to find out."""
    data = column.buffers()[2]
    return data is not None and not np.frombuffer(data, np.uint8).all()


def _all_within(field: Field, column: pa.Array) -> bool:
    """Whether no value is outside, as the column's extremes tell; one by one they cost ten times as much."""
    low, high = bounds(field)
    least, greatest = (extreme.as_py() for extreme in pc.min_max(column).values())
    if least is None:
        return True
    # A sum that is finite has no NaN in it, which extremes leave out, and nothing infinite.
    finite = pa.types.is_integer(column.type) or math.isfinite(pc.sum(column).as_py())
    return finite and (low is None or least >= low) and (high is None or greatest <= high)


def _outside(field: Field, column: pa.Array) -> pa.Array:
    low, high = bounds(field)
    wrong = pc.invert(pc.is_finite(column))  # NaN compares as false with everything
    if low is not None:
        wrong = pc.or_(wrong, pc.less(column, pa.scalar(low, column.type)))
    if high is not None:
        wrong = pc.or_(wrong, pc.greater(column, pa.scalar(high, column.type)))
    return wrong


def bounds(field: Field) -> tuple[float | int | None, float | int | None]:
    """The least and the greatest value a field may have; microseconds since 1970 for a time stamp; None: no limit."""
    low, high = field.valid or (None, None)
    if field.avro_type != "timestamp-micros":
        return low, high
    return max(_TIME_MIN, _micros(low, _TIME_MIN)), min(_TIME_MAX, _micros(high, _TIME_MAX))


def _micros(bound: str | None, otherwise: int) -> int:
    if bound is None:
        return otherwise
    moment = datetime.fromisoformat(bound)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _marked(reasons: pa.Array, wrong: pa.Array, reason: str) -> pa.Array:
    first = pc.and_(reasons.is_null(), pc.fill_null(wrong, False))
    return pc.if_else(first, pa.scalar(reason, pa.string()), reasons) if pc.any(first).as_py() else reasons
