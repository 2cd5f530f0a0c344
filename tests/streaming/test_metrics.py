"""A service that follows streams tells how far behind it is, as long as it follows them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

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
