from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dashboards.cli import dashboards
from dashboards.metabase import run
from dashboards.preview import serve
from dashboards.spec.read import load
from millwright.errors import MillwrightError


def test_plan_apply_pull_and_destroy_say_what_they_do(fake, boards, monkeypatch, tmp_path):
    monkeypatch.setattr(run, "load", lambda: boards)
    shell = CliRunner()
    first = shell.invoke(dashboards, ["plan"])
    assert first.exit_code == 2
    assert "+ card plants/count" in first.output
    assert "Plan: 13 to make," in first.output
    applied = shell.invoke(dashboards, ["apply"])
    assert (applied.exit_code, "Done: 13 made," in applied.output) == (0, True)
    assert shell.invoke(dashboards, ["plan"]).output == "Nothing differs: Metabase shows what the files say.\n"

    next(c for c in fake.cards.values() if c["name"] == "Plants").update(name="Works")
    drift = shell.invoke(dashboards, ["plan"])
    assert '~ card plants/count\n    name: "Works" → "Plants"' in drift.output
    [told] = json.loads(shell.invoke(dashboards, ["plan", "--json"]).output)
    assert told["differences"] == [{"path": "name", "is": "Works", "should": "Plants"}]
    assert shell.invoke(dashboards, ["pull", str(tmp_path / "pulled")]).exit_code == 0
    assert "name: Works" in (tmp_path / "pulled" / "boards" / "plants.yml").read_text()
    gone = shell.invoke(dashboards, ["destroy", "--yes"])
    assert "- dashboard plants" in gone.output
    assert fake.dashboards == {}


def test_check_says_how_many_hold():
    boards = load().boards
    questions = sum(len(board.questions) for board in boards.values())
    said = CliRunner().invoke(dashboards, ["check"]).output
    assert said == f"{len(boards)} dashboards with {questions} questions hold.\n"


def test_a_taken_port_is_told(warehouse):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MillwrightError, match="is taken") as error:
            serve.serve(taken.getsockname()[1])
    assert "--port" in error.value.remedy
