"""A service that follows streams tells how far behind it is, as long as it follows them."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from millwright.bronze import Header
from streaming.analytics.state import dump, load
from streaming.metrics import lag_of
from streaming.positions import Positions
from streaming.session import Session


def test_a_sessions_lags_are_shown_while_it_lasts(tmp_path):
    registry = CollectorRegistry()
    session = Session("press", {}, Positions(tmp_path, str, str.encode, bytes.decode))
    with lag_of(session, registry):
        session.lags = {("t", 3): 12}
        assert registry.get_sample_value("millwright_press_lag_records", {"topic": "t", "partition": "3"}) == 12
    assert not list(registry.collect())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian's package prometheus)")
def test_prometheus_own_checker_finds_nothing_to_mend(tmp_path):
    from streaming.alerts import metrics as alerts
    from streaming.analytics import metrics as analytics
    from streaming.analytics.minutes import Told
    from streaming.analytics.state import State
    from streaming.positions import Position
    from streaming.sink import metrics as sink

    sink.published(Header("t", 0, 0, 3, 1, 1, {"undecodable": 2}, 0, 0, None, None), 100, 0.1)
    sink.gap("t", 1)
    sink.refused("t")
    alerts.sent([{"rule": "limit_high", "severity": "warning", "state": "raised"}])
    analytics.told("t", Told(counts=Counter(taken=3, too_late=1, history=1, late=1)))
    session = Session("analytics", {}, Positions(tmp_path, State, dump, load))
    session.lags, session.assigned = {("t", 0): 1}, {("t", 0): Position("id", 0, State())}
    moment = sink.watch(lambda: [sink.PartitionNow("t", 0, 0, 1, 1, 1, 1.0, True)])
    with analytics.watched(session):
        text = generate_latest()
    REGISTRY.unregister(moment)
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
