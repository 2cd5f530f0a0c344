"""The create-if-absent of a bucket: under races, on a bad network, and with servers that die or do not keep to it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from millwright import object_clients, object_store
from millwright.errors import MillwrightError, Unavailable
from millwright.object_store import ObjectStore
from millwright.settings import settings
from tests.bad_network import BUSY, CONFLICT, FORBIDDEN, LATE, LOST_ANSWER, LOST_REQUEST, BadNetwork
from tests.gcs_double import GcsDouble, no_account
from tests.s3_server import S3Server

ROUNDS = 250


@pytest.fixture
def network(s3: S3Server) -> Iterator[BadNetwork]:
    way = BadNetwork(s3.endpoint)
    yield way
    way.end()


@pytest.fixture
def near(s3: S3Server, s3_lake: str) -> ObjectStore:
    """The store by a way on which nothing happens."""
    return ObjectStore(s3_lake, s3.endpoint)


@pytest.fixture
def far(network: BadNetwork, s3_lake: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """The same store through the bad network, with little patience; its proof is done."""
    monkeypatch.setattr(object_store, "_RETRY_SECONDS", 2)
    monkeypatch.setattr(object_store, "_PAUSE_SECONDS", (0.01, 0.05))
    store = ObjectStore(s3_lake, network.endpoint)
    store.create("ready", b"", "test")
    network.puts = 0
    return store


RACER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from millwright.store import lake_store

store, me = lake_store(), sys.argv[1]
with ThreadPoolExecutor() as pool:
    for round_ in sys.stdin:
        mine = [f"{me}/{thread};" * 300 for thread in range(8)]
        won = pool.map(lambda data: store.create(f"race/{round_.strip()}", data.encode(), "test"), mine)
        print(*[data for data, is_won in zip(mine, won) if is_won], flush=True)
"""


def test_of_processes_that_race_for_a_name_exactly_one_wins_and_the_object_is_the_winners(near: ObjectStore):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(n)], **pipes) for n in range(3)]  # type: ignore[call-overload]
    winners = set()
    for round_ in range(ROUNDS):
        for racer in racers:
            racer.stdin.write(f"{round_}\n")
            racer.stdin.flush()
        [winner] = [data for racer in racers for data in racer.stdout.readline().split()]
        assert near.read(f"race/{round_}") == winner.encode()
        winners.add(winner)
    for racer in racers:
        racer.communicate(timeout=30)
    assert len(winners) > 1


def test_a_name_whose_answer_was_lost_is_found_to_be_ours(network, near, far):
    network.will([LOST_ANSWER])
    assert far.create("a", b"ours", "test")
    assert (near.read("a"), network.puts) == (b"ours", 1)


def test_a_name_whose_answer_was_lost_may_be_found_to_be_anothers(network, near, far):
    near.create("a", b"theirs", "test")
    network.will([LOST_ANSWER])
    assert not far.create("a", b"ours", "test")
    assert near.read("a") == b"theirs"


def test_a_refusal_is_a_refusal_even_of_the_same_bytes(near, far):
    near.create("a", b"same", "test")
    assert not far.create("a", b"same", "test")


@pytest.mark.parametrize("fault", [LOST_REQUEST, BUSY, CONFLICT])
def test_what_did_not_arrive_is_sent_again(network, near, far, fault):
    network.will([fault, fault])
    assert far.create("a", b"ours", "test")
    assert (near.read("a"), network.puts) == (b"ours", 3)


def test_a_request_that_arrives_after_its_second_try_changes_nothing(network, near, far):
    network.will([LATE])
    assert far.create("a", b"ours", "test")
    assert network.deliver() == [412]
    assert near.read("a") == b"ours"


def test_a_request_that_arrives_after_we_gave_up_is_there_for_the_next_to_find(network, near, far):
    network.will([LATE] * 1000)
    with pytest.raises(Unavailable, match=r"could not write a: .*127.0.0.1"):
        far.create("a", b"ours", "test")
    answers = network.deliver()
    assert answers.count(200) == 1
    assert near.read("a") == b"ours"
    network.will([])
    assert not far.create("a", b"ours, later", "test")
    assert near.read("a") == b"ours"


faults = st.lists(st.sampled_from(["", LOST_REQUEST, LOST_ANSWER, BUSY, CONFLICT, LATE]), max_size=5)


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), faults), min_size=1, max_size=5), st.data())
def test_whatever_the_network_does_the_first_keeps_the_name_and_knows_it(network, near, far, tries, data):
    folder, held = f"{time.monotonic_ns()}", dict[str, bytes]()
    for number, (key, happens) in enumerate(tries):
        ours = f"{number}".encode()
        network.will(happens)
        won = far.create(f"{folder}/{key}", ours, "test")
        if data.draw(st.booleans()):
            network.deliver()
        assert won is (key not in held)
        held.setdefault(key, ours)
    network.deliver()
    assert {key: near.read(f"{folder}/{key}") for key in held} == held


