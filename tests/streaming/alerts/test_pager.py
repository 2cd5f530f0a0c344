from hypothesis import given
from hypothesis import strategies as st

from streaming.alerts.pager import Pager


def _alert(number=1, state="raised", severity="warning", machine="a"):
    return {"alert_id": f"id{number}", "state": state, "severity": severity, "equipment_id": machine}


def _take(pager, *alerts, min_severity="warning", history=False):
    """What people are told of next."""
    for alert in alerts:
        pager.take(alert, min_severity, history, 0.0)
    pager.release()
    keys = list(pager.due)
    pager.done(keys, 0.0)
    return keys


def _stop(pager, minute, kind, planned=None, machine="a"):
    pager.see([{"equipment_id": machine, "event_time": minute, "kind": kind, "planned": planned}])


def test_an_alert_is_told_once_and_so_is_its_end():
    pager = Pager()
    assert _take(pager, _alert(), _alert()) == ["id1/raised"]
    assert _take(pager, _alert()) == []
    assert _take(pager, _alert(state="cleared"), _alert(state="cleared")) == ["id1/cleared"]


def test_what_is_not_severe_enough_or_history_is_not_told_and_neither_is_its_end():
    pager = Pager()
    assert _take(pager, _alert(1), _alert(2, severity="critical"), min_severity="critical") == ["id2/raised"]
    assert _take(pager, _alert(3), history=True) == []
    assert _take(pager, _alert(1, "cleared"), _alert(3, "cleared")) == []


def test_the_end_of_a_told_alarm_is_told_though_it_comes_late():
    pager = Pager()
    _take(pager, _alert())
    assert _take(pager, _alert(state="cleared"), history=True) == ["id1/cleared"]


def test_an_alert_in_a_planned_stop_is_told_after_it_if_it_still_stands():
    pager = Pager()
    _stop(pager, 1, "down", planned=True)
    assert _take(pager, _alert(1), _alert(2), _alert(3, machine="b")) == ["id3/raised"]
    assert _take(pager, _alert(1, "cleared")) == []
    pager = Pager.load(pager.dump(0.0))
    _stop(pager, 2, "running")
    assert _take(pager) == ["id2/raised"]
    assert _take(pager, _alert(1), _alert(2, "cleared")) == ["id2/cleared"]


def test_an_alarm_that_was_over_before_anybody_could_be_told_is_told_with_its_end():
    assert _take(Pager(), _alert(), _alert(state="cleared")) == ["id1/raised", "id1/cleared"]


def test_an_event_that_came_late_changes_no_stop():
    pager = Pager()
    _stop(pager, 5, "running")
    _stop(pager, 4, "down", planned=True)
    _stop(pager, 6, "down", planned=False)
    assert _take(pager, _alert()) == ["id1/raised"]


def test_a_raise_is_remembered_until_its_end_was_told_and_what_is_over_is_forgotten():
    month = 30 * 86_400.0
    pager = Pager()
    _take(pager, _alert(1), _alert(2), _alert(1, "cleared"))
    pager = Pager.load(pager.dump(month))
    assert set(pager.told) == {"id2/raised"}


_ALERTS = st.lists(
    st.builds(
        _alert, st.integers(1, 5), st.sampled_from(["raised", "cleared"]), st.sampled_from(["warning", "critical"])
    ),
    max_size=30,
)


@given(_ALERTS, st.lists(st.integers(0, 30)), st.integers(0, 30))
def test_restarts_and_repeats_tell_nothing_twice(alerts, restarts, back):
    pager, told = Pager(), []
    for at, alert in enumerate(alerts):
        if at in restarts:  # from what was saved; Kafka gives some records again
            pager = Pager.load(pager.dump(0.0))
            told += _take(pager, *alerts[max(0, at - back) : at])
        told += _take(pager, alert)
    assert len(told) == len(set(told))
    for key in told:
        if key.endswith("/cleared"):
            assert told.index(key.replace("cleared", "raised")) < told.index(key)
