"""The tables of docs/models.md, from the specs and algorithms themselves: `python -m ml.spec.tables docs/models.md`."""

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

from ml.spec.parameters import FAILURE, QUALITY, RUL, expected

_PLACE = re.compile(r"(<!-- (fields|parameters): ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TABLES = {"failure": FAILURE, "rul": RUL, "quality": QUALITY}  # tasks whose algorithms have their parameters in common


def filled(text: str) -> str:
    """A page with each table written anew: from `<!-- fields: module.Class -->`, or `<!-- parameters: algorithm -->`,
    to `<!-- end -->`."""
    return _PLACE.sub(lambda found: f"{found[1]}{_table(found[2], found[3])}\n{found[4]}", text)


def _table(kind: str, name: str) -> str:
    return table(_part(name)) if kind == "fields" else parameters(name)


def parameters(name: str) -> str:
    """One line per parameter of an algorithm: what it may be, and what it is in each task when not given."""
    tasks = {task: tables[name] for task, tables in _TABLES.items() if name in tables}
    allowed = {one: ranges for table in tasks.values() for one, ranges in table.items()}
    lines = [
        " | ".join([f"| `{name}`", "what it may be", *(f"{task}, when not given" for task in tasks)]) + " |",
        "|---|---|" + "---|" * len(tasks),
    ]
    for one, ranges in allowed.items():
        usual = [_usual(task, name, one) if one in table else "no such" for task, table in tasks.items()]
        lines.append(" | ".join([f"| `{one}`", expected(ranges), *usual]) + " |")
    return "\n".join(lines)


def _usual(task: str, name: str, parameter: str) -> str:
    defaults = import_module(f"ml.{task}.estimators").DEFAULTS[name]
    return f"`{defaults[parameter]}`" if parameter in defaults else ""


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
