"""What a soak makes of its looks."""

import pytest

from bench.soak.looks import Look, availability, memory, thirds, used
from bench.soak.run import _growth
from infra.local.status import State


def look(at: float, state: str = "running", mb: int | None = 100, **disk: int) -> Look:
    return Look(at, (State("kafka", "running", 1, mb, ""), State("sink", state, 2, 50, "")), 0, disk)


def test_a_part_is_available_for_the_share_of_looks_at_which_it_answered():
    looks = [look(0), look(5, "not answering"), look(10, "stopped"), look(15)]
    assert availability(looks) == {"kafka": 1.0, "sink": 0.5}


def test_memory_is_the_median_and_a_part_that_has_none_is_left_out():
    looks = [look(0, mb=100), look(5, mb=900), look(10, mb=110), look(15, mb=None)]
    assert memory(looks) == {"kafka": 110, "sink": 50}
    assert "kafka" not in memory([look(0, mb=None)])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 360])
def test_every_look_is_in_one_third(count: int):
    looks = [look(5.0 * number) for number in range(count)]
    assert [each for third in thirds(looks) for each in third] == looks


def test_disk_is_told_in_bytes_an_event_of_each_half():
    looks = [(0.0, {"lake": 1000}), (10.0, {"lake": 6000, "kafka": 500}), (20.0, {"lake": 7000, "kafka": 500})]
    assert _growth(100, looks) == {"lake": [5.0, 1.0], "kafka": [0.5, 0.0]}


def test_what_a_folder_uses_is_counted_by_its_folders(tmp_path):
    (tmp_path / "lake" / "bronze").mkdir(parents=True)
    (tmp_path / "lake" / "bronze" / "a").write_bytes(bytes(10_000))
    (tmp_path / "kafka").mkdir()
    assert used(tmp_path) == {"lake": pytest.approx(12_288, abs=4_096), "kafka": 0}
