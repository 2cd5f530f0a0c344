"""Scores of a window are those of its days together."""

from __future__ import annotations

import pytest

from ml.monitoring.live import COUNTS, MEANS, scores


def day(**said):
    return {**dict.fromkeys(COUNTS, 0), **dict.fromkeys(MEANS), **said}


def test_counts_are_summed_before_they_are_divided():
    live = scores(
        [
            day(predictions=12, judged=10, flagged=4, true_positives=3, false_positives=1, true_negatives=6),
            day(predictions=3, judged=2, flagged=0, false_negatives=1, true_negatives=1, brier_score=0.5),
        ]
    )
    assert (live.predictions, live.judged) == (15, 12)
    assert live.scores == pytest.approx(
        {"precision": 3 / 4, "recall": 3 / 4, "f1": 3 / 4, "false_positive_rate": 1 / 8, "flagged_share": 4 / 15}
        | {"brier_score": 0.5}
    )


def test_a_score_of_nothing_is_left_out():
    assert scores([]).scores == {}
    assert "precision" not in scores([day(predictions=2, judged=2, false_negatives=2)]).scores


def test_means_are_weighted_by_what_was_judged():
    live = scores([day(judged=1, mean_absolute_error=4.0), day(judged=3, mean_absolute_error=8.0)])
    assert live.scores["mean_absolute_error"] == 7.0
