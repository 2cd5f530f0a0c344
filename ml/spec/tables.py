"""The tables of fields in docs/models.md, from the specs themselves: `python -m ml.spec.tables docs/models.md`."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_PLACE = re.compile(r"(<!-- fields: ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """A page with each table between `<!-- fields: module.Class -->` and `<!-- end -->` written anew."""
    return _PLACE.sub(lambda found: f"{found[1]}{table(_part(found[2]))}\n{found[3]}", text)


def table(part: type[BaseModel]) -> str:
    """One line per field of a part that has something to say: name, what it is when not given, meaning."""
    lines = ["| field | when not given | meaning |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {_default(field)} | {field.description} |"
        for name, field in part.model_fields.items()
        if field.description
    ]
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "has to be given"
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _part(path: str) -> type[BaseModel]:
    module, _, name = path.rpartition(".")
    found: type[BaseModel] = getattr(import_module(module), name)
    return found


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(filled(page.read_text()))
