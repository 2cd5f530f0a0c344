"""Every address, port and limit, in one place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import AliasChoices, Field, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from millwright.errors import MillwrightError, NeverStarted

ROOT = Path(__file__).resolve().parents[1]


def _also(name: str, *others: str) -> AliasChoices:
    """MILLWRIGHT_<NAME>, or a variable that users of such tools have set already."""
    return AliasChoices(f"MILLWRIGHT_{name.upper()}", *others)


class Settings(BaseSettings):
    """Set by MILLWRIGHT_<NAME>, or in a .env file.

    An address left empty means the embedded part: `millwright up` starts it on the port given here.
    """

    model_config = SettingsConfigDict(env_prefix="MILLWRIGHT_", env_file=".env", extra="ignore", populate_by_name=True)

    state_dir: Path = ROOT / ".millwright"  # everything that the embedded stack keeps
    contracts_dir: Path = ROOT / "contracts"
    dbt_dir: Path = ROOT / "dbt_transformations"

    kafka_bootstrap: str = Field("", validation_alias=_also("kafka_bootstrap", "KAFKA_BOOTSTRAP_SERVERS"))
    registry_url: str = ""  # Confluent API
    database_url: str = Field("", validation_alias=_also("database_url", "DB_URL"))  # the warehouse
    mlflow_url: str = Field("", validation_alias=_also("mlflow_url", "MLFLOW_TRACKING_URI"))
    airflow_url: str = ""
    # Where a browser reaches what processes reach by another name; "": at the same.
    airflow_public_url: str = ""
    mlflow_public_url: str = ""
    preview_public_url: str = ""
    dashboards_public_url: str = ""  # where the button "Dashboard" of a task leads; "": to the preview
    lake_url: str = ""  # file://, s3://, gs://
    lake_endpoint: str = ""  # http(s) address of an object store that is not the cloud's own
    silver_folder: str = "silver"  # the lake's folder of silver tables; a rebuild makes them beside it
    spark_url: str = ""  # "" is embedded Sail; "local" is Spark in this process; sc://host:port any Spark Connect

    dashboards_database_url: str = ""  # the warehouse for a role that reads schema marts only; "": one that we make
    metabase_url: str = ""
    metabase_api_key: str = ""  # of an administrator; "": the one that the first `dashboards apply` made
    metabase_email: str = "admin@millwright.example"  # the administrator of a Metabase that is set up anew
    metabase_password: str = ""  # "": made, and kept in the state folder
    metabase_warehouse: str = ""  # host:port at which Metabase reaches the warehouse, where that is not ours

    kafka_port: int = 9092
    kafka_controller_port: int = 9093
    registry_port: int = 8085
    postgres_port: int = 5433
    mlflow_port: int = 5001
    airflow_port: int = 8081
    metabase_port: int = 3010
    preview_port: int = 3011
    sink_metrics_port: int = 9510  # for Prometheus; each process takes the first free of 16 ports; 0 is off
    alerts_metrics_port: int = 9530
    analytics_metrics_port: int = 9550
    exporter_port: int = 9570  # `millwright metrics serve`: what the stores say of loads, DAGs and models
    metrics_host: str = "127.0.0.1"  # where all of these listen; in a container 0.0.0.0
    exporter_without: str = ""  # services that the exporter does not ask, parted by commas: mlflow,airflow
    airflow_database_url: str = ""  # Airflow's own database, for the exporter; "": beside the warehouse
    log_format: Literal["text", "json"] = "text"  # of every process's log

    kafka_join_seconds: float = 0.0  # the embedded broker holds a new group's start so long, for further members
    topic_partitions: int = 6  # a key keeps its partition, so this is fixed once a topic exists
    topic_replication: int = 1
    topic_retention_hours: float = 24 * 7
    analytics_grace_seconds: float = 30.0  # a minute is told when its machine's newest reading is this much newer
    analytics_idle_seconds: float = 60.0  # or when nothing came from the machine for this long
    analytics_horizon_seconds: float = 600.0  # later readings correct a minute until the machine is this far beyond it
    analytics_max_age_hours: float = 24.0  # readings that were older when they were sent are history; 0: none is
    sink_roll_seconds: float = 10.0  # a file is published at most this long after its first record
    sink_roll_records: int = 200_000
    sink_workers: int = Field(1, ge=1)  # processes of the sink service
    sink_group: str = "millwright-sink"
    future_tolerance_seconds: float = 300.0  # an event time later than its append time by more is quarantined
    alert_webhook_url: str = ""  # every alert is POSTed there as JSON
    alert_email_to: str = ""  # addresses, parted by commas
    report_email_to: str = ""  # readers of the weekly report, parted by commas; "": those of the alerts
    alert_min_severity: Literal["warning", "critical"] = "warning"  # what people are told of
    alert_digest_seconds: float = Field(60.0, ge=0)  # time between two mails: what is raised meanwhile is one mail
    alert_page_hours: float = Field(24.0, gt=0)  # an alert that came later than this is history: nobody is told
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = ""  # the sender; smtp_user when not given
    lake_retention_days: float = 0.0  # bronze older than this is dropped, once silver has read it; 0 keeps it for ever
    lake_compact_records: int = 1_000_000  # of one compacted file, at most
    warehouse_retention_months: dict[str, PositiveInt] = {}  # raw table → months kept, as JSON; others: all
    cleanse_batch_records: int = 2_000_000  # records of one silver commit
    micro_batch_seconds: float = Field(15.0, ge=0)  # from one micro-batch's start to the next, at least
    micro_batch_idle_seconds: float = Field(30.0, ge=0)  # without new files, the run of micro-batches ends
    mlflow_experiment: str = Field("millwright", validation_alias=_also("mlflow_experiment", "MLFLOW_EXPERIMENT_NAME"))

    @property
    def kafka(self) -> str:
        """Bootstrap servers: host:port[,host:port]."""
        return self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}"

    @property
    def registry(self) -> str:
        """Base address of a schema registry with Confluent's API."""
        return self.registry_url or f"http://127.0.0.1:{self.registry_port}/apis/ccompat/v7"

    @property
    def database(self) -> str:
        """The warehouse as postgresql://user:password@host:port/database."""
        return self.database_url or self.embedded_database("millwright")

    @property
    def mlflow(self) -> str:
        """MLflow's tracking address."""
        return self.mlflow_url or f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def airflow(self) -> str:
        """Airflow's web address."""
        return self.airflow_url or f"http://127.0.0.1:{self.airflow_port}"

    @property
    def airflow_link(self) -> str:
        """Airflow's web address for people, without a trailing slash."""
        return (self.airflow_public_url or self.airflow).rstrip("/")

    @property
    def mlflow_link(self) -> str:
        """MLflow's web address for people, without a trailing slash."""
        return (self.mlflow_public_url or self.mlflow).rstrip("/")

    @property
    def preview_link(self) -> str:
        """The preview's web address for people, without a trailing slash."""
        return (self.preview_public_url or f"http://127.0.0.1:{self.preview_port}").rstrip("/")

    @property
    def metabase(self) -> str:
        """Metabase's web address, without a trailing slash."""
        return (self.metabase_url or f"http://127.0.0.1:{self.metabase_port}").rstrip("/")

    @property
    def lake(self) -> str:
        """Root of bronze, silver and quarantine, without a trailing slash."""
        return (self.lake_url or f"file://{self.state_dir.absolute()}/lake").rstrip("/")

    def embedded_database(self, name: str) -> str:
        """Address of a database of the embedded Postgres."""
        password = quote(self.secret("postgres_password"), safe="")
        return f"postgresql://millwright:{password}@127.0.0.1:{self.postgres_port}/{name}"

    @property
    def credentials_file(self) -> Path:
        """Where `millwright up` keeps the passwords it made, with mode 0600."""
        return self.state_dir / "credentials.json"

    def secret(self, name: str) -> str:
        """A password made by the first `millwright up`.

        Raises NeverStarted when there is none yet.
        """
        try:
            return str(json.loads(self.credentials_file.read_text())[name])
        except (FileNotFoundError, KeyError):
            raise NeverStarted(
                f"The embedded stack has never been started: {self.credentials_file} has no {name}.",
                "Run `millwright up`, or name your own services (see docs/settings.md).",
            ) from None


@lru_cache
def settings() -> Settings:
    """The settings of this process. Tests call `settings.cache_clear()` after changing the environment.

    Raises MillwrightError naming the variable and what was expected.
    """
    try:
        return Settings()
    except SettingsError as error:  # JSON was expected, and is not
        raise MillwrightError(f"{error}: JSON was expected.", "See docs/settings.md for an example.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        name = name if name.startswith("MILLWRIGHT_") else f"MILLWRIGHT_{name}"
        raise MillwrightError(f"{name}={first['input']!r} cannot be used: {first['msg']}.") from None


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables of this process, and of those that it starts, until the block ends."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def settings_with(**values: str) -> Iterator[None]:
    """Other settings in this process, and in those that it starts, until the block ends: `lake_url="file:///x"`."""
    try:
        with in_environment({f"MILLWRIGHT_{name.upper()}": value for name, value in values.items()}):
            settings.cache_clear()
            yield
    finally:
        settings.cache_clear()
