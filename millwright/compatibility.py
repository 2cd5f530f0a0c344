"""Whether a contract may change as it does: every reader and every writer, old or new, has to live on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from millwright.contracts import Contract, Field

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "double": (int, float),
    "float": (int, float),
    "long": (int,),
    "int": (int,),
    "boolean": (bool,),
    "timestamp-micros": (int,),
}


@dataclass(frozen=True, order=True)
class Problem:
    """Why a change is refused. `field` is a field's name, or the attribute of the stream that changed."""

    stream: str
    field: str
    reason: str


def incompatibilities(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[Problem]:
    """What in `new` breaks readers or writers of `old` (contracts by stream), sorted; empty when nothing does.

    Avro's FULL compatibility, without its promotions (int to long reads one way only), and with what Avro does not
    see: units, keys, what makes two records the same, and where a stream lies.
    """
    found: list[Problem] = []
    moved = {_full_name(c): c for stream, c in new.items() if stream not in old}
    for stream, before in old.items():
        if stream in new:
            found += _stream_problems(before, new[stream])
        elif after := moved.get(_full_name(before)):
            found.append(
                Problem(stream, "topic", f"changed to {after.topic!r}: records already sent would be left behind")
            )
        else:
            found.append(Problem(stream, "stream", "removed, while its producers and its history are still there"))
    return sorted(found)


def _full_name(contract: Contract) -> str:
    return f"{contract.avro.get('namespace', '')}.{contract.avro.get('name', '')}"


def _stream_problems(old: Contract, new: Contract) -> Iterator[Problem]:
    def attribute(name: str, before: object, after: object, effect: str) -> Iterator[Problem]:
        if before != after:
            yield Problem(new.stream, name, f"changed from {_said(before)} to {_said(after)}: {effect}")

    yield from attribute("name", _full_name(old), _full_name(new), "Avro readers match records by name")
    yield from attribute("topic", old.topic, new.topic, "records already sent would be left behind")
    yield from attribute("table", old.table, new.table, "rows already loaded would be left behind")
    yield from attribute("key", old.key, new.key, "a key's records would change partition and lose their order")
    yield from attribute("event_time", old.event_time, new.event_time, "rows already loaded lie by the old one")
    yield from attribute("unique", old.unique, new.unique, "it decides which records are duplicates")
    yield from (Problem(new.stream, name, reason) for name, reason in _field_problems(old, new))


def _field_problems(old: Contract, new: Contract) -> Iterator[tuple[str, str]]:
    before, after = ({f.name: f for f in c.fields} for c in (old, new))
    added = [f for name, f in after.items() if name not in before]
    for name, field in before.items():
        if name in after:
            yield from ((name, reason) for reason in _changes(field, after[name], _raw(new, name)))
        elif (to := _renamed(field, added, new)) is not None:
            added.remove(to)
            yield name, f"renamed to {to.name!r}: readers match fields by name, so add the new one and keep this"
        elif not field.has_default:
            yield name, "removed, and it had no default: old readers could not read new records"
    for field in added:
        if not field.has_default:
            yield field.name, "added without a default: new readers could not read old records"
        elif not _default_fits(field, _raw(new, field.name)):
            yield field.name, _BAD_DEFAULT


_BAD_DEFAULT = "its default does not fit its type (an optional field's default has to be null)"


def _changes(old: Field, new: Field, raw: dict[str, Any]) -> Iterator[str]:
    if old.avro_type != new.avro_type:
        yield f"its type changed from {old.avro_type} to {new.avro_type}: add a field of another name"
    if old.nullable and not new.nullable:
        yield "it was optional and is now required: old records may lack it"
    if new.nullable and not old.nullable:
        yield "it was required and is now optional: old readers could not read a null"
    if old.has_default and not new.has_default:
        yield "its default was taken away: records from before it was added could no longer be read"
    elif new.has_default and not _default_fits(new, raw):
        yield _BAD_DEFAULT
    if old.unit != new.unit:
        yield f"its unit changed from {_said(old.unit)} to {_said(new.unit)}: add a field of another name"


def _renamed(field: Field, added: list[Field], new: Contract) -> Field | None:
    """The added field that is this one by another name: by its aliases, or alike in all but the name."""
    for other in added:
        if field.name in _raw(new, other.name).get("aliases", ()):
            return other
    alike = [o for o in added if (o.avro_type, o.nullable, o.unit, o.doc) == _looks(field)]
    return alike[0] if alike and field.doc else None


def _looks(field: Field) -> tuple[str, bool, str, str]:
    return field.avro_type, field.nullable, field.unit, field.doc


def _raw(contract: Contract, name: str) -> dict[str, Any]:
    return next(f for f in contract.avro["fields"] if f["name"] == name)


def _default_fits(field: Field, raw: dict[str, Any]) -> bool:
    default = raw["default"]
    if field.nullable:
        return default is None
    return isinstance(default, _PYTHON_TYPES[field.avro_type]) and (
        field.avro_type == "boolean" or not isinstance(default, bool)
    )


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else repr(value) if value else "none"
