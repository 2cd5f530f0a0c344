"""PostgreSQL 17 from a wheel: TCP on 127.0.0.1 only, a password, and never as root."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2

from infra.local import credentials, unprivileged
from infra.local.part import Launch, Part
from infra.local.postgres_place import Place, place
from millwright.settings import Settings

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than it gives on queries of this size
    "wal_compression": "on",
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "max_connections": "200",  # Airflow, MLflow and the registry keep pools of their own
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %u@%d ",
}


def address(config: Settings) -> str:
    """host:port."""
    yours = urlsplit(config.database_url).netloc.rpartition("@")[2]
    return yours or f"127.0.0.1:{config.postgres_port}"


def launch(config: Settings) -> Launch:
    """The postmaster, its settings on the command line so that a change of them is seen."""
    where = place(config)
    options = [text for name, value in _SETTINGS.items() for text in ("-c", f"{name}={value}")]
    argv = [str(where.bin / "postgres"), "-D", str(where.data), "-p", str(config.postgres_port), *options]
    password = _fingerprint(config.secret("postgres_password"))
    return Launch(argv, env={"LC_ALL": "C.UTF-8", "TZ": "UTC"}, cwd=where.home, uid=where.uid, state=password)


def prepare(config: Settings) -> None:
    """Make the data folder, or mend what a killed postmaster left in it."""
    password = credentials.ensure(config)["postgres_password"]
    where = place(config)
    where.make()
    if not _mark(where).exists():  # a first start that was killed leaves half a cluster
        shutil.rmtree(where.data, ignore_errors=True)
        _initialise(where, password)
    _end_orphans(where.data)
    (where.data / "postmaster.pid").unlink(missing_ok=True)
    if _mark(where).read_text() != _fingerprint(password):
        _set_password(where, password)


def ready(config: Settings, since: float) -> bool:
    """Whether it takes connections with the password we have."""
    door = config.database_url or config.embedded_database("postgres")
    try:
        psycopg2.connect(door, connect_timeout=3).close()
    except psycopg2.OperationalError:
        return False
    return True


def _initialise(where: Place, password: str) -> None:
    secret = where.home / ".password"
    with contextlib.ExitStack() as after:
        after.callback(secret.unlink, missing_ok=True)
        secret.touch(0o600)
        secret.write_text(password)
        unprivileged.give(secret, where.uid)
        arguments = ["-D", str(where.data), "-U", "millwright", "-E", "UTF8", "--locale=C.UTF-8"]
        where.run("initdb", [*arguments, "--auth=scram-sha-256", f"--pwfile={secret}"])
    _mark(where).write_text(_fingerprint(password))


def _set_password(where: Place, password: str) -> None:
    """The credentials were made anew: tell the database, which in single-user mode asks for none."""
    statement = f"alter role millwright password '{password}'"
    where.run("postgres", ["--single", "-D", str(where.data), "postgres"], given=statement + "\n")
    _mark(where).write_text(_fingerprint(password))


def _mark(where: Place) -> Path:
    """Written last when a cluster was made: tells by a fingerprint which password it has."""
    return where.home / "initialised"


def _fingerprint(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _end_orphans(data: Path) -> None:
    """A new postmaster refuses to start while a backend of a killed one lives; they end by themselves, mostly."""
    deadline = time.monotonic() + 3
    while (left := _in_folder(data)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(left, timeout=5)


def _in_folder(data: Path) -> list[psutil.Process]:
    """Postgres works in its data folder, and titles its processes over their environment: so look for the folder."""
    found = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error, OSError):
            if (process.info["name"] or "").startswith("postgres") and process.cwd() == str(data.resolve()):
                found.append(process)
    return found


POSTGRES = Part(
    name="postgres",
    launch=launch,
    address=address,
    ports=("postgres_port",),
    external="database_url",
    prepare=prepare,
    ready=ready,
    stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
)
