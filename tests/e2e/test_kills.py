"""kill -9 at every gap of every step, and of every service: the same tables in the end."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from tests.e2e import plant

FAILPOINTS = {
    "land": ["sink.after_quarantine", "sink.after_write", "sink.after_link", "sink.after_commit:3"],
    "cleanse": ["cleanse.before_commit", "cleanse.after_commit:2"],
    "features": ["features.before_commit:2", "features.after_commit:3"],
    "load": ["load.after_copy", "load.before_commit:2", "load.after_commit"],
}


SEED = 20_260_601
SECONDS: dict[str, float] = {}  # that each step took undisturbed


@pytest.fixture(scope="module")
def undisturbed(stack, tmp_path_factory) -> dict[str, str]:
    """The tables of the same plant when nothing is killed."""
    with plant.of_its_own(stack, tmp_path_factory.mktemp("undisturbed")) as folder:
        plant.simulate(folder, "--corrupt=0.01")
        for step in ("land", "cleanse", "features", "load", "build"):
            begun = time.monotonic()
            plant.advance(step)
            SECONDS[step] = time.monotonic() - begun
        return plant.tables("raw", "intermediate", "marts")


def test_steps_that_are_killed_and_run_again_end_alike(factory: Path, undisturbed):
    plant.simulate(factory, "--corrupt=0.01")
    for step, places in FAILPOINTS.items():
        for place in places:
            plant.advance(step, failpoint=place, killed=True)
        plant.advance(step)
    plant.advance("build")
    assert plant.tables("raw", "intermediate", "marts") == undisturbed


def test_the_engine_the_load_and_dbt_killed_at_random_instants_end_alike(factory: Path, undisturbed):
    random, died = Random(SEED), []
    plant.simulate(factory, "--corrupt=0.01")
    plant.advance("land")
    for step in ("cleanse", "features", "load", "build"):
        for _ in range(3):
            died.append(plant.killed_after(random.random() * SECONDS[step], step))
        plant.advance(step)
    assert any(status is not None for status in died)  # how many depends on how busy the machine is
    assert plant.tables("raw", "intermediate", "marts") == undisturbed


@pytest.mark.parametrize("service", ["kafka", "registry"])
def test_a_service_killed_in_mid_run_costs_nothing(service: str, stack, factory: Path, undisturbed):
    plant.simulate(factory, "--corrupt=0.01")
    _kill_during("land", 2.5, service, stack)  # it has begun by then, and needs seconds more
    plant.to_marts()
    assert plant.tables("raw", "intermediate", "marts") == undisturbed


def test_postgres_killed_at_random_instants_of_the_load_and_of_dbt_costs_nothing(stack, factory: Path, undisturbed):
    random = Random(SEED)
    plant.simulate(factory, "--corrupt=0.01")
    plant.advance("land")
    plant.advance("cleanse")
    plant.advance("features")
    for step in ("load", "build"):
        for _ in range(2):
            _kill_during(step, random.random() * SECONDS[step], "postgres", stack)
        plant.advance(step)
    assert plant.tables("raw", "intermediate", "marts") == undisturbed


def _kill_during(step: str, seconds: float, service: str, stack) -> None:
    running = subprocess.Popen(plant.command(step), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    stack.kill(service)
    stack.heal()
    running.communicate(timeout=300)
