"""All faults, one after the other, in a stack of its own.

The rules are the real ones with `for:` shortened to five seconds and a scrape every two, so the drill shows that a rule
sees its fault; how long it waits is the rules' own tests' business.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chaos.alarms import models, pipelines, streams
from chaos.alarms.prometheus import prometheus, rules
from chaos.alarms.scene import Scene, send
from chaos.disk import SmallDisk, disk
from infra.local.demo.airflow import Airflow
from infra.local.temporary import free_ports, stack_of_its_own
from millwright.errors import MillwrightError
from millwright.settings import settings_with

_PARTS = ("airflow-triggerer", "airflow-dag-processor", "airflow-scheduler", "airflow-api", "mlflow", "reference")
_STEPS = ("tables", "topics", "schemas", "dbt sources")
_DAGS = {"streaming_to_batch_etl", "dbt_transformations", "data_quality", "near_real_time"}
_ETL_WANTS = {"sink_roll_seconds": "2", "micro_batch_idle_seconds": "3", "micro_batch_seconds": "3"}
_OF_DISKS = {"MillwrightDiskFull", "MillwrightDiskFillsUp"}


def drill(tell: Callable[[str], None]) -> None:
    """Make each fault and tell how long its alert took.

    Raises MillwrightError when one does not fire, or stays, or when there is a rule that no fault is made for.
    """
    with _scene(tell) as scene:
        with scene.running("alerts", "run"), scene.running("sink", "run"):
            send(2_000)
            scene.watched.until(
                "sum(millwright_sink_accepted_records_total) >= 2000 and on () sum(millwright_stream_lag_records) == 0"
            )
            scene.let("streaming_to_batch_etl")
            tell(f"all is well: {', '.join(scene.watched.firing()) or 'nothing fires'}")
        steps = (streams.services, streams.alerts, streams.records, pipelines.failed, pipelines.late, pipelines.stuck)
        for step in (*steps, models.models, _disk):
            step(scene)
        left_out = set() if isinstance(scene.disk, SmallDisk) else _OF_DISKS
        if missing := rules() - scene.watched.fired - left_out:
            raise MillwrightError(f"No fault is made for {', '.join(sorted(missing))}.")
        tell(f"{len(scene.watched.fired)} of {len(rules())} rules have fired")


def _disk(scene: Scene) -> None:
    if not isinstance(scene.disk, SmallDisk):
        scene.tell(f"left out: {', '.join(sorted(_OF_DISKS))}; only root can mount a disk to fill")
        return
    scene.disk.fill()
    scene.fires("MillwrightDiskFull", "the lake's disk is full")
    scene.fires("MillwrightDiskFillsUp", "the same, from its slope")
    scene.disk.free()
    scene.is_over("MillwrightDiskFull", "there is room again")


@contextmanager
def _scene(tell: Callable[[str], None]) -> Iterator[Scene]:
    """The stack with Airflow, its exporter, and Prometheus; the lake is on a disk that can be filled."""
    names = ("sink_metrics_port", "alerts_metrics_port", "exporter_port", "prometheus")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    shown = {name: str(port) for name, port in ports.items() if name != "prometheus"}
    with ExitStack() as ends:
        where = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="millwright-alarms-")))
        where.chmod(0o755)
        lake = where / "lake"
        small = ends.enter_context(disk(lake, lambda: ()))
        stack = ends.enter_context(stack_of_its_own("alarms", *_STEPS, lake_url=f"file://{lake}"))
        ends.enter_context(settings_with(analytics_metrics_port="0", **shown, **_ETL_WANTS))
        stack.start(*_PARTS)
        airflow = Airflow()
        airflow.wait_for_dags(_DAGS)
        watched = ends.enter_context(prometheus(where, ports["prometheus"]))
        scene = Scene(stack, airflow, watched, small, where, tell)
        ends.enter_context(scene.running("metrics", "serve"))
        yield scene
