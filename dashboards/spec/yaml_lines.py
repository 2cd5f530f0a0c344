"""YAML that remembers on which line each of its values stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Where = tuple[str | int, ...]
# By libyaml where PyYAML was built with it: a tenth of the time.
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what to do about it."""

    file: Path
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} {self.remedy}".rstrip()


@dataclass
class Located:
    """A file's content, and the line (from 1) of each value by its path of keys and positions."""

    file: Path
    data: Any
    lines: dict[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int:
        """The line of a value; of one that is missing that of what it should stand in."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, where: Where, message: str, remedy: str = "") -> Problem:
        return Problem(self.file, self.line(where), message, remedy)


class Unreadable(Exception):
    """The file is no YAML, or names a key twice."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read(file: Path) -> Located:
    """A YAML file with its lines. Raises Unreadable, also when a mapping names one key twice."""
    found = Located(file, None)
    loader = LOADER(file.read_text())
    try:
        node = loader.get_single_node()
        if node is not None:
            _note(found, node, ())
            found.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = Problem(file, line, f"This is no YAML: {error.problem}.", "Check the indentation and the quotes.")
        raise Unreadable(problem) from None
    finally:
        loader.dispose()
    return found


def _note(found: Located, node: yaml.Node, where: Where) -> None:
    found.lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            name = key.value
            if name in seen:
                problem = Problem(found.file, key.start_mark.line + 1, f"{name!r} is given twice.", "Keep one of them.")
                raise Unreadable(problem)
            seen.add(name)
            found.lines[(*where, name)] = key.start_mark.line + 1
            _note(found, value, (*where, name))
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _note(found, value, (*where, position))
