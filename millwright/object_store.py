"""A lake in a bucket: Amazon S3, Google Cloud Storage, or a server that speaks the protocol of one of them.

A name is created by one conditional PUT (`If-None-Match: *`, on Google's `x-goog-if-generation-match: 0`), which the
server grants once. No answer is no answer: then the object is read back, and if it is ours, the PUT had succeeded.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import GCSStore, S3Store

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint

if TYPE_CHECKING:
    from obstore import ListResult, ObjectMeta
    from obstore.store import ClientConfig, GCSConfig, RetryConfig, S3Config

_REQUEST_SECONDS = 60
_CONNECT_SECONDS = 5
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
        self._store = _client(kind, self._bucket, endpoint, _RETRY_SECONDS)
        # A PUT that the client sent twice by itself could be refused because of its own first one.
        self._once = _client(kind, self._bucket, endpoint, 0)
        self._proven = False

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
                return True
            except AlreadyExistsError as error:  # also what S3 answers while another PUT of the name is under way
                failure: Exception = error
            except (BaseError, OSError) as error:
                if _refused(error):
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
                return bytes(obstore.get(self._store, self._prefix + key).bytes())
            return bytes(obstore.get_range(self._store, self._prefix + key, start=0, length=limit))
        except (BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and _code(error) == "NoSuchKey":
                return None
            if limit >= 0 and _code(error) == "InvalidRange":  # an empty object has no first byte
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
            return obstore.list_with_delimiter(self._store, at or None), len(at) + bool(at)
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
            if _code(error) != "NoSuchKey":
                raise self._failed(f"remove {key}", error) from error

    def settle(self, key: str) -> None:
        """Nothing to do: what can be seen in a bucket is durable."""

    def path(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _failed(self, deed: str, error: Exception) -> MillwrightError:
        if _code(error) == "NoSuchBucket":
            where = f" at {self._endpoint}" if self._endpoint else ""
            return MillwrightError(
                f"There is no bucket {self._bucket}{where}.", "Make it, or correct MILLWRIGHT_LAKE_URL."
            )
        if _METADATA_SERVICE in str(error):
            return Unavailable(
                f"The lake at {self.url} could not {deed}: there are no credentials.",
                f"Set {_CREDENTIALS[self.url[:2]]}, or give the machine a role ({_SEE}).",
            )
        remedy = (
            f"Look at the credentials and the bucket's policy ({_SEE})."
            if _refused(error)
            else f"See that {self._endpoint or 'the object store'} answers."
        )
        return Unavailable(f"The lake at {self.url} could not {deed}: {_told(error)}.", remedy)


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
    return ObjectStore(url, endpoint or _standard_endpoint(url))


def other_clients(url: str, endpoint: str) -> dict[str, str]:
    """What delta-rs and Sail have to be told, beside the AWS_* and GOOGLE_* that they read, to find the same bucket.

    Environment variables, and storage options by the same names.
    """
    endpoint = endpoint or _standard_endpoint(url)
    allow_http = str(endpoint.startswith("http://")).lower()
    if url.startswith("gs://"):
        return {"GOOGLE_BASE_URL": endpoint, "GOOGLE_ALLOW_HTTP": allow_http} if endpoint else {}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not endpoint:
        return {"AWS_REGION": region} if region else {}
    # Without a region Sail asks Amazon for the bucket's.
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": allow_http, "AWS_REGION": region or "us-east-1"}


def _standard_endpoint(url: str) -> str:
    """The variables that Amazon's own clients read."""
    if not url.startswith("s3://"):
        return ""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _client(kind: str, bucket: str, endpoint: str, retry_seconds: int) -> S3Store | GCSStore:
    http: ClientConfig = {
        "timeout": timedelta(seconds=_REQUEST_SECONDS),
        "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
        "allow_http": endpoint.startswith("http://"),
    }
    retries: RetryConfig = {
        "max_retries": 1000 if retry_seconds else 0,
        "retry_timeout": timedelta(seconds=retry_seconds),
        "backoff": {"max_backoff": timedelta(seconds=_PAUSE_SECONDS[1])},
    }
    if kind == "gs":
        google: GCSConfig = {"base_url": endpoint} if endpoint else {}
        return GCSStore(bucket, config=google, client_options=http, retry_config=retries)
    # Not every server knows the request that removes many at once.
    amazon: S3Config = {"disable_bulk_delete": True}
    if endpoint:
        amazon["endpoint"] = endpoint
    return S3Store(bucket, config=amazon, client_options=http, retry_config=retries)


def _refused(error: Exception) -> bool:
    """Whether the server has answered, and would answer the same again."""
    found = re.search(r"status code: 4(\d\d)", str(error))
    return found is not None and found[1] not in ("08", "29")  # too slow, too many


def _code(error: Exception) -> str:
    """The error code in a server's answer: NoSuchKey, NoSuchBucket, …; "" when there was none."""
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else ""


def _told(error: Exception) -> str:
    """The one sentence of an error that is worth telling."""
    text = str(error)
    for pattern in (r"<Message>(.+?)\.?</Message>", r'message: "([^"]+)"', r"(operation timed out)"):
        if found := re.search(pattern, text):
            return found[1]
    return text.splitlines()[0].rpartition(" - ")[2].rstrip(".")
