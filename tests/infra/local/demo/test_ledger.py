"""A history is sent once, and an interrupted sending is not mistaken for a whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.demo.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sent.json"


def fail() -> dict:
    raise KeyboardInterrupt


def test_what_was_sent_is_added_up_over_demos(path: Path):
    Ledger(path).record("history", lambda: {"sent": {"a": 5, "b": 1}})
    Ledger(path).record("live", lambda: {"sent": {"a": 2}})
    assert Ledger(path).sent() == {"a": 7, "b": 1}
    assert "history" in Ledger(path).entries


def test_after_an_interruption_it_is_sent_again_and_the_number_is_not_known(path: Path):
    with pytest.raises(KeyboardInterrupt):
        Ledger(path).record("history", fail)
    assert "history" not in Ledger(path).entries
    Ledger(path).record("history", lambda: {"sent": {"a": 5}})
    assert Ledger(path).sent() is None


def test_a_plan_is_kept_from_the_first_time(path: Path):
    assert Ledger(path).plan("simulate", "noon") == "noon"
    assert Ledger(path).plan("simulate", "one") == "noon"
