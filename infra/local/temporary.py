"""A stack of one's own, for tests, benchmarks and chaos: a temporary state folder, free ports, gone at the end."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from infra.local import ports, postgres_place, stack
from millwright.errors import MillwrightError
from millwright.settings import Settings, settings

_PORTS = (
    "kafka_port",
    "kafka_controller_port",
    "registry_port",
    "postgres_port",
    "mlflow_port",
    "airflow_port",
    "preview_port",
    "exporter_port",
)
# Empty means embedded, and is said aloud: a .env file may name somebody's services.
_ADDRESSES = ("KAFKA_BOOTSTRAP", "REGISTRY_URL", "DATABASE_URL", "MLFLOW_URL", "AIRFLOW_URL", "SPARK_URL", "LAKE_URL")
_ALIASES = {"KAFKA_BOOTSTRAP_SERVERS", "DB_URL", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"}
_KEPT = {"MILLWRIGHT_DATA_DIR", "MILLWRIGHT_REQUIRE_DATA"}  # where public data sets lie


def free_ports(count: int) -> Iterator[int]:
    """Free ports below the range from which the system takes those of outgoing connections."""
    taken = random.SystemRandom().sample(range(11000, 20000), 10 * count)
    yield from [port for port in taken if ports.is_free(port)][:count]


def clear_environment() -> None:
    """Forget what the person at the keyboard has set: nobody's services may be touched."""
    ours = {name for name in os.environ if name.startswith(("MILLWRIGHT_", "AWS_", "GOOGLE_"))} - _KEPT
    for name in ours | (_ALIASES & set(os.environ)):
        del os.environ[name]


class TemporaryStack:
    """One embedded stack in a temporary state folder; its settings are in force in this process from then on."""

    def __init__(self, purpose: str) -> None:
        _remove_left_behind(purpose)
        self.state_dir = Path(tempfile.mkdtemp(prefix=f"{_prefix(purpose)}{os.getpid()}-", dir="/tmp"))
        self.state_dir.chmod(0o755)  # Postgres runs as another user when root starts it
        chosen = zip(_PORTS, free_ports(len(_PORTS)), strict=True)
        folders = {"MILLWRIGHT_STATE_DIR": str(self.state_dir), "DBT_PROFILES_DIR": str(self.state_dir / "dbt")}
        folders |= {f"MILLWRIGHT_{name}_METRICS_PORT": "0" for name in ("SINK", "ALERTS", "ANALYTICS")}
        self.environment = folders | {f"MILLWRIGHT_{name.upper()}": str(port) for name, port in chosen}
        os.environ.update(self.environment)
        settings.cache_clear()
        self.settings = settings()
        self._begun: set[str] = set()

    def start(self, *names: str) -> TemporaryStack:
        """Start parts and steps (`topics`, `schemas`, `tables`) with all that they need, unless they have been."""
        if not self._begun.issuperset(names):
            stack.up(self.settings, set(names))
            self._begun.update(names)
        return self

    def heal(self, *names: str) -> None:
        """`up` again after something was killed."""
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

    def stop(self, name: str) -> None:
        """Stop a part politely."""
        stack.down(self.settings, {name})
        self._begun.discard(name)

    def end(self) -> None:
        """Stop all of it and remove its files."""
        end(self.settings)


@contextmanager
def stack_of_its_own(purpose: str, *names: str, **values: str) -> Iterator[TemporaryStack]:
    """A temporary stack with these parts and steps started, whatever the environment and .env say.

    `values` are settings in force with it (`sink_group="x"`); all others have their defaults. The environment is put
    back at the end.
    """
    before = dict(os.environ)
    clear_environment()
    os.environ |= {f"MILLWRIGHT_{name}": "" for name in _ADDRESSES}
    os.environ |= {f"MILLWRIGHT_{name.upper()}": value for name, value in values.items()}
    temporary = TemporaryStack(purpose)
    try:
        yield temporary.start(*names)
    finally:
        temporary.end()
        # What was being started when Ctrl-C came goes on in its thread; threads end before the calls at exit.
        atexit.register(_end_what_is_left, temporary.settings)
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def end(config: Settings) -> None:
    """Stop a stack and remove its files."""
    stack.down(config)
    _remove_files(config)


def _end_what_is_left(config: Settings) -> None:
    """By force: at exit no thread can be started any more, as stopping politely does."""
    _kill_users_of(config.state_dir)
    _remove_files(config)


def _remove_files(config: Settings) -> None:
    postgres_place.remove(config)
    shutil.rmtree(config.state_dir, ignore_errors=True)


def _prefix(purpose: str) -> str:
    return f"millwright-{purpose}-"


def _remove_left_behind(purpose: str) -> None:
    """End the stacks of earlier runs that were killed."""
    for folder in Path("/tmp").glob(f"{_prefix(purpose)}*"):
        owner = folder.name.removeprefix(_prefix(purpose)).partition("-")[0]
        with suppress(MillwrightError, FileNotFoundError):  # somebody else is at it, or has just removed it
            if folder.owner() == Path("/proc/self").owner() and owner.isdigit() and not psutil.pid_exists(int(owner)):
                _kill_users_of(folder)
                end(Settings(state_dir=folder))


def _kill_users_of(folder: Path) -> None:
    """Kill the processes that are a stack's parts or worked with it, and wait until they are gone.

    Such as a measured sink, which would try for ever to reach its broker.
    """
    killed = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            works_with = process.environ().get("MILLWRIGHT_STATE_DIR") == str(folder)
            if process.pid != os.getpid() and (works_with or any(str(folder) in word for word in process.cmdline())):
                process.kill()
                killed.append(process)
    psutil.wait_procs(killed, timeout=10)
