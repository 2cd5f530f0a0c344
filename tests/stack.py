"""The real services that tests talk to: one stack a session, each part started when the first test asks for it."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from infra.local import ports, postgres_place, stack
from millwright.settings import Settings, settings

_PREFIX = "millwright-test-"
_PORTS = ("kafka_port", "kafka_controller_port", "registry_port", "postgres_port", "mlflow_port", "airflow_port")


def free_ports(count: int) -> Iterator[int]:
    """Free ports below the range from which the system takes those of outgoing connections."""
    taken = random.SystemRandom().sample(range(11000, 20000), 10 * count)
    yield from [port for port in taken if ports.is_free(port)][:count]


def environment(state_dir: Path) -> dict[str, str]:
    """The environment of a stack of its own: a state folder and free ports."""
    chosen = zip(_PORTS, free_ports(len(_PORTS)), strict=True)
    folders = {"MILLWRIGHT_STATE_DIR": str(state_dir), "DBT_PROFILES_DIR": str(state_dir / "dbt")}
    return folders | {f"MILLWRIGHT_{name.upper()}": str(port) for name, port in chosen}


def clear_environment() -> None:
    """Forget what the person who runs the tests has set: no test may touch that person's services."""
    others = {"KAFKA_BOOTSTRAP_SERVERS", "DB_URL", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"}
    kept = {"MILLWRIGHT_DATA_DIR", "MILLWRIGHT_REQUIRE_DATA"}  # where public data sets lie: the tests' own
    ours = {name for name in os.environ if name.startswith("MILLWRIGHT_")} - kept
    for name in ours | (others & set(os.environ)):
        del os.environ[name]


class TestStack:
    """One embedded stack in a temporary state folder; its settings are in force in this process."""

    __test__ = False

    def __init__(self) -> None:
        _remove_left_behind()
        self.state_dir = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir="/tmp"))
        self.state_dir.chmod(0o755)  # Postgres runs as another user when root runs the tests
        self.environment = environment(self.state_dir)
        os.environ.update(self.environment)
        settings.cache_clear()
        self.settings = settings()
        self._begun: set[str] = set()

    def start(self, *names: str) -> TestStack:
        """Start parts and steps (`topics`, `schemas`, `tables`) with all that they need, unless they have been."""
        if not self._begun.issuperset(names):
            stack.up(self.settings, set(names))
            self._begun.update(names)
        return self

    def heal(self, *names: str) -> None:
        """`up` again after a test has killed something."""
        stack.up(self.settings, set(names) or self._begun)

    def pid(self, name: str) -> int:
        """The pid of a part that runs."""
        running = stack.supervised(self.settings, name).running()
        assert running is not None, f"{name} does not run"
        return running.pid

    def kill(self, name: str) -> None:
        """kill -9 a part and wait until it is gone."""
        process = psutil.Process(self.pid(name))
        process.kill()
        process.wait(10)

    def end(self) -> None:
        """Stop all of it and remove its files."""
        end(self.settings)


def end(config: Settings) -> None:
    """Stop a stack and remove its files."""
    stack.down(config)
    postgres_place.remove(config)
    shutil.rmtree(config.state_dir, ignore_errors=True)


def _remove_left_behind() -> None:
    """End the stacks of earlier test runs that were killed."""
    for folder in Path("/tmp").glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if folder.owner() == Path("/proc/self").owner() and owner.isdigit() and not psutil.pid_exists(int(owner)):
            end(Settings(state_dir=folder))
