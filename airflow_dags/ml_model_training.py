"""Trains a model of every spec and deploys those that deserve it.

| daily, and when `reports` asks | the same data and spec give the version that is there already | safe to run again |

One mapped task group a spec under `ml/specs/`: extract → fit → evaluate (against a naive baseline and the champion) →
register in MLflow → deploy. The alias `champion` moves only when the spec's thresholds are passed and the champion is
not better. `ml.promotions` holds each decision with its reason.

**When it fails**: too little history, or none with a failure, is not an error; the log says so and nothing is
trained. The champion goes on answering whatever happens here, and one model's failure stops no other.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, Param, dag, task, task_group

from airflow_dags.assets import DEFAULTS, MODEL, MODEL_IF_PROMOTED, RETRAIN


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 3 * * *", timezone="UTC"), assets=RETRAIN),
    tags=["ml"],
    doc_md=__doc__,
    params={
        "specs": Param([], type="array", items={"type": "string"}, title="Specs", description="Names; none means all.")
    },
    **DEFAULTS,
)
def ml_model_training() -> None:
    @task
    def specs(params: dict[str, Any] | None = None) -> list[str]:
        from ml.spec.load import shipped

        return list(params["specs"]) if params and params["specs"] else shipped()

    # One spec at a time: each holds weeks of the warehouse in memory, and computes.
    @task(max_active_tis_per_dagrun=1)
    def extract(spec: str) -> dict[str, Any]:
        from ml import steps

        return steps.extract(spec)

    @task(max_active_tis_per_dagrun=1)
    def fit(extracted: dict[str, Any]) -> dict[str, Any]:
        from ml import steps

        return steps.fit(extracted)

    @task(max_active_tis_per_dagrun=1)
    def evaluate(fitted: dict[str, Any]) -> dict[str, Any]:
        from ml import steps

        return steps.evaluate(fitted)

    @task
    def register(evaluated: dict[str, Any]) -> dict[str, Any]:
        from ml import steps

        return steps.register(evaluated)

    @task(outlets=[MODEL_IF_PROMOTED])
    def deploy(registered: dict[str, Any]) -> Any:
        from ml import steps

        deployed = steps.deploy(registered)
        if deployed.get("promoted"):
            yield Metadata(MODEL, extra=deployed, alias=MODEL_IF_PROMOTED)
        return deployed

    @task_group
    def model(spec: str) -> None:
        deploy(register(evaluate(fit(extract(spec)))))

    model.expand(spec=specs())


ml_model_training()
