"""The buttons of a task in the web page: where what it made can be seen. Read from what it returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.standard.decorators.python import _PythonDecoratedOperator
from airflow.sdk import BaseOperatorLink
from airflow.sdk.bases.decorator import task_decorator_factory


class Link(BaseOperatorLink):  # type: ignore[misc]  # Airflow is not typed
    """A button. Its address is worked out when the task has ended, and kept as an XCom: the web page runs none of it,
    so it needs no plugin, wherever it runs."""

    def __init__(self, name: str, key: str, to: Callable[[Any], str | None]) -> None:
        self._name, self._key, self._to = name, key, to

    @property
    def name(self) -> str:
        """What stands on the button."""
        return self._name

    @property
    def xcom_key(self) -> str:
        """Where the address is kept."""
        return f"_link_{self._key}"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address; empty when the task made nothing to be seen. `ti_key` is the task instance itself."""
        made = ti_key.xcom_pull(task_ids=ti_key.task_id, map_indexes=ti_key.map_index)
        return (self._to(made) or "") if made else ""


def _run(made: dict[str, Any]) -> str | None:
    from millwright.settings import settings

    return f"{settings().mlflow_link}/#/runs/{made['run_id']}" if made.get("run_id") else None


def _version(made: dict[str, Any]) -> str | None:
    from millwright.settings import settings

    if not made.get("version"):
        return None
    return f"{settings().mlflow_link}/#/models/{made['model']}/versions/{made['version']}"


def _drift(made: dict[str, Any]) -> str | None:
    from millwright.settings import settings

    return f"{settings().mlflow_link}/{made['report']}" if made.get("report") else None


def _dashboard(board: str) -> Callable[[Any], str]:
    def address(made: Any) -> str:
        from millwright.settings import settings

        return settings().dashboards_public_url or f"{settings().preview_link}/#/{board}"

    return address


def _docs(made: Any) -> str:
    from millwright.settings import settings

    return f"{settings().preview_link}/dbt/"


RUN = Link("MLflow run", "mlflow_run", _run)
VERSION = Link("Model version", "model_version", _version)
DRIFT = Link("Drift report", "drift_report", _drift)
DOCS = Link("dbt docs", "dbt_docs", _docs)


def dashboard(board: str) -> Link:
    """A button to a dashboard (a name under dashboards/boards)."""
    return Link("Dashboard", f"dashboard_{board}", _dashboard(board))


def linked(*links: Link, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`@task` with buttons, also of a mapped task, whose buttons Airflow takes from the operator's class."""
    operator = type("LinkedTask", (_PythonDecoratedOperator,), {"operator_extra_links": links})

    def decorate(function: Callable[..., Any]) -> Any:
        return task_decorator_factory(python_callable=function, decorated_operator_class=operator, **options)

    return decorate
