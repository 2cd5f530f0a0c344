"""A plan as people know it from Terraform."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape

from dashboards.metabase.walk import Change

_SIGNS = {"create": "[green]+[/]", "update": "[yellow]~[/]", "remove": "[red]-[/]", "leave": "[dim]![/]"}
_LONGEST = 100
_MANY = 20
_SECRET = "password"


def line(change: Change, console: Console, is_short: bool = False) -> None:
    """One change; the differences of an update below it."""
    why = f" [dim](left: {escape(change.why)})[/]" if change.why else ""
    console.print(f"{_SIGNS[change.action]} {change.kind} [bold]{escape(change.key)}[/]{why}", soft_wrap=True)
    if change.action == "update" and not is_short:
        for each in change.differences:
            is_secret = each.path == _SECRET
            before, after = ("(kept secret)",) * 2 if is_secret else (_text(each.is_), _text(each.should))
            console.print(f"    {escape(each.path)}: {escape(before)} [dim]→[/] {escape(after)}", soft_wrap=True)


def listed(changes: Iterable[Change], console: Console) -> None:
    """All of them; many fields whose papers are new are told in one line."""
    changes = list(changes)
    fields = [c for c in changes if c.kind in ("field", "table")]
    if len(fields) > _MANY:
        console.print(
            f"{_SIGNS['update']} field, table [bold]{len(fields)}[/] descriptions and meanings from dbt's papers"
        )
    for change in changes:
        if len(fields) <= _MANY or change not in fields:
            line(change, console)


def total(changes: Iterable[Change], console: Console, is_done: bool) -> None:
    """How many of each."""
    counted = Counter(change.action for change in changes)
    if not counted:
        console.print("Nothing differs: Metabase shows what the files say.")
        return
    verbs = ("made", "changed", "removed") if is_done else ("to make", "to change", "to remove")
    counts = (counted["create"], counted["update"], counted["remove"])
    parts = [f"{count} {verb}" for count, verb in zip(counts, verbs, strict=True)]
    left = f", {counted['leave']} left for others' sake" if counted["leave"] else ""
    console.print(f"{'Done' if is_done else 'Plan'}: {', '.join(parts)}{left}.")


def as_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {"action": c.action, "kind": c.kind, "key": c.key, "why": c.why}
        | {"differences": [{"path": d.path, "is": _plain(d.is_), "should": _plain(d.should)} for d in c.differences]}
        for c in changes
    ]


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
