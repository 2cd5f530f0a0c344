"""Work files between the steps of a training, named by what they came from, so that a step can be run again."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

from millwright.settings import ROOT, settings
from ml.data import Data
from ml.spec.load import Spec
from ml.task import TASKS

KEPT_RUNS = 5  # of one model
_NOT_TRAINING = ("predictions", "monitoring", "cli.py", "show.py")


@lru_cache
def code_sha(task: str) -> str:
    """The same for the same code of a task and what all tasks share: trained by other code, it is another model."""
    here, digest = Path(__file__).parent, hashlib.sha256()
    others = {*TASKS, *_NOT_TRAINING} - {task}
    for path in sorted(here.rglob("*.py")):
        inside = path.relative_to(here)
        if inside.parts[0] not in others:
            digest.update(inside.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def run_key(spec: Spec, data: Data) -> str:
    """The same for the same spec, data and code."""
    return hashlib.sha256(f"{spec.sha} {data.sha} {code_sha(spec.task)}".encode()).hexdigest()[:20]


def folder(spec: Spec, key: str) -> Path:
    """Where a run's files lie."""
    path = settings().state_dir / "ml" / spec.name / key
    path.mkdir(parents=True, exist_ok=True)
    return path


def sweep(spec: Spec, key: str) -> None:
    """Remove the files of all but the newest runs; what counts of them lies in MLflow."""
    runs = sorted(folder(spec, key).parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in [path for path in runs if path.name != key][KEPT_RUNS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def emptied(path: Path) -> Path:
    """A folder that holds nothing."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    beside = path.with_suffix(".tmp")
    beside.write_text(json.dumps(content, indent=2, sort_keys=True, default=str, allow_nan=False))
    beside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


@lru_cache
def git_commit() -> str:
    """The checkout's commit, with `-dirty` when the stage's files differ from it; unknown outside a checkout."""
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "ml"], cwd=ROOT, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.strip() + ("-dirty" if changed.stdout.strip() else "")
