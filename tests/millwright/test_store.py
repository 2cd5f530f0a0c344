"""What every store promises: a folder, a bucket of an S3 server, and Google's protocol against its double."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from millwright.store import FileStore, Store, lake_store


@pytest.fixture
def store(any_lake: object) -> Store:
    return lake_store()


def test_a_name_is_given_once(store):
    assert store.create("a/b/c", b"first", "test")
    assert not store.create("a/b/c", b"second", "test")
    assert not store.create("a/b/c", b"first", "test")
    assert store.read("a/b/c") == b"first"


def test_of_many_who_publish_one_name_one_succeeds(store):
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda i: store.create("a/b", str(i).encode(), "test"), range(40)))
    assert won.count(True) == 1
    assert store.read("a/b") == str(won.index(True)).encode()


def test_no_more_is_read_than_was_asked_for(store):
    store.create("a", b"0123456789", "test")
    store.create("empty", b"", "test")
    assert [store.read("a", limit) for limit in (1, 9, 10, 99)] == [b"0", b"012345678", b"0123456789", b"0123456789"]
    assert (store.read("empty"), store.read("empty", 5)) == (b"", b"")


def test_what_is_not_there_reads_as_nothing(store):
    assert store.read("a/b") is None
    assert store.read("a/b", 10) is None
    assert store.names("a") == []


def test_a_folder_lists_what_lies_directly_in_it(store):
    for key in (
        "t/p=1/date=2026-01-01/2.avro",
        "t/p=1/date=2026-01-01/1.avro",
        "t/p=1/genesis.json",
        "t/p=10/x",
        "t2/y",
    ):
        store.create(key, b"x", "test")
    assert {"t", "t2"} <= set(store.names(""))
    assert store.names("t") == ["p=1", "p=10"]
    assert store.names("t/p=1") == ["date=2026-01-01", "genesis.json"]
    assert store.names("t/p=1/date=2026-01-01") == ["1.avro", "2.avro"]
    assert store.sizes("t/p=1") == {"genesis.json": 1}
    assert store.sizes("t/p=1/date=2026-01-01") == {"1.avro": 1, "2.avro": 1}
    assert store.sizes("nothing") == {}
    assert store.unfinished(0) == []


def test_what_is_removed_is_gone_and_may_be_removed_again(store):
    store.create("a/b", b"x", "test")
    store.create("a/c", b"y", "test")
    store.remove("a/b")
    store.remove("a/b")
    assert store.read("a/b") is None
    assert store.names("a") == ["c"]
    store.settle("a/c")


def test_other_programs_open_an_object_by_its_address(store):
    assert store.path("a/b") == f"{settings().lake.removeprefix('file://')}/a/b"


keys = st.sampled_from(["a/x", "a/y", "a/b/x", "b/x"])
deeds = st.one_of(
    st.tuples(st.just("create"), keys, st.binary(min_size=1, max_size=8)), st.tuples(st.just("remove"), keys, st.none())
)


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(deeds, max_size=8))
def test_whatever_is_done_to_it_a_store_is_a_dictionary_that_keeps_its_first_entries(store, doings):
    held: dict[str, bytes] = {}
    for deed, key, data in doings:
        if deed == "create":
            assert store.create(key, data, "test") is (key not in held)
            held.setdefault(key, data)
        else:
            store.remove(key)
            held.pop(key, None)
    for key in ("a/x", "a/y", "a/b/x", "b/x"):
        assert store.read(key) == held.get(key)
        assert (key.rpartition("/")[2] in store.names(key.rpartition("/")[0])) is (key in held)
        store.remove(key)


@pytest.mark.parametrize(
    ("kind", "place", "published"),
    [
        ("lake", "after_write", False),
        ("lake", "after_fsync", False),
        ("lake", "after_link", True),
        ("lake", "after_dir_fsync", True),
        ("s3_lake", "before_put", False),
        ("s3_lake", "after_put", True),
    ],
)
def test_a_killed_writer_leaves_the_whole_object_or_none(
    request: pytest.FixtureRequest, kind: str, place: str, published: bool
):
    request.getfixturevalue(kind)
    code = "from millwright.store import lake_store; lake_store().create('a/b', b'x' * 100_000, 'test')"
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": f"test.{place}"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -9
    store = lake_store()
    assert store.read("a/b") == (b"x" * 100_000 if published else None)
    assert store.names("a") == (["b"] if published else [])  # what was being written lies elsewhere
    assert store.create("a/b", b"again", "test") is not published


def test_a_disk_that_fails_is_said_to(tmp_path: Path):
    (tmp_path / "a").write_text("a file where a folder should be")
    with pytest.raises(Unavailable, match="could not write a/b"):
        FileStore(tmp_path).create("a/b", b"", "test")


@pytest.mark.parametrize("address", ["hdfs://host/lake", "file://lake", "s3:///lake", "lake"])
def test_a_lake_is_a_folder_or_a_bucket(monkeypatch, address):
    monkeypatch.setenv("MILLWRIGHT_LAKE_URL", address)
    settings.cache_clear()
    with pytest.raises(MillwrightError, match=address):
        lake_store()
    monkeypatch.undo()
    settings.cache_clear()
