"""The compose file read by Compose itself, where its program has been built (docs/run-with-docker.md)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from millwright.settings import ROOT
from tests.infra.docker.compose import FILE, PROFILES, secrets

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millwright"
_PROGRAM = _CACHE / "docker-compose-v2.40.3"

pytestmark = pytest.mark.skipif(not _PROGRAM.exists(), reason="Compose is not built; the file's text is tested alone.")


def _config(tmp_path: Path, without: str = "", *profiles: str) -> subprocess.CompletedProcess[str]:
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}={'a1' * 16}\n" for name in secrets() - {without}))
    chosen = [f"--profile={profile}" for profile in profiles]
    command = [_PROGRAM, f"--env-file={env_file}", f"--file={FILE}", *chosen, "config", "--quiet"]
    return subprocess.run(
        command, env={"PATH": os.defpath, "HOME": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_alone_is_whole(profile, tmp_path):
    done = _config(tmp_path, "", profile)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_together_are_whole(tmp_path):
    done = _config(tmp_path, "", *PROFILES)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted(secrets()))
def test_a_missing_secret_stops_it_with_one_sentence(name, tmp_path):
    done = _config(tmp_path, name, "core")
    assert done.returncode != 0
    assert f"{name} is missing a value: sh infra/docker/make-env.sh makes it" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
