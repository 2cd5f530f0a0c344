"""What `up` does once a part answers. Each acts by the settings of this process; doing it again changes nothing."""

from __future__ import annotations

from infra.local import databases
from infra.local.part import Step
from millwright.settings import Settings

_OWN_DATABASE = {"registry": "registry_url", "mlflow": "mlflow_url", "airflow": "airflow_url"}


def _databases(config: Settings) -> None:
    databases.ensure(config, [name for name, external in _OWN_DATABASE.items() if not getattr(config, external)])


def _tables(config: Settings) -> None:
    from millwright import tables

    tables.migrate()


def _topics(config: Settings) -> None:
    from millwright import topics

    topics.ensure_topics()


def _schemas(config: Settings) -> None:
    from millwright import registry

    registry.register_all()


def _reference(config: Settings) -> None:
    from millwright import reference

    reference.apply()


def _dbt_sources(config: Settings) -> None:
    from millwright import dbt_sources

    dbt_sources.generate()


STEPS = [
    Step("databases", ("postgres",), _databases),
    Step("tables", ("databases",), _tables),
    Step("reference", ("tables",), _reference),
    Step("dbt sources", ("tables",), _dbt_sources),
    Step("topics", ("kafka",), _topics),
    Step("schemas", ("registry",), _schemas),
]
