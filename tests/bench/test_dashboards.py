from __future__ import annotations

from bench.dashboards import Took, _combinations, sums


def test_a_dashboards_sum_is_one_look_at_all_its_cards_without_filters():
    took = [
        Took("kpis", "oee", "", 1, 2.0),
        Took("kpis", "oee", "plant", 1, 50.0),
        Took("kpis", "units", "", 1, 3.5),
        Took("health", "map", "", 20, 4.0),
    ]
    assert sums(took) == {"kpis": 5.5, "health": 4.0}


def test_filters_are_off_then_each_is_on_then_all():
    assert list(_combinations([])) == [("", [])]
    assert list(_combinations(["plant"])) == [("", []), ("plant", ["plant"])]
    assert [label for label, _ in _combinations(["plant", "period"])] == ["", "plant", "period", "all"]
