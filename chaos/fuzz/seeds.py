"""Sound messages of every stream and schema version, from which the mutations are made."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from random import Random
from typing import Any

from millwright.contracts import Contract, Field, contracts, parse_contract
from millwright.registry import Registered
from millwright.wire import encode, header

NOW_MS = 1_772_323_200_000  # 2026-03-01
_ADDED = [
    {"name": "torque", "type": ["null", "double"], "default": None, "valid": [0.0, 10.0], "channel": True},
    {"name": "site", "type": "string", "default": "main"},
    {"name": "pieces", "type": ["null", "long"], "default": None, "valid": [-5, 10]},
    {"name": "checked", "type": "boolean", "default": False},
    {"name": "weight", "type": ["null", "float"], "default": None},
    {"name": "shift_number", "type": "int", "default": 0},
]


@dataclass(frozen=True)
class Stream:
    """A stream with two versions of its contract. `pool` holds (schema id, key, value) of sound records."""

    contract: Contract  # the newest
    newest_id: int
    known: dict[int, Registered]
    foreign_ids: list[int]  # of other streams
    pool: list[tuple[int, bytes, bytes]]


def streams(seed: int, pool: int = 400) -> list[Stream]:
    """Every stream of the contracts, each with a version that has a field of every kind added amid the others."""
    rng, found = Random(seed), list[Stream]()
    every = list(contracts().values())
    for number, old in enumerate(every):
        ids = (2 * number + 1, 2 * number + 2)
        versions = (old, _evolved(old))
        known = {i: Registered(i, v, each.avro_json) for v, (i, each) in enumerate(zip(ids, versions, strict=True), 1)}
        sound = [entry for i, each in zip(ids, versions, strict=True) for entry in _pool(each, i, pool // 2, rng)]
        foreign = [i for i in range(1, 2 * len(every) + 1) if i not in ids]
        found.append(Stream(versions[1], ids[1], known, foreign, sound))
    return found


def _evolved(old: Contract) -> Contract:
    avro = copy.deepcopy(old.avro)
    avro["fields"][2:2] = copy.deepcopy(_ADDED[:3])
    avro["fields"] += copy.deepcopy(_ADDED[3:])
    return parse_contract(avro, f"{old.stream} with more fields")


def _pool(spec: Contract, schema_id: int, count: int, rng: Random) -> list[tuple[int, bytes, bytes]]:
    rows = [{field.name: sound_value(spec, field, rng) for field in spec.fields} for _ in range(count)]
    return [(schema_id, key, header(schema_id) + body) for part in encode(spec, rows) for key, body in part]


def sound_value(spec: Contract, field: Field, rng: Random) -> Any:
    """A value that the contract allows."""
    if field.nullable and rng.random() < 0.3:
        return None
    if field.name == spec.key:
        return f"m{rng.randrange(50)}"
    if field.allowed:
        return rng.choice(field.allowed)
    low, high = field.valid or (None, None)
    match field.avro_type:
        case "timestamp-micros":
            return NOW_MS * 1000 - rng.randrange(10**9, 10**15)
        case "string":
            return rng.choice(["", "a", "größer 5 °C", "x" * rng.randrange(300), "👷", "true"])
        case "boolean":
            return rng.random() < 0.5
        case "int" | "long":
            return rng.randint(low if low is not None else -(2**31), high if high is not None else 2**31 - 1)
        case "float":
            return rng.choice([0.0, -0.5, 1024.25])
        case _:
            return rng.choice([low or 0.0, high or 1e300, rng.uniform(low or 0.0, high or 1e6)])
