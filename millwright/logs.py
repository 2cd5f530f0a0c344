"""How the platform's processes log: a line each to the error stream, as text for people or as JSON for a search.

A line that tells of a step on a record's way says which `stream`, `file`, `silver` version, `load` or `model` it was;
in JSON every line names the process's `run` too. `millwright trace` follows one record through these lines.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

from millwright.settings import settings

_RUN = uuid.uuid4().hex[:12]


class Said:
    """A sentence and the ids it is about. As text they stand behind it, so that Airflow's own log keeps them too."""

    def __init__(self, sentence: str, ids: dict[str, Any]):
        self.sentence, self.ids = sentence, {name: value for name, value in ids.items() if value not in (None, "")}

    def __str__(self) -> str:
        ids = (f"{name}={str(value).replace(' ', '_')}" for name, value in self.ids.items())
        return " ".join([self.sentence, *ids])


def said(sentence: str, **ids: Any) -> Said:
    """What a log call takes: `log.info(said("loaded", stream="equipment-sensors", load=12))`."""
    return Said(sentence, ids)


def run_id() -> str:
    """Which run this process is: of Airflow's task where it is one, else one of its own."""
    named = [os.environ.get(f"AIRFLOW_CTX_{name}", "") for name in ("DAG_ID", "DAG_RUN_ID", "TASK_ID")]
    return "/".join(named) if all(named) else _RUN


class JsonLines(logging.Formatter):
    """time (UTC), level, logger, run, message, the message's ids, and an error's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        about = record.msg if isinstance(record.msg, Said) else None
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": run_id(),
            "message": about.sentence if about else record.getMessage(),
            **(about.ids if about else {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def begin() -> None:
    """Log to the error stream from now on, as `log_format` says; not a line for every answer of the registry."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonLines() if is_json() else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


def is_json() -> bool:
    """Whether logs are for a search rather than for people."""
    return settings().log_format == "json"
