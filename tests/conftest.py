"""Fixtures that all tests may use.

| fixture | gives |
|---|---|
| `services` | the session's stack, nothing started yet: `services.start("kafka")`, `.kill("kafka")`, `.heal()` |
| `postgres` | Postgres with the platform's tables |
| `kafka` | Kafka with the contracts' topics |
| `registry` | the schema registry with the contracts' schemas |
| `stack` | the three of them |
| `mlflow` | MLflow |
| `lake` | an empty lake of this test's own |
| `s3` | a real S3 server with one bucket; `s3.kill()`, `s3.start()` |
| `s3_lake` | an empty lake of this test's own in that bucket |
| `gs_lake` | an empty lake of this test's own in a bucket of Google's protocol (a double) |
| `any_lake` | each of the three in turn |
| `fresh_database` | a warehouse of this test's own, migrated, otherwise empty |

All share one stack, in a temporary state folder on free ports, to which the settings point.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from millwright.settings import settings
from tests.gcs_double import GcsDouble, no_account
from tests.own_database import own_database
from tests.s3_server import BUCKET, KEY_ID, SECRET, S3Server
from tests.stack import TestStack, clear_environment

# On a busy machine an example may take any time; the whole test has its own limit.
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")

# The longest first, so that at the end no process waits for the other's one long file.
_FIRST = ("e2e", "ml", "dbt_transformations", "bench", "chaos", "spark_jobs", "infra", "dashboards")
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order of `_FIRST`, then as they lie."""
    folders = {item: item.path.relative_to(_HERE).parts[0] for item in items}
    items.sort(key=lambda item: _FIRST.index(folders[item]) if folders[item] in _FIRST else len(_FIRST))


class _Grouped(LoadFileScheduling):
    """A file's tests run in one process, and so do all that share the stack of tests/infra/local."""

    def _split_scope(self, nodeid: str) -> str:
        scope = str(super()._split_scope(nodeid))
        return "tests/infra/local" if scope.startswith("tests/infra/local/") else scope


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """With `--dist loadfile`, what belongs together stays together."""
    return _Grouped(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def services() -> Iterator[TestStack]:
    clear_environment()
    stack = TestStack()
    yield stack
    stack.end()


@pytest.fixture(scope="session")
def postgres(services: TestStack) -> TestStack:
    return services.start("tables")


@pytest.fixture(scope="session")
def kafka(services: TestStack) -> TestStack:
    return services.start("topics")


@pytest.fixture(scope="session")
def registry(services: TestStack) -> TestStack:
    return services.start("schemas")


@pytest.fixture(scope="session")
def stack(services: TestStack) -> TestStack:
    return services.start("tables", "topics", "schemas")


@pytest.fixture(scope="session")
def mlflow(services: TestStack) -> TestStack:
    return services.start("mlflow")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Path]:
    """The folder of an empty lake, to which MILLWRIGHT_LAKE_URL points."""
    folder = tmp_path / "lake"
    with _setting(MILLWRIGHT_LAKE_URL=f"file://{folder}"):
        yield folder


@pytest.fixture(scope="session")
def s3(services: TestStack) -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.end()


@pytest.fixture
def s3_lake(s3: S3Server) -> Iterator[str]:
    """The address of an empty lake, to which MILLWRIGHT_LAKE_URL points."""
    address = f"s3://{BUCKET}/{uuid.uuid4().hex[:12]}"
    settings_of_s3 = {"MILLWRIGHT_LAKE_ENDPOINT": s3.endpoint, "MILLWRIGHT_LAKE_URL": address}
    with _setting(AWS_ACCESS_KEY_ID=KEY_ID, AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION="us-east-1", **settings_of_s3):
        yield address


@pytest.fixture(scope="session")
def gcs(services: TestStack) -> Iterator[GcsDouble]:
    double = GcsDouble()
    yield double
    double.end()


@pytest.fixture
def gs_lake(gcs: GcsDouble, tmp_path: Path) -> Iterator[str]:
    """The address of an empty lake, to which MILLWRIGHT_LAKE_URL points."""
    address = f"gs://bucket/{uuid.uuid4().hex[:12]}"
    settings_of_gs = {"MILLWRIGHT_LAKE_ENDPOINT": gcs.endpoint, "MILLWRIGHT_LAKE_URL": address}
    with _setting(GOOGLE_SERVICE_ACCOUNT=no_account(tmp_path), **settings_of_gs):
        yield address


@pytest.fixture(params=["lake", "s3_lake", "gs_lake"])
def any_lake(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def fresh_database(postgres: TestStack) -> Iterator[str]:
    """The address of a warehouse that holds the platform's empty tables; MILLWRIGHT_DATABASE_URL points at it."""
    from millwright import tables

    with own_database(postgres) as address, _setting(MILLWRIGHT_DATABASE_URL=address):
        tables.migrate()
        yield address


@contextmanager
def _setting(**variables: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in variables.items():
            patch.setenv(variable, value)
        settings.cache_clear()
        yield
    settings.cache_clear()
