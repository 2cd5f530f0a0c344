import pytest

from millwright.errors import MillwrightError
from streaming.alerts.positions import Position, load, save
from streaming.alerts.watch import Machine


def test_what_is_saved_is_loaded(tmp_path):
    position = Position("id", 7, {"m": Machine(5, {"vibration/limit_high/warning": "x"})})
    save(tmp_path, "topic", 3, position)
    assert load(tmp_path, "topic", 3, "id") == position


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(tmp_path):
    save(tmp_path, "topic", 3, Position("old", 7, {"m": Machine(5)}))
    assert load(tmp_path, "topic", 3, "new") == Position("new")


def test_a_damaged_file_says_what_to_do(tmp_path):
    save(tmp_path, "topic", 3, Position("id", 7))
    (tmp_path / "topic" / "3.json").write_text('{"offset"')
    with pytest.raises(MillwrightError, match=r"3\.json is damaged.*Remove it"):
        load(tmp_path, "topic", 3, "id")
