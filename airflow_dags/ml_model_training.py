"""Trains the failure model and deploys it if it deserves it.

| daily, and when `reports` asks | the same data and spec give the version that is there already | safe to run again |

extract → train → evaluate (against a naive baseline and the champion) → register in MLflow → deploy: the alias
`champion` moves only when the thresholds of `ml/specs/failure.yml` are passed. `ml.promotions` holds each decision
with its reason.

**When it fails**: too little history, or none with a failure, is not an error; the log says so and nothing is
trained. The champion goes on answering whatever happens here.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, dag, task

from airflow_dags.assets import DEFAULTS, MODEL, MODEL_IF_PROMOTED, RETRAIN


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 3 * * *", timezone="UTC"), assets=RETRAIN),
    tags=["ml"],
    doc_md=__doc__,
    **DEFAULTS,
)
def ml_model_training() -> None:
    @task
    def extract() -> dict[str, Any]:
        from ml import train

        return train.extract("failure")

    @task
    def fit(extracted: dict[str, Any]) -> dict[str, Any]:
        from ml import train

        return train.fit(extracted)

    @task
    def evaluate(fitted: dict[str, Any]) -> dict[str, Any]:
        from ml import train

        return train.evaluate(fitted)

    @task
    def register(evaluated: dict[str, Any]) -> dict[str, Any]:
        from ml import train

        return train.register(evaluated)

    @task(outlets=[MODEL_IF_PROMOTED])
    def deploy(registered: dict[str, Any]) -> Any:
        from ml import train

        deployed = train.deploy(registered)
        if deployed.get("promoted"):
            yield Metadata(MODEL, extra=deployed, alias=MODEL_IF_PROMOTED)
        return deployed

    deploy(register(evaluate(fit(extract()))))


ml_model_training()
