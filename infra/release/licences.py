"""The licences of what a release brings along, as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from infra.release.components import Component

_HEAD = """# Licences
Millwright itself is Apache-2.0. What it has installed, by the packages' own metadata; of jars only their own projects'
are known here, the others' lie in each jar. Images of other projects that docker-compose-full.yml names are not listed.

"""


def licences(parts: Sequence[Component]) -> str:
    """Markdown: how many of each licence, then each package."""
    counted = Counter(part.licence for part in parts)
    lines = [_HEAD, "| licence | packages |", "|---|---|"]
    lines += [
        f"| {licence} | {number} |" for licence, number in sorted(counted.items(), key=lambda each: (-each[1], each))
    ]
    lines += ["", "| package | version | licence |", "|---|---|---|"]
    lines += [f"| {part.name} ({part.kind}) | {part.version} | {part.licence} |" for part in parts]
    return "\n".join(lines) + "\n"
