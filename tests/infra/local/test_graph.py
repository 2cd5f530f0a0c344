import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local import graph


@st.composite
def dependencies(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Names of which each needs some of those before it."""
    count = draw(st.integers(1, 8))
    return {
        str(index): tuple(draw(st.sets(st.sampled_from([str(i) for i in range(index)])))) if index else ()
        for index in range(count)
    }


@given(dependencies())
def test_each_is_begun_once_and_after_all_that_it_needs(needs):
    ended: list[str] = []
    lock = threading.Lock()

    def act(name: str) -> None:
        with lock:
            assert set(needs[name]) <= set(ended)
            ended.append(name)

    graph.run(needs, act)
    assert sorted(ended) == sorted(needs)


@given(dependencies(), st.data())
def test_a_closure_needs_nothing_outside_itself(needs, data):
    wanted = data.draw(st.sets(st.sampled_from(sorted(needs))))
    closure = graph.closure(needs, wanted)
    assert wanted <= closure
    assert all(set(needs[name]) <= closure for name in closure)


def test_those_that_need_nothing_of_one_another_run_at_the_same_time():
    meet = threading.Barrier(2, timeout=5)

    def act(name: str) -> None:
        meet.wait()

    graph.run({"a": (), "b": ()}, act)


def test_what_needs_two_waits_for_the_slower():
    ended: list[str] = []

    def act(name: str) -> None:
        if name == "slow":
            time.sleep(0.2)
        ended.append(name)

    graph.run({"both": ("fast", "slow"), "slow": (), "fast": ()}, act)
    assert ended == ["fast", "slow", "both"]


def test_an_error_is_raised_and_what_needs_the_failed_is_not_begun():
    begun: list[str] = []

    def act(name: str) -> None:
        begun.append(name)
        raise LookupError(name)

    with pytest.raises(LookupError, match="a"):
        graph.run({"a": (), "b": ("a",)}, act)
    assert begun == ["a"]


def test_a_circle_is_an_error_and_no_endless_wait():
    with pytest.raises(ValueError, match="need one another"):
        graph.run({"a": ("b",), "b": ("a",)}, lambda name: None)
