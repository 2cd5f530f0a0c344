import numpy as np

from streaming.alerts.flips import flips


def _flips(beyond, well, after=0.0, least=0.0, raised=0, pending=0, first=100):
    time = np.arange(first, first + 10 * len(beyond), 10)
    found = flips(time, np.array(beyond, dtype=bool), np.array(well, dtype=bool), after, least, raised, pending)
    return found.at, found.raised, found.pending


def test_an_alarm_is_raised_and_ends():
    assert _flips([0, 1, 1, 0], [1, 0, 0, 1]) == ([(1, True, 110), (3, False, 110)], 0, 0)


def test_between_beyond_and_well_nothing_changes():
    assert _flips([1, 0, 0], [0, 0, 0]) == ([(0, True, 100)], 100, 0)


def test_it_does_not_end_before_its_least_time():
    assert _flips([1, 0, 0, 0], [0, 1, 1, 1], least=20.0)[0] == [(0, True, 100), (2, False, 100)]


def test_it_is_raised_after_its_delay_counted_from_the_batch_before():
    assert _flips([1, 1], [0, 0], after=20.0) == ([], 0, 100)
    assert _flips([1, 1], [0, 0], after=20.0, pending=100, first=120) == ([(0, True, 120)], 120, 100)
    assert _flips([0, 1], [1, 0], after=20.0, pending=100, first=120) == ([], 0, 130)
