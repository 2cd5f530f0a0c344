import pytest

from millwright.errors import MillwrightError
from streaming.replay.mapping import load_mapping

_GOOD = "stream: equipment-sensors\nfields:\n  equipment_id: {constant: m}\n  event_time: t\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stream: nonsense\nfields: {}\n", "There is no stream 'nonsense'; there are equipment-alerts"),
        (_GOOD + "  heat: x\n", "has no field 'heat'; it has equipment_id, event_time, temperature"),
        ("stream: equipment-sensors\nfields: {event_time: t}\n", "needs the field 'equipment_id'"),
        (_GOOD + "  pressure: {column: p, constant: 3}\n", "fields.pressure: give either a column or a constant"),
        (_GOOD + "  pressure: {columm: p}\n", "fields.pressure.columm"),
        (_GOOD + "timezone: Berlin\n", "there is no time zone 'Berlin'"),
        (_GOOD + "separator: ';;'\n", "separator"),
        ("a: [", "is not YAML"),
        ("", "valid dictionary"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path, text, said):
    (tmp_path / "m.yml").write_text(text)
    with pytest.raises(MillwrightError) as error:
        load_mapping(tmp_path / "m.yml")
    assert said in error.value.message
    assert "m.yml" in error.value.message
    assert error.value.remedy or "YAML" in said


def test_a_missing_mapping_is_named(tmp_path):
    with pytest.raises(MillwrightError, match=r"no mapping .*m\.yml"):
        load_mapping(tmp_path / "m.yml")
