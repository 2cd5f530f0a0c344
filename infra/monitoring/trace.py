"""A record's way through the logs: who landed it in which file, which commit cleansed it, which load took it, and what
each model said next. Reads lines of JSON and of text alike, those of Airflow's tasks among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from millwright.errors import MillwrightError
from millwright.settings import settings

_TEXT = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)[,.](\d{3}) [A-Z]+ (.*)$")  # written in the process's time zone
_IDS = re.compile(r"\b(\w+)=(\S+)")
_SENTENCES = ("published", "cleansed", "loaded", "predicted")


@dataclass(frozen=True)
class Record:
    """A record by its place in Kafka."""

    stream: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Line:
    """A line that tells of a step: when, what, its ids, and where it stands."""

    at: datetime
    sentence: str
    ids: dict[str, str]
    where: str

    def __str__(self) -> str:
        ids = " ".join(f"{name}={value}" for name, value in self.ids.items())
        return f"{self.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {self.sentence:<9}  {ids}  ({self.where})"

    def holds(self, record: Record) -> bool:
        """Whether the record is within the offsets that the line names (`partition:first-next`, parted by commas)."""
        for part in self.ids.get("offsets", "").split(","):
            partition, _, ends = part.partition(":")
            first, _, after = ends.partition("-")
            within = first.isdigit() and after.isdigit() and int(first) <= record.offset < int(after)
            if within and partition == str(record.partition):
                return True
        return False


def parse(text: str) -> Record:
    """STREAM/PARTITION/OFFSET. Raises MillwrightError for anything else."""
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isdigit() for part in parts[1:]):
        raise MillwrightError(
            f"{text!r} is no record: expected STREAM/PARTITION/OFFSET.",
            "Take them from _partition and _offset of a row in raw, or from `millwright quarantine ls`.",
        )
    return Record(parts[0], int(parts[1]), int(parts[2]))


def of_stack() -> list[Path]:
    """The folders in which the embedded stack keeps its logs."""
    return [settings().state_dir / "logs", settings().state_dir / "airflow" / "logs"]


def way(record: Record, logs: Iterable[Path]) -> list[Line]:
    """The lines on the record's way, in order. Raises MillwrightError when none tells of it."""
    lines = sorted(_lines(logs), key=lambda line: line.at)
    own = [line for line in lines if line.ids.get("stream") == record.stream]
    found = [line for line in own if line.sentence in ("published", "cleansed") and line.holds(record)]
    if cleansed := next((line for line in found if line.sentence == "cleansed"), None):
        found += _after(cleansed, own, lines)
    if not found:
        raise MillwrightError(
            f"No line tells of {record.stream}/{record.partition}/{record.offset}.",
            "Name the logs' files or folders; lines of the level INFO are needed.",
        )
    return found


def _after(cleansed: Line, own: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """The first load that has seen the commit, and the first predictions of each model after it."""
    silver = int(cleansed.ids["silver"])
    loads = (line for line in own if line.sentence == "loaded" and int(line.ids.get("silver", -1)) >= silver)
    loaded = next((line for line in loads if line.at >= cleansed.at), None)
    if loaded is None:
        return []
    predicted: dict[str, Line] = {}
    for line in lines:
        if line.sentence == "predicted" and line.at >= loaded.at:
            predicted.setdefault(line.ids.get("model", ""), line)
    return [loaded, *predicted.values()]


def _lines(logs: Iterable[Path]) -> Iterator[Line]:
    for path in logs:
        for file in sorted(path.rglob("*.log")) if path.is_dir() else [path]:
            with file.open(errors="replace") as text:
                for number, line in enumerate(text, start=1):
                    # Most lines tell of something else; only those that may not are taken apart.
                    if any(sentence in line for sentence in _SENTENCES) and (
                        found := read_line(line, f"{file}:{number}")
                    ):
                        yield found


def read_line(line: str, where: str = "") -> Line | None:
    """A line of JSON (ours or Airflow's) or of text; None when it tells of no step."""
    if line.lstrip().startswith("{"):
        try:
            said = json.loads(line)
        except ValueError:
            return None
        moment = str(said.get("time") or said.get("timestamp") or "")
        message = str(said.get("message") or said.get("event") or "")
        more = {name: str(value) for name, value in said.items() if name not in ("time", "level", "logger", "message")}
    elif match := _TEXT.match(line):
        moment, message, more = f"{match[1]}T{match[2]}.{match[3]}", match[4], {}
    else:
        return None
    sentence = message.split(" ", 1)[0]
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if sentence not in _SENTENCES:
        return None
    own = more if said_by_us(more) else {}
    return Line(at.astimezone(UTC), sentence, own | dict(_IDS.findall(message)), where)


def said_by_us(ids: dict[str, str]) -> bool:
    """Whether a line of JSON is one of ours: Airflow's names no run."""
    return "run" in ids
