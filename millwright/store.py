"""Where the lake's objects are kept. The one thing asked of a store beyond reading: create a name once, for good."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Protocol

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.settings import settings

_WRITING = ".writing"  # files not yet published; on the lake's own file system, so that they can be linked


class Store(Protocol):
    """Objects by key (`bronze/topic/…`). Every method raises Unavailable when the store fails."""

    def create(self, key: str, data: bytes, step: str) -> bool:
        """Publish an object durably and whole, unless the name is taken: then False. `step` names the failpoints."""

    def read(self, key: str, limit: int = -1) -> bytes | None:
        """An object's first `limit` bytes (-1: all of them); None when there is no such object."""

    def names(self, folder: str) -> list[str]:
        """What lies directly in a folder, sorted; empty when there is no such folder."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The objects that lie directly in a folder, and their bytes."""

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""

    def unfinished(self, seconds: float) -> list[str]:
        """Keys of what was begun to be written so long ago and not published: its writer is gone, or tries again."""

    def settle(self, key: str) -> None:
        """Make sure that an object that can be seen would also survive a power cut."""

    def path(self, key: str) -> str:
        """What other programs open it by."""


class FileStore:
    """A folder of this machine. An object is written beside, synced, linked to its name, and its folder synced."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, key: str, data: bytes, step: str) -> bool:
        target = self.root / key
        writing = self.root / _WRITING / f"{uuid.uuid4().hex}-{target.name}"
        try:
            _make_folder(target.parent)
            writing.parent.mkdir(exist_ok=True)
            return self._publish(writing, target, data, step)
        except OSError as error:
            raise self._failed(f"write {key}", error) from error

    def _publish(self, writing: Path, target: Path, data: bytes, step: str) -> bool:
        try:
            with writing.open("xb") as file:
                file.write(data)
                file.flush()
                failpoint(f"{step}.after_write")
                os.fsync(file.fileno())
            failpoint(f"{step}.after_fsync")
            try:
                os.link(writing, target)
            except FileExistsError:
                return False
            failpoint(f"{step}.after_link")
            _sync(target.parent)
            failpoint(f"{step}.after_dir_fsync")
            return True
        finally:
            writing.unlink(missing_ok=True)

    def read(self, key: str, limit: int = -1) -> bytes | None:
        try:
            with (self.root / key).open("rb") as file:
                return file.read(limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(f"read {key}", error) from error

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(self.root / folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._failed(f"list {folder}", error) from error

    def sizes(self, folder: str) -> dict[str, int]:
        try:
            with os.scandir(self.root / folder) as entries:
                return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
        except FileNotFoundError:  # the folder, or a file that was removed meanwhile
            return {} if not (self.root / folder).is_dir() else self.sizes(folder)
        except OSError as error:
            raise self._failed(f"list {folder}", error) from error

    def unfinished(self, seconds: float) -> list[str]:
        found, folder = [], self.root / _WRITING
        for name in self.names(_WRITING):
            try:
                if time.time() - (folder / name).stat().st_mtime >= seconds:
                    found.append(f"{_WRITING}/{name}")
            except FileNotFoundError:  # published, or given up
                continue
        return found

    def remove(self, key: str) -> None:
        try:
            (self.root / key).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(f"remove {key}", error) from error

    def settle(self, key: str) -> None:
        try:
            folder = (self.root / key).parent
            while folder != self.root.parent:
                _sync(folder)
                folder = folder.parent
        except OSError as error:
            raise self._failed(f"sync {key}", error) from error

    def path(self, key: str) -> str:
        return str(self.root / key)

    def _failed(self, deed: str, error: OSError) -> Unavailable:
        return Unavailable(
            f"The lake at {self.root} could not {deed}: {error.strerror}.", "Look at its disk and permissions."
        )


def _make_folder(folder: Path) -> None:
    """A new folder's name has to survive a power cut as well as the file in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lake_store() -> Store:
    """The store at settings().lake. Raises MillwrightError for an address that names none."""
    kind, _, place = settings().lake.partition("://")
    if kind in ("s3", "gs") and not place.startswith("/"):
        from millwright.object_store import open_object_store

        return open_object_store(settings().lake, settings().lake_endpoint)
    if kind != "file" or not place.startswith("/"):
        raise MillwrightError(
            f"MILLWRIGHT_LAKE_URL={settings().lake} cannot be used: it names neither a folder nor a bucket.",
            "Set it to file:///some/folder, s3://bucket/prefix or gs://bucket/prefix.",
        )
    return FileStore(Path(place))


def other_clients() -> dict[str, str]:
    """What delta-rs (as storage options) and Sail (as environment variables) need in order to open the lake."""
    if settings().lake.startswith("file://"):
        return {}
    from millwright import object_clients

    return object_clients.other_clients(settings().lake, settings().lake_endpoint)
