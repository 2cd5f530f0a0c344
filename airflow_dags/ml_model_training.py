"""Trains a model of every spec and deploys those that deserve it.

- **Safe to run again**: the same data and spec give the version that is there already.
- **What wakes it**: the clock daily at 03:00, and the asset `retrain`, by which `reports` asks. By hand the form
  takes the specs.

One mapped task a spec under `ml/specs/`: extract → fit → evaluate (against a naive baseline and the champion) →
register in MLflow → deploy. The alias `champion` moves only when the spec's thresholds are passed and the champion is
not better. `ml.promotions` holds each decision with its reason. **announce** wakes the predictions, once for all new
champions.

- **When it fails**: too little history, or none with a failure, is not an error; the log says so and nothing is
  trained. The champion goes on answering whatever happens here, and one model's failure stops no other.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, TriggerRule, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, MODEL, MODEL_IF_PROMOTED, RETRAIN, names, within
from airflow_dags.links import RUN, VERSION, linked


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 3 * * *", timezone="UTC"), assets=RETRAIN),
    tags=["ml"],
    doc_md=__doc__,
    params={"specs": names("Specs", "Names; none means all.")},
    deadline=within(minutes=240),
    **DEFAULTS,
)
def ml_model_training() -> None:
    @task
    def specs(params: dict[str, Any] | None = None) -> list[str]:
        from ml.spec.load import shipped

        return list(params["specs"]) if params and params["specs"] else shipped()

    # One spec at a time: each holds weeks of the warehouse in memory, and computes. One task a spec, for a task costs
    # seconds; a step that was done before a kill is found done by the next try.
    @linked(RUN, VERSION, max_active_tis_per_dagrun=1, pool=HEAVY)
    def train(spec: str) -> Any:
        from ml import steps

        return steps.run(spec)

    # A prediction goes over all specs: an event for each champion would have it go over them once for each.
    @task(outlets=[MODEL_IF_PROMOTED], trigger_rule=TriggerRule.ALL_DONE)
    def announce(trained: Any) -> Any:
        champions = {each["model"]: each["version"] for each in trained if each.get("promoted")}
        if champions:
            yield Metadata(MODEL, extra=champions, alias=MODEL_IF_PROMOTED)
        return champions

    @task
    def all_trained(trained: Any) -> int:
        """Fails with any of them: `announce`, which runs all the same, would have the run called a success."""
        return len(list(trained))

    trained = train.expand(spec=specs())
    announce(trained)
    all_trained(trained)


ml_model_training()
