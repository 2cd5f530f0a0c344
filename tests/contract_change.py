"""A contract that has changed, for tests of what follows from a change."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from millwright.contracts import contracts
from millwright.settings import settings


@contextmanager
def changed_contract(stream: str, edit: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """Within the block, the platform's contracts are a copy in which `edit` has changed one Avro schema."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        copy = shutil.copytree(settings().contracts_dir, Path(folder) / "contracts")
        path = copy / f"{stream}.avsc"
        avro = json.loads(path.read_text())
        edit(avro)
        path.write_text(json.dumps(avro))
        patch.setenv("MILLWRIGHT_CONTRACTS_DIR", str(copy))
        _forget()
        yield
    _forget()


def _forget() -> None:
    settings.cache_clear()
    contracts.cache_clear()
