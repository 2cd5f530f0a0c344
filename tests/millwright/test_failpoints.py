"""A failpoint kills where it is told to, and nowhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

CODE = (
    "from millwright.failpoints import failpoint\nfor i in range(3): failpoint('sink.after_link'); print(i, flush=True)"
)


def run(value: str) -> subprocess.CompletedProcess[str]:
    env = {"MILLWRIGHT_FAILPOINT": value, "PATH": ""}
    return subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True)


def test_it_kills_the_process_at_once():
    result = run("sink.after_link")
    assert (result.returncode, result.stdout) == (-signal.SIGKILL, "")


def test_it_can_wait_for_a_later_pass():
    assert run("cleanse.before_commit,sink.after_link:3").stdout.split() == ["0", "1"]


def test_another_name_or_none_does_nothing():
    assert run("sink.before_link").returncode == run("").returncode == 0


def test_it_can_stop_the_process_once_until_it_is_told_to_go_on():
    env = {"MILLWRIGHT_FAILPOINT": "sink.after_link:2=stop", "PATH": ""}
    process = subprocess.Popen([sys.executable, "-c", CODE], env=env, stdout=subprocess.PIPE, text=True)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate(timeout=10)
    assert (process.returncode, out.split()) == (0, ["0", "1", "2"])
