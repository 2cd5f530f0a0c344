import sys
import time
from pathlib import Path

import psutil

from bench.watched import Watched

MB = 1024 * 1024
WORK = (
    "import time\nend = time.process_time() + {cpu}\nkept = bytearray({held})\nwhile time.process_time() < end: pass\n"
)


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_time_and_memory_are_those_of_the_process_and_its_children(tmp_path: Path) -> None:
    child = WORK.format(cpu=1.2, held=150 * MB)
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n" + WORK.format(
        cpu=0.3, held=1
    )
    with Watched([python(parent)], {}, tmp_path / "log") as run:
        assert run.wait(60) == 0
    assert 1.5 <= run.cpu_seconds < 3
    assert 150 < run.peak_rss_mb < 250


def test_what_runs_side_by_side_is_added_up(tmp_path: Path) -> None:
    with Watched([python(WORK.format(cpu=1.0, held=100 * MB))] * 2, {}, tmp_path / "log") as run:
        assert run.wait(60) == 0
    assert 2.0 <= run.cpu_seconds < 4
    assert 200 < run.peak_rss_mb < 300


def test_nothing_is_left_running(tmp_path: Path) -> None:
    stubborn = "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    stubborn += "print(subprocess.Popen(['sleep', '60']).pid, flush=True)\ntime.sleep(60)\n"
    with Watched([python(stubborn)], {}, tmp_path / "log") as run:
        while not (said := run.log.read_text().strip()):
            time.sleep(0.05)
        run.stop(patience_seconds=0.2)
    _, alive = psutil.wait_procs([p for p in psutil.process_iter() if p.pid in (int(said), run.processes[0].pid)], 5)
    assert not alive
