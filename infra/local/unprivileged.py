"""Postgres refuses to run as root, so root starts it as another user: which one, and what that user can enter."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path


def user() -> int | None:
    """The uid that Postgres runs as when root starts it; None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65534  # the kernel's overflow uid: nobody, even where no name says so


def can_enter(path: Path, uid: int) -> bool:
    """Whether the user may pass through every folder down to `path`, judged by owner and mode for others."""
    existing = path.absolute()
    while not existing.exists():
        existing = existing.parent
    return all(_passable(folder, uid) for folder in (existing, *existing.parents) if folder.is_dir())


def _passable(folder: Path, uid: int) -> bool:
    about = folder.stat()
    return bool(about.st_mode & (stat.S_IXUSR if about.st_uid == uid else stat.S_IXOTH))


def can_run(binary: Path, uid: int) -> bool:
    """Whether the user may run a program: enter its folders, and read and execute the file."""
    return can_enter(binary.parent, uid) and binary.stat().st_mode & 0o005 == 0o005


def copy_readable(source: Path, target: Path) -> None:
    """Copy a folder of programs so that everyone may read and run it; a finished copy is left alone."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(source, beside, symlinks=True)
    for path in (beside, *beside.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    try:
        beside.rename(target)
    except OSError:  # another `up` was faster
        shutil.rmtree(beside)


def give(path: Path, uid: int | None) -> None:
    """Make the user the owner."""
    if uid is not None:
        os.chown(path, uid, pwd_gid(uid))


def pwd_gid(uid: int) -> int:
    """The user's own group."""
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid
