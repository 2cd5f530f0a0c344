from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from millwright.store import FileStore, lake_store


def test_a_name_is_given_once(tmp_path: Path):
    store = FileStore(tmp_path)
    assert store.create("a/b/c", b"first", "test")
    assert not store.create("a/b/c", b"second", "test")
    assert store.read("a/b/c") == b"first"
    assert store.read("a/b/c", 2) == b"fi"


def test_of_many_who_publish_one_name_one_succeeds(tmp_path: Path):
    store = FileStore(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda i: store.create("a/b", str(i).encode(), "test"), range(40)))
    assert won.count(True) == 1
    assert store.read("a/b") == str(won.index(True)).encode()


def test_what_is_not_there_reads_as_nothing(tmp_path: Path):
    store = FileStore(tmp_path)
    assert store.read("a/b") is None
    assert store.names("a") == []


@pytest.mark.parametrize(
    ("place", "published"),
    [("after_write", False), ("after_fsync", False), ("after_link", True), ("after_dir_fsync", True)],
)
def test_a_killed_writer_leaves_the_whole_object_or_none(tmp_path: Path, place: str, published: bool):
    code = f"from millwright.store import *; FileStore(Path({str(tmp_path)!r})).create('a/b', b'x' * 100_000, 'test')"
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": f"test.{place}"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -9
    store = FileStore(tmp_path)
    assert store.read("a/b") == (b"x" * 100_000 if published else None)
    assert store.names("a") == (["b"] if published else [])  # what was being written lies elsewhere
    assert store.create("a/b", b"again", "test") is not published


def test_a_disk_that_fails_is_said_to(tmp_path: Path):
    (tmp_path / "a").write_text("a file where a folder should be")
    with pytest.raises(Unavailable, match="could not write a/b"):
        FileStore(tmp_path).create("a/b", b"", "test")


def test_only_a_folder_can_be_the_lake(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_LAKE_URL", "s3://bucket/lake")
    settings.cache_clear()
    with pytest.raises(MillwrightError, match="s3://bucket/lake"):
        lake_store()
    monkeypatch.undo()
    settings.cache_clear()
