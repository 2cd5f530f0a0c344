"""Rules are held against the contracts."""

from __future__ import annotations

import pytest

from millwright.errors import MillwrightError
from quality import rules


def test_the_plants_own_rules_can_be_used():
    assert rules.check() >= 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stream: equipment-sensor", "entry 1: stream: there is no stream 'equipment-sensor'"),
        ("stream: equipment-sensors, field: temprature", "entry 1: field: no such stream has an optional field"),
    ],
)
def test_a_rule_for_what_there_is_not_is_refused(tmp_path, text: str, said: str):
    rule = f"- {{{text}, rule: null_share, threshold: 0.1, severity: warning}}\n"
    (tmp_path / "quality_rules.yml").write_text(rule)
    with pytest.raises(MillwrightError, match=said):
        rules.check(tmp_path)
