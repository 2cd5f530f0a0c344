from pathlib import Path

import pytest

from bench.comparison import ends_of
from bench.publish import fill
from bench.readings import STREAM
from bench.workers import land
from millwright.contracts import contract
from millwright.errors import MillwrightError
from tests.stack import TestStack


def test_a_run_that_rejected_others_than_the_corrupt_records_has_no_rate(stack: TestStack, tmp_path: Path) -> None:
    fill(100)
    topic = contract(STREAM).topic
    ends = ends_of(topic)
    with pytest.raises(MillwrightError, match="were quarantined"):
        land(topic, ends, 1, tmp_path, corrupt=sum(ends.values()) + 1)
    assert not (tmp_path / "lake-1").exists()
