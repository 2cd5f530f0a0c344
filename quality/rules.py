"""The rules of contracts/reference/quality_rules.yml, held against the contracts."""

from __future__ import annotations

from pathlib import Path

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.reference import read

ANY = "*"


def check(directory: Path | None = None) -> int:
    """How many rules there are.

    Raises MillwrightError naming file, entry and field, also for a stream or a field that no contract has.
    """
    entries = read("quality_rules", directory)
    for number, entry in enumerate(entries, 1):
        where = f"quality_rules.yml: entry {number}"
        if entry.stream != ANY and entry.stream not in contracts():
            raise MillwrightError(
                f"{where}: stream: there is no stream {entry.stream!r}.", f"There are {', '.join(contracts())}."
            )
        streams = [c for c in contracts().values() if entry.stream in (ANY, c.stream)]
        fields = sorted({field.name for spec in streams for field in spec.fields if field.nullable})
        if entry.field != ANY and entry.field not in fields:
            raise MillwrightError(
                f"{where}: field: no such stream has an optional field {entry.field!r}.",
                f"There are {', '.join(fields)}.",
            )
    return len(entries)
