"""The plan of a run."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chaos.plan import FAILPOINTS, plan


def test_a_hundred_kills_come_with_all_else_that_may_befall_a_sink():
    counts = Counter(each.kind for each in plan(100, seed=7))
    assert counts == {
        "kill": 50,
        "failpoint": 50,
        "stop": 10,
        "broker": 10,
        "registry": 5,
        "join": 5,
        "leave": 5,
        "disk": 2,
        "care": 5,
    }
    found = plan(100, seed=7)
    assert {each.place.partition(":")[0] for each in found if each.kind == "failpoint"} == {
        "genesis.after_link",
        *FAILPOINTS,
    }
    assert all(each.seconds > 6 for each in found if each.kind == "stop"), "shorter than the group's patience"
    assert {each.how for each in found if each.kind == "broker"} == {"restart", "kill -9"}


@given(st.integers(1, 60), st.integers(0, 1000))
def test_the_same_seed_gives_the_same_plan_and_as_many_kills_as_were_asked_for(kills: int, seed: int):
    found = plan(kills, seed)
    assert found == plan(kills, seed)
    assert sum(each.kind in ("kill", "failpoint") for each in found) == kills


def test_another_seed_gives_another_plan():
    assert plan(10, 1) != plan(10, 2)
