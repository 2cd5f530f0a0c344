"""The watch: what was killed comes back, what was stopped does not."""

from __future__ import annotations

import os
import signal

import pytest

from infra.local import stack, watch
from infra.local.part import Launch
from infra.local.process import Supervised
from millwright.errors import MillwrightError
from millwright.settings import Settings


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "_LOOK_SECONDS", 0.0)
    found = Settings(state_dir=tmp_path)
    yield found
    Supervised("preview", tmp_path).sweep()


def start(config: Settings) -> int:
    return Supervised("preview", config.state_dir).start(Launch(["sleep", "60"])).pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_killed_part_is_started_again_and_a_stopped_one_is_not(config, monkeypatch):
    kill(start(config))
    assert watch.dead(config) == ["preview"]
    said: list[str] = []

    def up(config, only):
        assert list(only) == ["preview"]
        start(config)
        assert watch.dead(config) == []
        Supervised("preview", config.state_dir).sweep()  # as `down` does, which ends the watch

    monkeypatch.setattr(stack, "up", up)
    watch.watch(config, said.append)
    assert watch.begun(config) == []
    assert said[0] == "preview: gone; starting again"
    assert said[1].startswith("preview: back after")


def test_it_tries_again_when_it_could_not_heal(config, monkeypatch):
    kill(start(config))
    tries: list[int] = []

    def up(config, only):
        tries.append(1)
        if len(tries) == 1:
            raise MillwrightError("Another `millwright up` or `down` is at work.", "Wait.")
        Supervised("preview", config.state_dir).sweep()

    monkeypatch.setattr(stack, "up", up)
    watch.watch(config, lambda said: None)
    assert len(tries) == 2


def test_a_part_that_runs_and_does_not_answer_is_started_anew(config, monkeypatch):
    start(config)
    monkeypatch.setattr(watch, "_ASK_SECONDS", 0.0)
    healed: list[str] = []

    def up(config, only):
        healed.extend(only)
        Supervised("preview", config.state_dir).sweep()

    monkeypatch.setattr(stack, "up", up)
    watch.watch(config, lambda said: None)
    assert healed == ["preview"]
