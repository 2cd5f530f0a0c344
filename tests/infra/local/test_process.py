import json
import os
import signal
import sys
import time

import psutil
import pytest

from infra.local.part import Launch
from infra.local.process import Supervised

_SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
# A child in a session of its own, as Airflow's tasks may be, that ignores a polite request.
_HAS_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'\n"
    "print(subprocess.Popen([sys.executable, '-c', child], start_new_session=True).pid, flush=True)\n"
    "time.sleep(600)",
]


@pytest.fixture
def part(tmp_path):
    supervised = Supervised("part", tmp_path)
    yield supervised
    supervised.sweep()


def _first_line(part: Supervised) -> str:
    deadline = time.monotonic() + 10
    while not (part.log.exists() and part.log.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return part.log.read_text().split()[-1]


def test_a_started_process_is_found_again_by_another_command(part, tmp_path):
    started = part.start(Launch(_SLEEPS))
    assert Supervised("part", tmp_path).running() == started


def test_it_lives_on_in_a_session_of_its_own(part):
    started = part.start(Launch(_SLEEPS))
    assert os.getsid(started.pid) == started.pid


def test_a_pid_that_now_belongs_to_another_process_does_not_count_and_is_not_harmed(part, tmp_path):
    part.start(Launch(_SLEEPS))
    part.stop(signal.SIGTERM, 5)
    stranger = Supervised("stranger", tmp_path / "elsewhere").start(Launch(_SLEEPS, cwd=tmp_path))
    file = tmp_path / "run" / "part.json"
    file.write_text(json.dumps({"pid": stranger.pid, "created": stranger.created - 100, "digest": ""}))
    assert part.running() is None
    part.sweep()
    assert psutil.pid_exists(stranger.pid)
    Supervised("stranger", tmp_path / "elsewhere").sweep()


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_pid_file_counts_as_not_running(part, tmp_path, kept):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "part.json").write_text(kept)
    assert part.running() is None
    part.sweep()


def test_the_orphans_of_a_killed_process_are_swept(part):
    started = part.start(Launch(_HAS_CHILD))
    child = int(_first_line(part))
    killed = psutil.Process(started.pid)
    killed.kill()
    killed.wait(5)
    assert psutil.pid_exists(child)
    assert part.running() is None
    part.sweep()
    assert not psutil.pid_exists(child)


def test_stopping_asks_politely_and_kills_what_does_not_listen(part):
    part.start(Launch(_HAS_CHILD))
    child = int(_first_line(part))
    part.stop(signal.SIGTERM, 5)
    assert part.running() is None
    assert not psutil.pid_exists(child)


def test_the_log_of_an_earlier_start_is_kept(part):
    for word in ("one", "two"):
        part.start(Launch([sys.executable, "-c", f"print('{word}')"]))
        while part.running():
            time.sleep(0.02)
    assert part.log.read_text().split() == ["one", "two"]
    assert part.last_words() == "two"


def test_files_are_written_for_their_owner_only(part, tmp_path):
    part.start(Launch(_SLEEPS, files={tmp_path / "conf" / "secret": "x"}))
    assert (tmp_path / "conf" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_launch_has_another_digest_once_a_setting_or_a_file_changed(tmp_path):
    launches = [
        Launch(["a"]),
        Launch(["b"]),
        Launch(["a"], env={"X": "1"}),
        Launch(["a"], files={tmp_path: "x"}),
        Launch(["a"], files={tmp_path: "y"}),
    ]
    assert len({launch.digest for launch in launches}) == len(launches)
