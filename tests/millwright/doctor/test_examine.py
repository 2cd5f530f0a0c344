from __future__ import annotations

import json
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from millwright.cli import doctor as command
from millwright.doctor import Check, Finding, examine
from millwright.errors import MillwrightError, NeverStarted, Unavailable
from millwright.settings import ROOT, settings_with

ILL = Finding("A port is held.", "Stop who holds it.", "kill 1")


def offered() -> list[Check]:
    """The checks of the entry points, as an install of this checkout would have them."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["millwright.checks"]
    found = []
    for value in points.values():
        module, _, name = value.partition(":")
        found += getattr(import_module(module), name)
    return found


def raising(error: Exception) -> Check:
    def ask() -> list[Finding]:
        raise error

    return Check(f"of {type(error).__name__}", "", ask)


def test_a_stack_that_is_down_is_told_in_one_finding(tmp_path):
    with settings_with(state_dir=str(tmp_path / "never"), kafka_port="1", registry_port="1", mlflow_port="1"):
        outcomes = examine(offered())
    findings = [found for each in outcomes if each.check not in ("disk", "memory", "ports") for found in each.findings]
    assert [found.command for found in findings] == ["millwright up"]
    assert findings[0].problem.startswith("Not running: postgres, kafka, registry, mlflow")
    assert {each.check for each in outcomes if each.state == "not asked"} >= {"tables", "topics", "registry", "dbt"}


def test_without_a_check_of_the_parts_what_does_not_answer_is_told_once_each():
    down = "Kafka does not answer."
    outcomes = examine([raising(Unavailable(down)), raising(Unavailable(down)), raising(NeverStarted("No password."))])
    assert [found.problem for each in outcomes for found in each.findings] == [f"{down} No password."]


def test_a_check_that_breaks_hides_no_other():
    outcomes = examine(
        [raising(KeyError("x")), raising(MillwrightError("Bad.", "Mend it.")), Check("c", "", lambda: [ILL])]
    )
    assert [each.state for each in outcomes] == ["ill"] * 3
    assert "KeyError" in outcomes[0].findings[0].problem
    assert outcomes[1].findings[0].remedy == "Mend it."


@pytest.mark.parametrize(("found", "status"), [([ILL], 1), ([], 0)])
def test_the_command_ends_with_1_on_a_finding(monkeypatch, found, status):
    monkeypatch.setattr(command, "installed", lambda: [Check("ports", "of parts", lambda: found)])
    plain, as_json = (CliRunner().invoke(command.doctor, arguments) for arguments in ([], ["--json"]))
    assert plain.exit_code == as_json.exit_code == status
    assert ("Stop who holds it. → kill 1" in plain.output) == bool(found)
    assert [each["state"] for each in json.loads(as_json.output)] == ["ill" if found else "sound"]


def test_names_of_checks_are_unique_and_a_wrong_one_is_answered_by_all(monkeypatch):
    names = [check.name for check in offered()]
    assert len(set(names)) == len(names) >= 12
    monkeypatch.setattr(command, "installed", offered)
    told = CliRunner().invoke(command.doctor, ["--only", "prots"])
    assert isinstance(told.exception, MillwrightError)
    assert "ports" in told.exception.remedy


def test_the_guide_names_every_check():
    guide = Path(ROOT, "docs", "recover.md").read_text()
    assert not [check.name for check in offered() if f"| {check.name} |" not in guide]
