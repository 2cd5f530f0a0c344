"""From topic to warehouse, the lake in a folder, in a bucket of S3 and in one of Google's protocol: the same rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millwright.settings import settings
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.load import load_new
from streaming.sink.once import land
from streaming.sink.outcomes import outcomes
from tests.e2e import plant

STREAMS = ("equipment-sensors", "equipment-status")
FAULTS = ("--duplicates=0.05", "--corrupt=0.02", "--late=0.05", "--out-of-order=0.05")


@pytest.fixture(scope="module")
def sent(stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the topics hold: the same for each lake, offsets too."""
    plant.empty_topics()
    return plant.simulate(tmp_path_factory.mktemp("plant"), *FAULTS, days=2)["sent"]


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What the first of the lakes gave."""
    return {}


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MILLWRIGHT_SINK_GROUP", f"lakes-{uuid.uuid4().hex[:8]}")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("fresh_database", "group")
def test_the_rows_are_the_same_wherever_the_lake_is(sent: dict[str, int], seen: dict[str, Any], any_lake: Path | str):
    assert str(any_lake) in settings().lake
    arrived = _advance()
    assert min(arrived.values()) > 0
    assert _advance() == dict.fromkeys(STREAMS, 0)  # nothing is new
    found = outcomes(STREAMS)
    assert {stream: found[stream]["consumed"] for stream in STREAMS} == {stream: sent[stream] for stream in STREAMS}
    rows = plant.tables("raw", without=("_load_id",))
    assert (found, rows) == seen.setdefault("first", (found, rows))


def _advance() -> dict[str, int]:
    """Land, cleanse and load: how many rows each stream's table got."""
    land(STREAMS)
    with Engine() as engine:
        for stream in STREAMS:
            cleanse_new(stream, engine)
    return {stream: load_new(stream).rows_inserted for stream in STREAMS}
