"""Reads dashboards/site.yml and dashboards/boards/*.yml, and says what is wrong with them by file and line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from dashboards.spec import question
from dashboards.spec.board import Board, Site
from dashboards.spec.yaml_lines import Located, Problem, Unreadable, Where, read
from millwright.errors import MillwrightError

FOLDER = Path(__file__).resolve().parents[1]
_DISPLAYS = [
    name
    for kind in get_args(get_args(question.Question)[0])
    for name in get_args(kind.model_fields["display"].annotation)
]
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Boards:
    """All that the folder says: the boards by their files' names, in the order in which they are shown."""

    site: Site
    boards: dict[str, Board]
    files: dict[str, Located]  # by board, for what is said about them


def load(folder: Path | None = None) -> Boards:
    """Read and check the folder. Raises MillwrightError listing every problem with file, line and remedy."""
    from dashboards.check.run import problems_of

    boards, problems = parse(folder or FOLDER)
    if not problems and boards:
        problems = problems_of(boards)
    if problems or boards is None:
        raise told(problems)
    return boards


def parse(folder: Path) -> tuple[Boards | None, list[Problem]]:
    """What the files say, each held against its model only; with problems there is nothing else."""
    problems: list[Problem] = []
    site = _one(folder / "site.yml", Site, problems)
    boards: dict[str, Board] = {}
    files: dict[str, Located] = {}
    paths = sorted((folder / "boards").glob("*.yml"))
    if not paths:
        problems.append(
            Problem(folder / "boards", 1, "There is no dashboard here.", "Add one: see docs/dashboards.md.")
        )
    for path in paths:
        if found := _one(path, Board, problems):
            boards[path.stem], files[path.stem] = found
    if problems or site is None:
        return None, problems
    ordered = dict(sorted(boards.items(), key=lambda item: (item[1].position, item[0])))
    return Boards(site[0], ordered, files), []


def told(problems: Iterable[Problem]) -> MillwrightError:
    """One error that lists them all."""
    listed = sorted(problems, key=lambda p: (str(p.file), p.line))
    count = f"{len(listed)} problems" if len(listed) != 1 else "1 problem"
    lines = "\n".join(f"- {p}" for p in listed)
    return MillwrightError(f"The dashboards have {count}:\n{lines}", "docs/dashboards.md tells what a file may say.")


def _one(path: Path, model: type[_Model], problems: list[Problem]) -> tuple[_Model, Located] | None:
    try:
        found = read(path)
    except FileNotFoundError:
        problems.append(Problem(path, 1, "The file is missing.", "It says what all dashboards have in common."))
        return None
    except Unreadable as error:
        problems.append(error.problem)
        return None
    try:
        return model.model_validate(found.data), found
    except ValidationError as error:
        problems.extend(_problem(found, dict(each)) for each in error.errors())
        return None


def _problem(found: Located, error: dict[str, Any]) -> Problem:
    """pydantic's finding in our words. Its place holds names of variants, which no file has: they are left out."""
    where = _in_file(found.data, error["loc"])
    name = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            beside = _siblings(error)
            near = difflib.get_close_matches(name, beside, 1)
            remedy = (
                f"Did you mean {near[0]!r}?"
                if near
                else "Take it out" + (f"; there are: {', '.join(sorted(beside))}." if beside else ".")
            )
            return found.problem((*where, name), f"There is no setting {name!r} here.", remedy)
        case "missing":
            return found.problem(where, f"{name!r} is missing.", "Add it.")
        case "union_tag_invalid":
            tag = error["ctx"]["discriminator"].strip("'")
            given, expected = error["ctx"]["tag"], error["ctx"]["expected_tags"]
            there = ", ".join(_DISPLAYS) if tag == "display" else expected.replace("'", "")
            return found.problem((*where, tag), f"There is no {tag} {given!r}.", f"There are: {there}.")
        case "union_tag_not_found":
            tag = error["ctx"]["discriminator"].strip("'")
            return found.problem(where, f"{tag!r} is missing.", "Add it.")
    message = str(error["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(error["input"], dict | list) else f" is {error['input']!r}"
    label = ".".join(map(str, where)) or "The file"
    return found.problem(where, f"{label}{given}: {message[0].lower()}{message[1:]}.")


def _in_file(data: Any, loc: Where) -> Where:
    """The part of pydantic's place that the file has."""
    where: list[str | int] = []
    for part in loc:
        parts: Any = dict(enumerate(data)) if isinstance(data, list) else data
        if isinstance(parts, dict) and part in parts:
            data = parts[part]
            where.append(part)
    return tuple(where)


def _siblings(error: dict[str, Any]) -> list[str]:
    """What the model that refused a key does know: found by the names of the variants in the place."""
    model: Any = None
    for kind in (Board, Site):
        model = model or _walk(kind, error["loc"][:-1])
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _walk(model: type[BaseModel], loc: Where) -> type[BaseModel] | None:
    here: Any = model
    for part in loc:
        variants = _models(here)
        if isinstance(part, int):
            continue
        named = [
            v
            for v in variants
            if "display" in v.model_fields and part in get_args(v.model_fields["display"].annotation)
        ]
        if named:
            here = named[0]
            continue
        fields = [f.annotation for v in variants for n, f in v.model_fields.items() if part in (n, f.alias)]
        if fields:
            here = fields[0]
    found = _models(here)
    return found[0] if found else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in get_args(annotation) for m in _models(part)]
