"""Drift by Evidently: what has moved is told, what is gone too, and no connection is opened."""

from __future__ import annotations

import json
import socket

import numpy as np
import pandas as pd
import pytest

from ml.monitoring.drift import report


@pytest.fixture
def samples():
    random = np.random.default_rng(1)
    reference = pd.DataFrame(random.normal(size=(400, 4)), columns=["steady", "moved", "gone", "empty"])
    current = pd.DataFrame(random.normal(size=(100, 3)), columns=["steady", "moved", "gone"])
    return reference.assign(empty=np.nan, name="m1"), current.assign(moved=current["moved"] + 2, gone=np.nan)


def test_what_moved_or_is_gone_differs_and_reports_are_written_without_a_connection(samples, tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = report(*samples, limit=0.5, folder=tmp_path)
    assert found.drifted == ["gone", "moved"]
    assert found.share == pytest.approx(2 / 3)
    assert found.values["gone"] is None
    assert found.values["steady"] < 0.5 < found.values["moved"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{name}.{suffix}" for name in ("drift", "quality") for suffix in ("html", "json")
    ]
    assert json.loads((tmp_path / "drift.json").read_text())["metrics"]
    assert "<script" in (tmp_path / "drift.html").read_text()


def test_a_handful_of_rows_says_nothing(samples):
    reference, current = samples
    assert report(reference, current.head(5), limit=0.5).share is None
