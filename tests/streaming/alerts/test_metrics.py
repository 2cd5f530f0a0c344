from prometheus_client import REGISTRY

from streaming.alerts import metrics


def test_alerts_are_counted_by_rule_severity_and_state():
    alert = {"rule": "limit_high", "severity": "critical", "state": "raised", "equipment_id": "m"}
    metrics.sent([alert, alert, alert | {"state": "cleared"}])
    labels = {"rule": "limit_high", "severity": "critical"}
    found = {
        s: REGISTRY.get_sample_value("millwright_alerts_sent_total", labels | {"state": s})
        for s in ("raised", "cleared")
    }
    assert found == {"raised": 2, "cleared": 1}
