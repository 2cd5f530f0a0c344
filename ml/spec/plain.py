"""What is wrong with a spec, for people: field, value, what was expected."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ml.spec.part import Wrong

SEE = "docs/models.md has the fields and their units."


def plain(error: ValidationError) -> str:
    """The first of the errors in one line, without pydantic's names of the alternatives it tried."""
    first = error.errors()[0]
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _tag(first)
    where = ".".join(_fields(first["loc"][1:]))
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "there is no such field"
    if not where:
        return message
    if isinstance(first.get("ctx", {}).get("error"), Wrong):
        return f"{where}.{message}"
    whole_part = isinstance(first["input"], dict) and first["type"] in ("missing", "value_error")
    return f"{where}: {message}" if whole_part else f"{where} = {first['input']!r}: {message}"


def _tag(first: Any) -> str:
    name = first["ctx"]["discriminator"].strip("'")
    where = ".".join([*_fields(first["loc"][1:]), name])
    said = f"{where} = {first['input'][name]!r}" if name in first["input"] else where
    expected = first["ctx"].get("expected_tags")
    return f"{said}: expected one of {expected}" if expected else f"{said}: Field required"


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
