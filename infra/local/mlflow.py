"""MLflow's tracking server and model registry, on a database of the same Postgres."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx

from infra.local import databases
from infra.local.part import Launch, Part
from millwright.settings import Settings


def _home(config: Settings) -> Path:
    return config.state_dir.absolute() / "mlflow"


def launch(config: Settings) -> Launch:
    """One worker; clients send artifacts through it."""
    argv = [sys.executable, "-P", "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(config.mlflow_port)]
    argv += ["--workers", "1", "--allowed-hosts", "localhost:*,127.0.0.1:*,mlflow:*"]
    env = {
        # In the environment, for every user of the machine can read a command line.
        "MLFLOW_BACKEND_STORE_URI": databases.url(config, "mlflow").replace("postgresql://", "postgresql+psycopg2://"),
        "MLFLOW_ARTIFACTS_DESTINATION": str(_home(config) / "artifacts"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else seven queue workers start, which we do not use
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return Launch(argv, env=env, cwd=_home(config))


def prepare(config: Settings) -> None:
    """Make the folder of the artifacts; the server makes its tables itself."""
    (_home(config) / "artifacts").mkdir(parents=True, exist_ok=True)


def ready(config: Settings, since: float) -> bool:
    """Whether it lists experiments, which it does from its database."""
    try:
        address = f"{config.mlflow}/api/2.0/mlflow/experiments/search?max_results=1"
        return httpx.get(address, timeout=10, trust_env=bool(config.mlflow_url)).status_code == 200
    except httpx.HTTPError:
        return False


MLFLOW = Part(
    name="mlflow",
    launch=launch,
    address=lambda config: config.mlflow,
    needs=("databases",),
    ports=("mlflow_port",),
    external="mlflow_url",
    prepare=prepare,
    ready=ready,
    patience_seconds=240,  # the first start makes its tables: up to a minute on a busy machine
)
