"""The command line: quick, lazy, and without tracebacks for a user's mistake."""

from __future__ import annotations

import subprocess
import sys

import pytest

from millwright.cli import main
from millwright.errors import MillwrightError


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "millwright", *args], capture_output=True, text=True, timeout=120)


def test_help_lists_every_command_with_a_sentence():
    result = run("--help")
    listed = {
        line.split()[0]: line.split(maxsplit=1)[1:] for line in result.stdout.splitlines() if line.startswith("  ")
    }
    for command in ("up", "down", "status", "simulate", "replay", "sink", "cleanse", "load", "train", "predict"):
        assert listed[command], command


def test_a_stage_is_not_loaded_by_another_stages_command():
    code = (
        "import sys; from millwright.cli import cli; cli(['contracts', '--help'], standalone_mode=False);"
        "print([m for m in ('streaming', 'spark_jobs', 'ml', 'infra', 'pandas') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip().endswith("[]")


def test_an_unknown_command_is_a_sentence():
    result = run("nope")
    assert result.returncode == 2
    assert "No such command 'nope'" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_is_told_letter_by_letter(monkeypatch, capsys):
    def fails(**_: object) -> None:
        raise MillwrightError("There is no column 'Torque [nm]'.", "There are: speed [rpm], Torque [Nm].")

    monkeypatch.setattr("millwright.cli.cli", fails)
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err == (
        "Error: There is no column 'Torque [nm]'.\nThere are: speed [rpm], Torque [Nm].\n"
    )
