"""kill -9 at every gap of every step, and of every service: the same tables in the end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e import plant

FAILPOINTS = {
    "land": ["sink.after_quarantine", "sink.after_write", "sink.after_link", "sink.after_commit:3"],
    "cleanse": ["cleanse.before_commit", "cleanse.after_commit:2"],
    "load": ["load.after_copy", "load.before_commit:2", "load.after_commit"],
}


@pytest.fixture(scope="module")
def undisturbed(stack, tmp_path_factory) -> dict[str, str]:
    """The tables of the same plant when nothing is killed."""
    with plant.of_its_own(stack, tmp_path_factory.mktemp("undisturbed")) as folder:
        plant.simulate(folder, "--corrupt=0.01")
        plant.to_marts()
        return plant.tables("raw", "marts")


def test_steps_that_are_killed_and_run_again_end_alike(factory: Path, undisturbed):
    plant.simulate(factory, "--corrupt=0.01")
    for step, places in FAILPOINTS.items():
        for place in places:
            plant.advance(step, failpoint=place, killed=True)
        plant.advance(step)
    plant.advance("build")
    assert plant.tables("raw", "marts") == undisturbed


@pytest.mark.parametrize("service", ["kafka", "registry", "postgres"])
def test_a_service_killed_in_mid_run_costs_nothing(service: str, stack, factory: Path, undisturbed):
    plant.simulate(factory, "--corrupt=0.01")
    step = {"kafka": "land", "registry": "land", "postgres": "load"}[service]
    if step == "load":
        plant.advance("land")
        plant.advance("cleanse")
    arguments = ["sink", "once"] if step == "land" else [step]
    running = subprocess.Popen([sys.executable, "-m", "millwright", *arguments], stderr=subprocess.PIPE, text=True)
    time.sleep(2.5)  # it has begun by then, and needs seconds more
    stack.kill(service)
    stack.heal()
    running.communicate(timeout=300)
    plant.to_marts()
    assert plant.tables("raw", "marts") == undisturbed
