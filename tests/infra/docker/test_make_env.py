from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from millwright.settings import ROOT, Settings
from tests.infra.docker.compose import FILE, secrets


@pytest.fixture
def checkout(tmp_path) -> Path:
    (tmp_path / "infra" / "docker").mkdir(parents=True)
    shutil.copy(FILE, tmp_path)
    shutil.copy(ROOT / "infra" / "docker" / "make-env.sh", tmp_path / "infra" / "docker")
    return tmp_path


def _made(checkout: Path) -> dict[str, str]:
    script = checkout / "infra" / "docker" / "make-env.sh"
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    return dict(line.split("=", 1) for line in (checkout / ".env").read_text().splitlines() if "=" in line)


def test_every_secret_is_made_once_strong_and_for_the_owner_only(checkout):
    made = _made(checkout)
    assert secrets() <= set(made)
    assert all(len(made[name]) >= 24 for name in secrets())
    assert len({made[name] for name in secrets()}) == len(secrets())
    assert len(base64.urlsafe_b64decode(made["AIRFLOW_FERNET_KEY"])) == 32
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(checkout):
    assert _made(checkout) == _made(checkout)


def test_what_people_wrote_is_kept_and_an_empty_secret_is_filled(checkout):
    (checkout / ".env").write_text("# mine\nGRAFANA_PASSWORD=my-own\nSPARK_SECRET=\nMILLWRIGHT_SINK_WORKERS=2")
    made = _made(checkout)
    assert made["GRAFANA_PASSWORD"] == "my-own"
    assert made["MILLWRIGHT_SINK_WORKERS"] == "2"
    assert len(made["SPARK_SECRET"]) == 64
    assert (checkout / ".env").read_text().startswith("# mine\n")


def test_nothing_of_it_is_a_setting_of_the_stack_without_docker(checkout):
    _made(checkout)
    assert Settings(_env_file=checkout / ".env") == Settings(_env_file=None)
