"""Lines for people and lines for a search say the same, and name what they are about."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from millwright.cli import main
from millwright.logs import JsonLines, run_id, said
from millwright.settings import settings_with


def _record(message: object, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord("streaming.sink", logging.WARNING, "", 0, message, arguments, info)


def test_a_line_of_json_has_its_ids_beside_the_sentence():
    line = json.loads(JsonLines().format(_record(said("loaded", stream="s", load=12, silver=None))))
    assert (line["message"], line["stream"], line["load"], line["level"]) == ("loaded", "s", 12, "warning")
    assert line["run"] == run_id()
    assert line["time"].endswith("+00:00")
    assert "silver" not in line


def test_a_line_of_text_has_its_ids_behind_the_sentence_and_no_blank_in_them():
    about = said("predicted", model="m", at="2026-01-01 10:00")
    assert _record(about).getMessage() == "predicted model=m at=2026-01-01_10:00"


def test_what_others_log_and_their_errors_become_json_too():
    line = json.loads(JsonLines().format(_record("%s is %d", "a", 3, error=ValueError("broken"))))
    assert line["message"] == "a is 3"
    assert "ValueError: broken" in line["exception"]


def test_a_run_of_airflow_is_named_by_its_task(monkeypatch: pytest.MonkeyPatch):
    for name in ("DAG_ID", "DAG_RUN_ID", "TASK_ID"):
        monkeypatch.setenv(f"AIRFLOW_CTX_{name}", name.lower())
    assert run_id() == "dag_id/dag_run_id/task_id"


def test_one_setting_makes_a_commands_error_a_line_of_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(sys, "argv", ["millwright", "contracts", "show", "nothing"])
    with settings_with(log_format="json"), pytest.raises(SystemExit) as ended:
        main()
    line = json.loads(capsys.readouterr().err)
    assert (ended.value.code, line["level"]) == (1, "error")
    assert "nothing" in line["message"]
