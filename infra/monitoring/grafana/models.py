"""Models: champions, what was decided of their rivals, drift, predictions, and who looks at them."""

from __future__ import annotations

from infra.monitoring.grafana.panel import Ask, Drawn

MODELS = (
    Drawn("Champion's version", (Ask("millwright_champion_version", "{{model}}"),), kind="stat", unit="none"),
    Drawn(
        "Champion's age",
        (Ask("time() - millwright_champion_promoted_timestamp_seconds", "{{model}}"),),
        kind="stat",
        unit="s",
        limits=(14 * 86400, 30 * 86400),
    ),
    Drawn(
        "Versions refused since the last promotion",
        (Ask("millwright_model_refusals", "{{model}}"),),
        about="The reasons: millwright models list.",
    ),
    Drawn(
        "Since a version was last judged",
        (Ask("time() - millwright_model_judged_timestamp_seconds", "{{model}}"),),
        "s",
    ),
    Drawn(
        "Drift: share of features that differ", (Ask("millwright_model_drift_share", "{{model}}"),), unit="percentunit"
    ),
    Drawn("To be trained again", (Ask("millwright_model_retrain_due", "{{model}}"),), limits=(1,)),
    Drawn(
        "Since predictions were written",
        (Ask("time() - millwright_predictions_last_timestamp_seconds", "{{task}}"),),
        "s",
    ),
    Drawn(
        "Since the models were monitored",
        (Ask("time() - millwright_model_monitored_timestamp_seconds", "{{model}}"),),
        unit="s",
    ),
    Drawn(
        "Preview of dashboards: questions, a minute",
        (Ask("60 * sum by (board, outcome) (rate(millwright_preview_answers_total[5m]))", "{{board}}: {{outcome}}"),),
    ),
    Drawn(
        "Preview of dashboards: 95 % of answers within",
        (
            Ask(
                "histogram_quantile(0.95, sum by (board, le) (rate(millwright_preview_answer_seconds_bucket[5m])))"
                " >= 0",
                "{{board}}",
            ),
        ),
        unit="s",
    ),
)
