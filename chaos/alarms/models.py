"""Models that are not promoted, too old, due for training, or silent. Time and refusals are rows of schema `ml`."""

from __future__ import annotations

from chaos.alarms.scene import Scene, change

_REFUSED = "insert into ml.promotions (model_name, to_version, promoted, reason) values ('failure', 1, false, '')"
_OLD = (
    "insert into ml.promotions (model_name, to_version, decided_at, promoted, reason)"
    " values ('rul', 1, now() - interval '31 days', true, '')"
)
_DUE = (
    "insert into ml.monitoring (model_name, model_version, window_start, window_end, data_watermark, current_rows,"
    " drift_share, breached, retrain) values ('rul', 1, current_date - 7, current_date, now(), 1000, .8, true, true)"
)
_SILENT = (
    "insert into ml.remaining_life (model_name, model_version, equipment_id, data_watermark, value, lower, upper, unit,"
    " predicted_at) values ('rul', 1, 'M0001', now(), 100, 90, 110, 'h', now() - interval '27 hours')"
)


def models(scene: Scene) -> None:
    """Each of the four."""
    change(_REFUSED)
    scene.fires("MillwrightNoPromotion", "the only version was refused")
    change(_OLD)
    scene.fires("MillwrightChampionStale", "a champion of 31 days")
    change(_DUE)
    scene.fires("MillwrightRetrainDue", "drift in 80 % of its features")
    change(_SILENT)
    scene.fires("MillwrightPredictionsStale", "the newest was made 27 hours ago, and rows were loaded since")
