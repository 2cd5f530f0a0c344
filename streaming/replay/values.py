"""Turns a column of whatever type into a contract field's type; what cannot be read is marked, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import TIMESTAMP, Field
from streaming.replay.mapping import Mapping, Source

_EPOCHS = {"epoch_s": 10**6, "epoch_ms": 10**3, "epoch_us": 1, "epoch_ns": 10**-3}  # microseconds a unit
_NAIVE = pa.timestamp("us")
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_ZONED = r"([Zz]|[+-]\d\d(:?\d\d)?)$"
_TRUE, _FALSE = ["true", "t", "yes", "y", "1", "1.0"], ["false", "f", "no", "n", "0", "0.0"]
_EXACT = 2.0**53  # whole numbers above are not exact as doubles


def convert(column: pa.Array, field: Field, source: Source, mapping: Mapping) -> tuple[pa.Array, pa.Array]:
    """A column as the field's type, and for each row whether it could not be read (boolean array).

    Missing values are null and not bad; whether the field may be null is not judged here.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        missing = pc.is_in(column, value_set=pa.array(mapping.missing, pa.string()))
        column = pc.if_else(missing, pa.scalar(None, pa.string()), column)
    elif pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    read = _READERS.get(field.avro_type)
    found = read(column, source, mapping) if read else _numbers(column, field, source, mapping)
    return found, pc.and_(pc.is_valid(column), pc.is_null(found))


def _numbers(column: pa.Array, field: Field, source: Source, mapping: Mapping) -> pa.Array:
    whole = pa.types.is_integer(field.arrow_type)
    if pa.types.is_string(column.type):
        if mapping.decimal != ".":
            # A point is no decimal then: "1.234,5" is refused rather than read as 1.2345.
            pointed = pc.match_substring(column, ".")
            column = pc.replace_substring(column, mapping.decimal, ".")
            column = pc.if_else(pointed, pa.scalar(None, pa.string()), column)
        column = _where(column, pc.match_substring_regex(column, _NUMBER))
        column = pc.replace_substring_regex(column, r"^\+", "")
    plain = source.scale == 1.0 and source.offset == 0.0
    exact = pa.nulls(len(column), field.arrow_type)
    if whole and plain and (_is_text(column) or pa.types.is_integer(column.type)):
        # Not by way of a double, which holds no whole number beyond 2**53 exactly.
        digits = _where(column, pc.match_substring_regex(column, r"^-?\d+$")) if _is_text(column) else column
        exact = _each(digits, lambda part: pc.cast(part, field.arrow_type))
        if exact.null_count == column.null_count:
            return exact
    numbers = _each(column, lambda part: pc.cast(part, pa.float64(), safe=False))
    numbers = pc.add(pc.multiply(numbers, source.scale), source.offset) if not plain else numbers
    numbers = _where(numbers, pc.is_finite(numbers))
    if whole:
        numbers = _where(numbers, pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _EXACT)))
        return pc.coalesce(exact, _each(numbers, lambda part: pc.cast(part, field.arrow_type)))
    return pc.cast(numbers, field.arrow_type, safe=False)


def _is_text(column: pa.Array) -> bool:
    return bool(pa.types.is_string(column.type))


def _booleans(column: pa.Array, source: Source, mapping: Mapping) -> pa.Array:
    if pa.types.is_boolean(column.type):
        return column
    text = pc.utf8_lower(_each(column, lambda part: pc.cast(part, pa.string())))
    known = pc.is_in(text, value_set=pa.array(_TRUE + _FALSE))
    return _where(pc.is_in(text, value_set=pa.array(_TRUE)), known)


def _texts(column: pa.Array, source: Source, mapping: Mapping) -> pa.Array:
    text = _each(column, lambda part: pc.cast(part, pa.string()))
    if source.format is None:
        return text
    coded = text.dictionary_encode()  # few machines, many rows
    words = pa.array([source.format.format(word) for word in coded.dictionary.to_pylist()], pa.string())
    return pc.take(words, coded.indices)


def _times(column: pa.Array, source: Source, mapping: Mapping) -> pa.Array:
    zone = source.timezone or mapping.timezone
    if source.format in _EPOCHS:
        return _epochs(column, _EPOCHS[source.format], mapping)
    if pa.types.is_timestamp(column.type):
        in_us = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
        return pc.cast(in_us, TIMESTAMP) if column.type.tz else _localised(in_us, zone)
    if pa.types.is_date(column.type):
        return _localised(pc.cast(column, _NAIVE), zone)
    if not pa.types.is_string(column.type):
        return pa.nulls(len(column), TIMESTAMP)
    if source.format is not None:
        return _strptime(column, source.format, zone)
    # More digits than microseconds hold are cut off.
    text = pc.replace_substring_regex(column, r"(\.\d{6})\d+", r"\1")
    zoned = pc.and_(pc.match_substring(text, ":"), pc.match_substring_regex(text, _ZONED))
    absolute = _each(_where(text, zoned), lambda part: pc.cast(part, TIMESTAMP))
    local = _each(_where(text, pc.invert(zoned)), lambda part: pc.cast(part, _NAIVE))
    return pc.coalesce(absolute, _localised(local, zone))


def _epochs(column: pa.Array, microseconds: float, mapping: Mapping) -> pa.Array:
    whole = Field("", "long", True)
    exact = _numbers(column, whole, Source(column=""), mapping)
    if exact.null_count == column.null_count:  # no fractions: exact beyond 2**53
        if microseconds < 1:
            return pc.cast(pc.divide(exact, 1000), TIMESTAMP)
        return _each(exact, lambda part: pc.cast(pc.multiply_checked(part, int(microseconds)), TIMESTAMP))
    numbers = _numbers(column, Field("", "double", True), Source(column=""), mapping)
    rounded = pc.round(pc.multiply(numbers, float(microseconds)))
    return _each(rounded, lambda part: pc.cast(pc.cast(part, pa.int64()), TIMESTAMP))


def _strptime(column: pa.Array, form: str, zone: str) -> pa.Array:
    coded = column.dictionary_encode()
    found = [_parsed(word, form) for word in coded.dictionary.to_pylist()]
    absolute = pa.array([t.astimezone(UTC) if t and t.tzinfo else None for t in found], TIMESTAMP)
    local = pa.array([t if t and not t.tzinfo else None for t in found], _NAIVE)
    return pc.take(pc.coalesce(absolute, _localised(local, zone)), coded.indices)


def _parsed(word: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(word, form)
    except ValueError:
        return None


def _localised(naive: pa.Array, zone: str) -> pa.Array:
    """Local times as UTC. Of an hour that came twice the first is taken; a time that never was is null."""
    if zone == "UTC":
        return pc.cast(naive, TIMESTAMP)
    zoned = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
    return pc.cast(_where(zoned, pc.equal(pc.local_timestamp(zoned), naive)), TIMESTAMP)


def _where(values: pa.Array, keep: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(keep, False), values, pa.scalar(None, values.type))


def _each(column: pa.Array, act: Callable[[Any], Any]) -> pa.Array:
    """`act` on all values at once; where Arrow refuses, on halves, so that only the bad ones become null."""
    try:
        return act(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if len(column) == 1:
            return pa.nulls(1, act(column[:0]).type) if column.type != pa.null() else column
        half = len(column) // 2
        return pa.concat_arrays([_each(column[:half], act), _each(column[half:], act)])


_READERS: dict[str, Callable[[Any, Source, Mapping], Any]] = {
    "boolean": _booleans,
    "string": _texts,
    "timestamp-micros": _times,
}