def test_a_server_that_dies_in_the_middle_of_a_put_is_waited_for(s3: S3Server, near: ObjectStore):
    large = os.urandom(64_000_000)
    killed = threading.Timer(0.05, s3.kill)
    back = threading.Timer(3.0, s3.start)
    killed.start()
    back.start()
    try:
        assert near.create("large", large, "test")
    finally:
        killed.join()
        back.join()
    assert near.read("large") == large


def test_a_server_that_stays_away_is_unavailable_and_later_goes_on(s3: S3Server, s3_lake: str, monkeypatch):
    monkeypatch.setattr(object_store, "_RETRY_SECONDS", 1)
    store = ObjectStore(s3_lake, s3.endpoint)
    assert store.create("a", b"before", "test")
    s3.kill()
    try:
        for deed in (
            lambda: store.create("b", b"x", "test"),
            lambda: store.read("a"),
            lambda: store.names(""),
            lambda: store.remove("a"),
        ):
            with pytest.raises(Unavailable, match=f"{s3_lake} could not .*onnection refused.*{s3.endpoint}"):
                deed()
    finally:
        s3.start()
    assert store.create("b", b"x", "test")
    assert (store.read("a"), store.read("b")) == (b"before", b"x")


def test_a_writer_killed_in_the_middle_of_a_put_leaves_the_whole_object_or_none(near: ObjectStore):
    code = (
        "from millwright.store import lake_store; print(flush=True); lake_store().create('a/b', b'x' * 80_000_000, '')"
    )
    left = set()
    for milliseconds in (20, 60, 100, 140):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(milliseconds / 1000)
        writer.kill()
        writer.communicate()
        there = near.read("a/b")
        left.add(None if there is None else len(there))
        near.remove("a/b")
    assert left <= {None, 80_000_000}


def test_a_server_that_overwrites_is_not_written_to(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", no_account(tmp_path))
    careless = GcsDouble(honours_conditions=False)
    try:
        with pytest.raises(MillwrightError, match="overwrites what a conditional PUT must not"):
            ObjectStore("gs://bucket/lake", careless.endpoint).create("a", b"x", "test")
    finally:
        careless.end()
    assert "lake/a" not in careless.objects


def test_what_is_sent_to_google_is_what_its_documentation_asks_for(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", no_account(tmp_path))
    double = GcsDouble()
    try:
        store = ObjectStore("gs://bucket/lake", double.endpoint)
        store.create("t/date=2026-01-01/a", b"0123", "test")
        store.read("t/date=2026-01-01/a", 2)
        store.remove("t/date=2026-01-01/a")
    finally:
        double.end()
    puts = [(path, headers) for method, path, headers in double.requests if method == "PUT"]
    assert [headers["x-goog-if-generation-match"] for _, headers in puts] == ["0"] * len(puts)
    [(_, path, read)] = [request for request in double.requests if request[0] == "GET" and "range" in request[2]]
    assert (path, read["range"]) == (puts[-1][0], "bytes=0-1")
    assert double.requests[-1][:2] == ("DELETE", puts[-1][0])


def test_a_forked_process_is_told_rather_than_left_waiting(near: ObjectStore):
    code = """
import os
from millwright.store import lake_store
lake_store().create("before", b"x", "test")
if os.fork() == 0:
    try:
        lake_store().read("before")
    except RuntimeError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "spawn it instead" in done.stdout


def test_a_bucket_that_is_not_there_is_said_to(s3: S3Server, s3_lake: str):
    store = ObjectStore("s3://no-such-bucket/lake", s3.endpoint)
    for deed in (lambda: store.create("a", b"x", "test"), lambda: store.read("a"), lambda: store.names("")):
        with pytest.raises(MillwrightError, match=f"There is no bucket no-such-bucket at {s3.endpoint}") as told:
            deed()
        assert not isinstance(told.value, Unavailable)  # waiting would not help


@pytest.mark.parametrize(("variable", "value"), [("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_ACCESS_KEY_ID", "nobody")])
def test_credentials_that_are_refused_are_said_to_be(s3: S3Server, s3_lake: str, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    store = ObjectStore(s3_lake, s3.endpoint)
    for deed in (lambda: store.create("a", b"x", "test"), lambda: store.read("a"), lambda: store.names("")):
        with pytest.raises(MillwrightError, match=r"could not (write|read|list).*run-on-an-object-store") as told:
            deed()
        assert not isinstance(told.value, Unavailable)  # a mistake in the settings
        assert "\n" not in str(told.value)


def test_credentials_that_have_worked_are_worth_another_try(network, near, far):
    network.will([FORBIDDEN])
    with pytest.raises(Unavailable, match="Look at the credentials"):
        far.create("a", b"x", "test")
    assert far.create("a", b"x", "test")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
def test_the_endpoint_may_be_told_as_amazons_own_clients_are(s3: S3Server, s3_lake: str, monkeypatch, variable):
    monkeypatch.delenv("MILLWRIGHT_LAKE_ENDPOINT")
    monkeypatch.setenv(variable, s3.endpoint)
    settings.cache_clear()
    store = object_store.open_object_store(f"{s3_lake}/by-{variable}", settings().lake_endpoint)
    assert store.create("a", b"x", "test")
    assert object_clients.other_clients(s3_lake, "")["AWS_ENDPOINT_URL"] == s3.endpoint
