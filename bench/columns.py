"""What the peers are told of the contract, in SQL that Flink and Spark both read."""

from __future__ import annotations

from typing import Any

from millwright.contracts import Contract, Field
from millwright.validate import bounds

_TYPES = {"string": "STRING", "double": "DOUBLE", "timestamp-micros": "BIGINT"}  # those of the measured stream


def sql_type(field: Field) -> str:
    """The type of a column; an event time stays the number that it is on the wire, which is the least work."""
    return _TYPES[field.avro_type]


def in_range(contract: Contract) -> str:
    """The condition that every value lies where its contract allows, as the sink checks it."""
    return " AND ".join(bound for field in contract.fields for bound in _bounds(field)) or "TRUE"


def _bounds(field: Field) -> list[str]:
    limits = zip((">=", "<="), bounds(field), strict=True)
    found = [f"`{field.name}` {sign} {limit}" for sign, limit in limits if limit is not None]
    return [f"(`{field.name}` IS NULL OR {bound})" for bound in found] if field.nullable else found


def in_range_python(contract: Contract) -> str:
    """The same condition as a Python expression on a `row` by field name, of numbers only."""
    numbers = [field for field in contract.fields if field.avro_type == "double"]
    found = []
    for field in numbers:
        low, high = bounds(field)
        value = f"row[{field.name!r}]"
        found.append(f"({value} is None or {low} <= {value} <= {high})")
    return " and ".join(found) or "True"


def plain_schema(contract: Contract) -> dict[str, Any]:
    """The contract's Avro schema with names and types only."""
    fields = [{"name": field.name, "type": _plain(field)} for field in contract.fields]
    return {"type": "record", "name": contract.avro["name"], "fields": fields}


def _plain(field: Field) -> str | list[str]:
    kind = "long" if field.avro_type == "timestamp-micros" else field.avro_type
    return ["null", kind] if field.nullable else kind
