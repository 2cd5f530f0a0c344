import pytest

from millwright.errors import MillwrightError
from streaming.positions import Position, Positions


@pytest.fixture
def positions(tmp_path):
    return Positions(tmp_path, lambda: "", str.encode, bytes.decode)


def test_what_is_saved_is_read(positions):
    position = Position("id", 7, "first line\nsecond line")
    positions.save("topic", 3, position)
    assert positions.read("topic", 3, "id") == position
    assert positions.read("topic", 4, "id") == Position("id", 0, "")


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(positions):
    positions.save("topic", 3, Position("old", 7, "known"))
    assert positions.read("topic", 3, "new") == Position("new", 0, "")


@pytest.mark.parametrize("text", [b"", b'{"topic_id": "id"}\n', b'{"offset"', b'{"topic_id": "id", "offset": 1}\n\xff'])
def test_a_damaged_file_says_what_to_do(positions, text):
    positions.save("topic", 3, Position("id", 7, ""))
    (positions.folder / "topic" / "3.state").write_bytes(text)
    with pytest.raises(MillwrightError, match=r"3\.state is damaged.*Remove it"):
        positions.read("topic", 3, "id")
