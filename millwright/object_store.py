"""A lake in a bucket: Amazon S3, Google Cloud Storage, or a server that speaks the protocol of one of them.

A name is created by one conditional PUT (`If-None-Match: *`, on Google's `x-goog-if-generation-match: 0`), which the
server grants once. No answer is no answer: then the object is read back, and if it is ours, the PUT had succeeded.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.object_clients import client, standard_endpoint
from millwright.object_errors import code, refused, told

if TYPE_CHECKING:
    from obstore import ListResult, ObjectMeta

_RETRY_SECONDS = 20  # of waiting out slow-downs, restarts and lost connections, before Unavailable is raised
_PAUSE_SECONDS = (0.1, 5.0)  # between two attempts to create: at first, at most
_PROOF = ".created-once"
_METADATA_SERVICE = "169.254.169.254"  # asked for credentials where none are set
_CREDENTIALS = {"s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "gs": "GOOGLE_APPLICATION_CREDENTIALS"}
_SEE = "see docs/run-on-an-object-store.md"


class ObjectStore:
    """Objects in a bucket, below a prefix. An object is whole and durable as soon as the server has said so."""

    def __init__(self, url: str, endpoint: str = "") -> None:
        self.url = url.rstrip("/")
        self._endpoint = endpoint
        kind, _, place = self.url.partition("://")
        self._bucket, _, prefix = place.partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._store = client(kind, self._bucket, endpoint, _RETRY_SECONDS)
        # A PUT that the client sent twice by itself could be refused because of its own first one.
        self._once = client(kind, self._bucket, endpoint, 0)
        self._proven = False
        self._worked = False

    def create(self, key: str, data: bytes, step: str) -> bool:
        _not_forked()
        self._prove_once()
        failpoint(f"{step}.before_put")
        created = self._create(key, data)
        failpoint(f"{step}.after_put")
        return created

    def _prove_once(self) -> None:
        """Some servers take `If-None-Match: *` and overwrite all the same. Raises MillwrightError on such a one."""
        if self._proven:
            return
        if self._create(_PROOF, uuid.uuid4().bytes) and self._create(_PROOF, uuid.uuid4().bytes):
            raise MillwrightError(
                f"The lake cannot be kept at {self.url}: the server overwrites what a conditional PUT must not.",
                f"Use a server that honours If-None-Match ({_SEE}).",
            )
        self._proven = True

    def _create(self, key: str, data: bytes) -> bool:
        give_up, pause = time.monotonic() + _RETRY_SECONDS, _PAUSE_SECONDS[0]
        unanswered = False  # some PUT of ours may have been carried out, or may be yet
        while True:
            try:
                obstore.put(self._once, self._prefix + key, data, mode="create")
                self._worked = True
                return True
            except AlreadyExistsError as error:  # also what S3 answers while another PUT of the name is under way
                failure: Exception = error
            except (BaseError, OSError) as error:
                if refused(error):
                    raise self._failed(f"write {key}", error) from error
                failure, unanswered = error, True
            there = self.read(key)
            if there is not None:
                return unanswered and there == data
            if time.monotonic() > give_up:
                raise self._failed(f"write {key}", failure) from failure
            time.sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS[1])

    def read(self, key: str, limit: int = -1) -> bytes | None:
        _not_forked()
        try:
            if limit < 0:
                data = bytes(obstore.get(self._store, self._prefix + key).bytes())
            else:
                data = bytes(obstore.get_range(self._store, self._prefix + key, start=0, length=limit))
            self._worked = True
            return data
        except (BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and code(error) == "NoSuchKey":
                self._worked = True
                return None
            if limit >= 0 and code(error) == "InvalidRange":  # an empty object has no first byte
                return self.read(key)
            raise self._failed(f"read {key}", error) from error

    def names(self, folder: str) -> list[str]:
        found, skipped = self._listed(folder)
        paths = [*found["common_prefixes"], *(entry["path"] for entry in found["objects"])]
        return sorted(path[skipped:] for path in paths)

    def sizes(self, folder: str) -> dict[str, int]:
        found, skipped = self._listed(folder)
        return {entry["path"][skipped:]: entry["size"] for entry in found["objects"]}

    def _listed(self, folder: str) -> tuple[ListResult[Sequence[ObjectMeta]], int]:
        """What lies directly in a folder, and the length of what its paths begin with; a request for each thousand."""
        _not_forked()
        at = f"{self._prefix}{folder}".rstrip("/")
        try:
            found = obstore.list_with_delimiter(self._store, at or None)
            self._worked = True
            return found, len(at) + bool(at)
        except (BaseError, OSError) as error:
            raise self._failed(f"list {folder}", error) from error

    def unfinished(self, seconds: float) -> list[str]:
        """None: an object that was not sent whole is not kept."""
        return []

    def remove(self, key: str) -> None:
        _not_forked()
        try:
            obstore.delete(self._store, self._prefix + key)
        except (BaseError, OSError) as error:
            if code(error) != "NoSuchKey":
                raise self._failed(f"remove {key}", error) from error

    def settle(self, key: str) -> None:
        """Nothing to do: what can be seen in a bucket is durable."""

    def path(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _failed(self, deed: str, error: Exception) -> MillwrightError:
        message, remedy = f"The lake at {self.url} could not {deed}: {told(error)}.", ""
        if code(error) == "NoSuchBucket":
            message = f"There is no bucket {self._bucket}{f' at {self._endpoint}' if self._endpoint else ''}."
            return MillwrightError(message, "Make it, or correct MILLWRIGHT_LAKE_URL.")
        if _METADATA_SERVICE in str(error):
            message = f"The lake at {self.url} could not {deed}: there are no credentials."
            remedy = f"Set {_CREDENTIALS[self.url[:2]]}, or give the machine a role ({_SEE})."
        elif refused(error):
            remedy = f"Look at the credentials and the bucket's policy ({_SEE})."
        # What has never worked is a mistake in the settings; what has worked is worth another try.
        if remedy and not self._worked:
            return MillwrightError(message, remedy)
        return Unavailable(message, remedy or f"See that {self._endpoint or 'the object store'} answers.")


_process: int | None = None  # the one whose threads do the requests


def _not_forked() -> None:
    """obstore's threads do not come along into a forked process, where the first request would wait for ever."""
    global _process
    if _process is None:
        _process = os.getpid()
    elif _process != os.getpid():
        raise RuntimeError("this process was forked from one that had used the object store: spawn it instead")


@lru_cache(maxsize=8)
def open_object_store(url: str, endpoint: str) -> ObjectStore:
    """The store at s3://bucket/prefix or gs://bucket/prefix; one a process, since it keeps its connections."""
    return ObjectStore(url, endpoint or standard_endpoint(url))
