import pytest

from bench.slices import slices


def test_files_and_memory_are_put_into_tenths_of_the_time() -> None:
    files = [(100.0 + second, 1_000 * second) for second in range(1, 21)]  # the last after 20 s
    memory = [(99.0, 50.0), (101.5, 200.0), (119.9, 300.0)]
    found = slices(100.0, files, memory)
    assert [part.records_per_second for part in found[:2]] == [500.0, 2_500.0]
    assert sum(part.records_per_second * 2 for part in found) == pytest.approx(sum(records for _, records in files))
    assert [part.rss_mb for part in found] == [200.0] * 9 + [300.0]


def test_before_the_first_look_the_memory_is_not_known() -> None:
    assert slices(0.0, [(10.0, 10)], [(5.0, 80.0)])[0].rss_mb == 0.0
