"""What a trial of Airflow says of the tables before and after it."""

from __future__ import annotations

from chaos.days import Finding, _differing
from millwright.checksums import Checksum

ONE, OTHER = Checksum(1, "a"), Checksum(1, "b")


def test_tables_that_changed_came_or_went_differ():
    before, after = {"raw.same": ONE, "raw.changed": ONE, "raw.went": ONE}, {"raw.same": ONE, "raw.changed": OTHER}
    assert _differing(before, after | {"marts.came": ONE}) == ["marts.came", "raw.changed", "raw.went"]
    assert _differing(before, dict(before)) == []


def test_a_finding_says_at_once_whether_it_holds():
    assert Finding("a broken day", True, 61.4, "40 tables as before").line.startswith("right  a broken day  61 s")
    assert Finding("a broken day", False, 2.0, "differ: raw.x").line.startswith("WRONG")
