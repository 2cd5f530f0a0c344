"""Airflow 3: api-server, scheduler, dag-processor and triggerer, on a database of the same Postgres."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import httpx
import psycopg2

from infra.local import databases
from infra.local.environment import inherited, of_platform
from infra.local.part import Launch, Part
from millwright.errors import MillwrightError
from millwright.settings import Settings

_migrating = threading.Lock()


def _home(config: Settings) -> Path:
    return config.state_dir.absolute() / "airflow"


def _dags() -> str:
    """The folder of the DAGs, wherever the package is installed."""
    found = importlib.util.find_spec("airflow_dags")
    if found is None or not found.submodule_search_locations:
        raise MillwrightError("The package airflow_dags is not installed.", "Run `make setup`.")
    return found.submodule_search_locations[0]


def environment(config: Settings) -> dict[str, str]:
    """What all of Airflow's processes share; tasks find the platform's settings in it."""
    home, own = _home(config), f"http://127.0.0.1:{config.airflow_port}"
    options = {
        "CORE__DAGS_FOLDER": _dags(),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",  # each is a process of its own, kept in reserve; left alone there are 32
        "CORE__DEFAULT_TIMEZONE": "utc",
        "CORE__FERNET_KEY": config.secret("airflow_fernet_key"),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "CORE__EXECUTION_API_SERVER_URL": f"{own}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": _database(config).replace("postgresql://", "postgresql+psycopg2://"),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(config.airflow_port),
        "API__BASE_URL": own,
        "API__WORKERS": "1",
        "API__SECRET_KEY": config.secret("airflow_secret_key"),
        "API_AUTH__JWT_SECRET": config.secret("airflow_jwt_secret"),
        # What ran when a scheduler was killed is tried again within two minutes, not after five to ten.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        # A busy machine's first answers take longer than the 5 s after which a task that has begun is given up.
        "WORKERS__EXECUTION_API_TIMEOUT": "60",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",  # finds new and changed files
        # Files that have not changed: parsing all of them every 30 s takes a sixth of a core.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        **of_platform(config),
        **{f"AIRFLOW__{name}": value for name, value in options.items()},
        "AIRFLOW_HOME": str(home),
        "SPT_NOENV": "1",  # titles of processes are not written over the environment, by which we know our own
    }


def _database(config: Settings) -> str:
    return databases.url(config, "airflow")


def _launch(config: Settings, *arguments: str) -> Launch:
    passwords = {_home(config) / "passwords.json": json.dumps({"admin": config.secret("airflow_password")})}
    argv = [sys.executable, "-P", "-m", "airflow", *arguments]
    return Launch(argv, env=environment(config), files=passwords, cwd=_home(config))


def prepare(config: Settings) -> None:
    """Bring Airflow's tables to this version, once: it takes ten seconds even when there is nothing to do."""
    with _migrating:
        mark = _home(config) / "migrated.json"
        if mark.exists() and json.loads(mark.read_text()) == _state_of_tables(config):
            _make_pools(config)
            return
        _home(config).mkdir(parents=True, exist_ok=True)
        launch = _launch(config, "db", "migrate")
        log = config.state_dir / "logs" / "airflow-migrate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            ended = subprocess.run(
                launch.argv, env={**inherited(), **launch.env}, stdout=output, stderr=output, check=False
            )
        if ended.returncode:
            raise MillwrightError("Airflow could not make its tables.", f"See {log}.")
        _make_pools(config)
        mark.write_text(json.dumps(_state_of_tables(config)))


def _make_pools(config: Settings) -> None:
    """The DAGs' pools, where they are missing: what somebody has set in the web page stays."""
    pools = json.loads((Path(_dags()) / "pools.json").read_text())
    connection = psycopg2.connect(_database(config))
    with connection, connection.cursor() as cursor:
        for name, pool in pools.items():
            cursor.execute(
                "insert into slot_pool (pool, slots, description, include_deferred) values (%s, %s, %s, %s)"
                " on conflict (pool) do nothing",
                (name, pool["slots"], pool["description"], pool["include_deferred"]),
            )
    connection.close()


def _state_of_tables(config: Settings) -> list[str]:
    """Airflow's version and the revision that its database is at."""
    revision = _scalar(config, "select version_num from alembic_version")
    return [version("apache-airflow-core"), str(revision)]


def _scalar(config: Settings, query: str, *values: object) -> object:
    """The first column of the first row; None when there is no row, no table or no database."""
    try:
        connection = psycopg2.connect(_database(config), connect_timeout=5)
    except psycopg2.OperationalError:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
            return row[0] if row else None
    except psycopg2.errors.UndefinedTable:
        return None
    finally:
        connection.close()


def _web_ready(config: Settings, since: float) -> bool:
    """Whether the api-server answers and reaches its database."""
    try:
        answer = httpx.get(f"{config.airflow}/api/v2/monitor/health", timeout=10, trust_env=bool(config.airflow_url))
        return answer.status_code == 200 and answer.json()["metadatabase"]["status"] == "healthy"
    except (httpx.HTTPError, ValueError):
        return False


def _beats(job: str, config: Settings, since: float) -> bool:
    """Whether the daemon's heart has beaten since it and Postgres were started, and lately."""
    if config.airflow_url:
        return _web_ready(config, since)
    beat = """
        select count(*) > 0 from job
        where job_type = %s and state = 'running' and start_date >= to_timestamp(%s)
          and latest_heartbeat > greatest(pg_postmaster_start_time(), now() - interval '30 seconds')"""
    return bool(_scalar(config, beat, job, since - 2))


def _daemon(name: str, job: str, *arguments: str, grace_seconds: float = 30.0) -> Part:
    return Part(
        name=f"airflow-{name}",
        launch=lambda config: _launch(config, name, *arguments),
        address=lambda config: config.airflow,
        # Tasks report to the api-server: one that starts before it does fails, and is tried again only minutes later.
        # The others wait as well, so that it has the processors to itself: all wait for it in the end.
        needs=("databases", "airflow-api"),
        external="airflow_url",
        prepare=prepare,
        ready=lambda config, since: _beats(job, config, since),
        patience_seconds=240,
        grace_seconds=grace_seconds,
    )


AIRFLOW = [
    Part(
        name="airflow-api",
        launch=lambda config: _launch(config, "api-server"),
        address=lambda config: config.airflow,
        needs=("databases",),
        ports=("airflow_port",),
        external="airflow_url",
        prepare=prepare,
        ready=_web_ready,
        patience_seconds=240,
    ),
    # Logs are read from their folder: servers for them would listen on all addresses.
    # It waits for the tasks that run; they may be killed at any instant and tried again, so not for long.
    _daemon("scheduler", "SchedulerJob", "--skip-serve-logs", grace_seconds=10),
    _daemon("dag-processor", "DagProcessorJob"),
    # Left alone it waits ten seconds for triggers; they stand in the database and are taken up again.
    _daemon("triggerer", "TriggererJob", "--skip-serve-logs", grace_seconds=2),
]
