"""A disk that can be filled, each kind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos import disk as disks
from chaos.disk import LimitedWrites, SmallDisk, disk, unmount_left_behind

WRITER = """
import sys
for line in sys.stdin:
    try:
        open(sys.argv[1], "ab", buffering=0).write(b"record")
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_a_small_disk_is_really_full_and_then_has_room_again(tmp_path: Path):
    with disk(tmp_path / "lake", list) as room:
        if not isinstance(room, SmallDisk):
            pytest.skip("nothing can be mounted here")
        room.fill()
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "lake" / "file").write_bytes(b"x" * 10_000)
        room.free()
        (tmp_path / "lake" / "file").write_bytes(b"x" * 10_000)
    assert not (tmp_path / "lake" / "file").exists(), "it is mounted still"


def test_running_workers_can_be_kept_from_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(disks, "_mount", lambda folder: False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    worker = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "file")], text=True, **pipes)
    assert worker.stdin
    assert worker.stdout

    def tries() -> str:
        worker.stdin.write("go\n"), worker.stdin.flush()
        return worker.stdout.readline().strip()

    with disk(tmp_path / "lake", lambda: [worker.pid]) as room:
        assert isinstance(room, LimitedWrites)
        said = [tries()]
        room.fill()
        said.append(tries())
        room.free()
        said.append(tries())
    worker.stdin.close()
    worker.wait(10)
    assert said == ["written", "File too large", "written"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
def test_what_a_killed_run_left_mounted_is_unmounted(tmp_path: Path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    prefix = f"{tmp_path}/run-"
    folder = Path(f"{prefix}{ended.pid}-x")
    folder.mkdir()
    if not disks._mount(folder):
        pytest.skip("nothing can be mounted here")
    (folder / "file").touch()
    unmount_left_behind(prefix)
    time.sleep(0.1)
    assert not (folder / "file").exists()
