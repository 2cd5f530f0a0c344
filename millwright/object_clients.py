"""Clients of object stores: ours, and what others need to find the same bucket."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import GCSStore, S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, GCSConfig, RetryConfig, S3Config

_REQUEST_SECONDS = 60
_CONNECT_SECONDS = 5
_PAUSE_SECONDS = 5  # between two tries, at most


def other_clients(url: str, endpoint: str) -> dict[str, str]:
    """What delta-rs and Sail have to be told, beside the AWS_* and GOOGLE_* that they read, to find the same bucket.

    Environment variables, and storage options by the same names.
    """
    endpoint = endpoint or standard_endpoint(url)
    allow_http = str(endpoint.startswith("http://")).lower()
    if url.startswith("gs://"):
        return {"GOOGLE_BASE_URL": endpoint, "GOOGLE_ALLOW_HTTP": allow_http} if endpoint else {}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not endpoint:
        return {"AWS_REGION": region} if region else {}
    # Without a region Sail asks Amazon for the bucket's.
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": allow_http, "AWS_REGION": region or "us-east-1"}


def standard_endpoint(url: str) -> str:
    """The variables that Amazon's own clients read."""
    if not url.startswith("s3://"):
        return ""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def client(kind: str, bucket: str, endpoint: str, retry_seconds: int) -> S3Store | GCSStore:
    """A client of a bucket (`s3` or `gs`) that tries again for so long; with 0 it sends each request once."""
    http: ClientConfig = {
        "timeout": timedelta(seconds=_REQUEST_SECONDS),
        "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
        "allow_http": endpoint.startswith("http://"),
    }
    retries: RetryConfig = {
        "max_retries": 1000 if retry_seconds else 0,
        "retry_timeout": timedelta(seconds=retry_seconds),
        "backoff": {"max_backoff": timedelta(seconds=_PAUSE_SECONDS)},
    }
    if kind == "gs":
        google: GCSConfig = {"base_url": endpoint} if endpoint else {}
        return GCSStore(bucket, config=google, client_options=http, retry_config=retries)
    # Not every server knows the request that removes many at once.
    amazon: S3Config = {"disable_bulk_delete": True}
    if endpoint:
        amazon["endpoint"] = endpoint
    return S3Store(bucket, config=amazon, client_options=http, retry_config=retries)
