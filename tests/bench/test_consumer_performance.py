import pytest

from bench.consumer_performance import parsed
from millwright.errors import MillwrightError

SAID = """start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, \
fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
2026-11-21 11:50:01:123, 2026-11-21 11:50:05:623, 486.3739, 108.0831, 5000000, 1111111.1111, 1500, 3000, 162.1246, \
1666666.6667
"""


def test_joining_the_group_is_not_counted() -> None:
    assert parsed(SAID) == (5_000_000, 3.0)


def test_a_warning_among_the_figures_does_no_harm() -> None:
    names, figures = SAID.splitlines()
    said = f"WARNING: option x, y, z is old\n{names}\nWARNING: A restricted method has been called\n\n{figures}\n"
    assert parsed(said) == (5_000_000, 3.0)


@pytest.mark.parametrize("said", ["", "Exception in thread main", SAID.splitlines()[0], "1, 2, 3\n4, 5, 6\n"])
def test_anything_else_is_an_error(said: str) -> None:
    with pytest.raises(MillwrightError, match="ConsumerPerformance"):
        parsed(said)
