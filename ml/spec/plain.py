"""What is wrong with a spec, for people: field, value, what was expected."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from ml.spec.part import Part, Wrong

SEE = "docs/models.md has the fields and their units."
_EXPECTED = {
    "extra_forbidden": "there is no such field",
    "missing": "it has to be given",
    "tuple_type": "expected a list, such as [{input}]",
    "dict_type": "expected fields with values, such as {{name: value}}",
    "too_short": "expected at least {min_length} of them",
    "string_type": "expected a text",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "greater_than": "expected a number above {gt:g}",
    "greater_than_equal": "expected a number from {ge:g}",
    "less_than": "expected a number below {lt:g}",
    "less_than_equal": "expected a number up to {le:g}",
    "literal_error": "expected {expected}",
    "string_pattern_mismatch": "expected schema.table",  # no other text has a pattern
    "model_attributes_type": "expected fields, such as {{by: {input}}}",  # of a split, which may be of several kinds
}
_KINDS = {"int": "expected a whole number", "float": "expected a number"}


def plain(error: ValidationError) -> str:
    """The first of the errors in one line, in words and without pydantic's names of the alternatives it tried."""
    found = error.errors()
    # Of alternatives, the one that went deepest came nearest to what was meant.
    first = max(_alternatives(found), key=lambda one: len(_fields(one["loc"][1:])))
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _tag(first)
    where = ".".join(_fields(first["loc"][1:]))
    same = [_said(one) for one in _alternatives(found) if _fields(one["loc"][1:]) == _fields(first["loc"][1:])]
    message = " or ".join(one.removeprefix("expected ") if at else one for at, one in enumerate(dict.fromkeys(same)))
    if not where:
        return message
    if isinstance(first.get("ctx", {}).get("error"), Wrong):
        return f"{where}.{message}"
    whole_part = isinstance(first["input"], dict) and first["type"] in ("missing", "value_error")
    return f"{where}: {message}" if whole_part else f"{where} = {first['input']!r}: {message}"


def _alternatives(found: list[Any]) -> list[Any]:
    """The first error, and those of other types that its field might have."""
    place = _fields(found[0]["loc"][1:])
    tried = [one for one in found if _fields(one["loc"][1:])[: len(place)] == place]
    return tried if len(found[0]["loc"][1:]) > len(place) else found[:1]


def _said(one: Any) -> str:
    kind, context = one["type"], one.get("ctx", {})
    if kind == "model_type":
        return _of_part(context["class_name"], one["input"])
    if kind.split("_")[0] in _KINDS:
        return _KINDS[kind.split("_")[0]]
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**context, input=one["input"])
    return str(one["msg"]).removeprefix("Value error, ")


def _of_part(name: str, given: Any) -> str:
    """Of a value in place of a part: the fields of the part, and how it would be written."""
    part = next(one for one in _parts(Part) if one.__name__ == name)
    told = {field: about for field, about in part.model_fields.items() if field != "task"}
    needed = next((field for field, about in told.items() if about.default is PydanticUndefined), next(iter(told)))
    example = f", such as {{{needed}: {given}}}" if isinstance(given, str) else ""
    return f"expected fields ({', '.join(told)}){example}"


def _parts(part: type[Part]) -> list[type[Part]]:
    return [part, *(below for one in part.__subclasses__() for below in _parts(one))]


def _tag(first: Any) -> str:
    name = first["ctx"]["discriminator"].strip("'")
    where = ".".join([*_fields(first["loc"][1:]), name])
    said = f"{where} = {first['input'][name]!r}" if name in first["input"] else where
    expected = first["ctx"].get("expected_tags")
    return f"{said}: expected one of {expected}" if expected else f"{said}: it has to be given"


def _fields(loc: tuple[str | int, ...]) -> list[str]:
    """The names in a place, without the tag that follows `split` and the types of a union."""
    out: list[str] = []
    for at, part in enumerate(loc):
        text = str(part)
        if at and loc[at - 1] == "split" and text in ("time", "rows", "entity", "folds", "column"):
            continue
        if "[" in text or text in ("str", "int", "float", "bool", "none"):
            continue
        out.append(text)
    return out
