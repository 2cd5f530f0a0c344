"""Faults on the way, kill -9 at every gap of every step and of every service, a second run: always the same tables."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from tests.e2e import plant

FAULTS = ("--duplicates=0.05", "--corrupt=0.02", "--late=0.05", "--out-of-order=0.05", "--future=0.01")
FAILPOINTS = {
    "land": ["sink.after_quarantine", "sink.after_write", "sink.after_link", "sink.after_commit:3"],
    "cleanse": ["cleanse.before_commit", "cleanse.after_commit:2"],
    "features": ["features.before_commit:2", "features.after_commit:3"],
    "load": ["load.after_copy", "load.before_commit:2", "load.after_commit"],
}
SCHEMAS = ("raw", "intermediate", "marts")
SEED = 20_260_601
SECONDS: dict[str, float] = {}  # that each step took undisturbed
SENT: dict[str, int] = {}


@pytest.fixture(scope="module")
def undisturbed(stack, tmp_path_factory) -> dict[str, str]:
    """The tables of the plant when nothing is wrong and nothing is killed."""
    with plant.of_its_own(stack, tmp_path_factory.mktemp("undisturbed")) as folder:
        SENT.update(plant.simulate(folder)["sent"])
        for step in ("land", "cleanse", "features", "load", "build"):
            begun = time.monotonic()
            plant.advance(step)
            SECONDS[step] = time.monotonic() - begun
        first, rows, files = plant.tables(*SCHEMAS), plant.untouched("raw"), plant.lake_files()
        assert plant.rows("raw.sensor_readings") == SENT["equipment-sensors"] > 0

        plant.to_marts()
        assert plant.tables(*SCHEMAS) == first, "a second run changes no row"
        assert plant.untouched("raw") == rows, "a second run writes no row again"
        assert plant.lake_files() == files, "a second run writes no file"
        return first


def test_faults_on_the_way_and_a_kill_at_every_gap_change_no_row(factory: Path, undisturbed):
    sent = plant.simulate(factory, *FAULTS)["sent"]
    for step, places in FAILPOINTS.items():
        for place in places:
            plant.advance(step, failpoint=place, killed=True)
        plant.advance(step)
    plant.advance("build")
    assert plant.tables(*SCHEMAS) == undisturbed

    assert sum(sent.values()) > 1.05 * sum(SENT.values())
    landed = json.loads(plant.millwright("sink", "outcomes", "--json"))
    for stream, count in sent.items():
        found = landed[stream]
        assert count == found["consumed"] == found["accepted"] + sum(found["quarantined"].values()), stream


def test_steps_and_services_killed_at_random_instants_change_no_row(stack, factory: Path, undisturbed):
    random, died = Random(SEED), []
    plant.simulate(factory)
    _kill_during("land", [("kafka", 2.5), ("registry", 1.0)], stack)  # it has begun by then, and needs seconds more
    plant.advance("land")
    for step in ("cleanse", "features", "load", "build"):
        for _ in range(2):
            died.append(plant.killed_after(random.random() * SECONDS[step], step))
        if step in ("load", "build"):
            _kill_during(step, [("postgres", random.random() * SECONDS[step])], stack)
        plant.advance(step)
    assert any(status is not None for status in died)  # how many depends on how busy the machine is
    assert plant.tables(*SCHEMAS) == undisturbed


def _kill_during(step: str, services: Sequence[tuple[str, float]], stack) -> None:
    """Start a step and kill services in it, each so many seconds after what was before it."""
    running = subprocess.Popen(plant.command(step), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for service, seconds in services:
        time.sleep(seconds)
        stack.kill(service)
        stack.heal()
    running.communicate(timeout=300)
