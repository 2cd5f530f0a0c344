"""Metabase's REST API over the package `metabase-api`, whose own checks are none: raw answers, time-outs, retries."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests
from metabase_api import Metabase_API

from millwright.errors import MillwrightError, Unavailable

_TIMEOUT = (5, 60)  # seconds to connect, and between two bytes: a first sync makes Metabase slow
_TRIES = 4
_BUSY = {429, 502, 503, 504}


class Refused(MillwrightError):
    """Metabase answered, and the answer is no."""

    def __init__(self, method: str, path: str, status: int, said: str) -> None:
        super().__init__(f"Metabase refused {method} {path}: {status} {said}", _REMEDIES.get(status, ""))
        self.status = status


_REMEDIES = {
    401: "The API key is not known to it: set MILLWRIGHT_METABASE_API_KEY, or the administrator's e-mail and password.",
    403: "The API key's group has to be Administrators.",
}


class _Transport(Metabase_API):  # type: ignore[misc]
    """The package's requests, without its constructor, which asks for a database of id 1 and has no time-out."""

    def __init__(self, domain: str, header: dict[str, str]) -> None:
        self.domain, self.header, self.email, self.auth = domain, header, None, None


class Metabase:
    """One Metabase. Methods return the decoded body; they raise Refused, or Unavailable when it does not answer.

    Asking, replacing and removing are tried again; making is not, unless nothing was sent: it could be done twice.
    """

    def __init__(self, url: str, header: Mapping[str, str]) -> None:
        self.url = url
        self._transport = _Transport(url, dict(header))

    def get(self, path: str, **parameters: Any) -> Any:
        return self._send("get", path, params=_query(parameters))

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("post", path, json=body if body is not None else {})

    def put(self, path: str, body: Any) -> Any:
        return self._send("put", path, json=body)

    def delete(self, path: str) -> Any:
        return self._send("delete", path)

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        for attempt in range(_TRIES):
            is_last = attempt == _TRIES - 1
            try:
                answer = getattr(self._transport, method)(path, "raw", timeout=_TIMEOUT, **arguments)
            except requests.exceptions.ConnectTimeout as error:
                reason: Exception = error
            except requests.exceptions.RequestException as error:
                if method == "post" and not _was_not_sent(error):
                    raise self._unavailable(error) from None
                reason = error
            else:
                if answer.status_code not in _BUSY or method == "post" or is_last:
                    return _decoded(method.upper(), path, answer)
                reason = Refused(method.upper(), path, answer.status_code, answer.text[:200])
            if is_last:
                raise self._unavailable(reason) from None
            time.sleep(0.2 * 4**attempt)
        raise AssertionError("unreachable")

    def _unavailable(self, reason: Exception) -> Unavailable:
        return Unavailable(
            f"Metabase at {self.url} does not answer: {reason}.", "Start it, or set MILLWRIGHT_METABASE_URL; try again."
        )


def _was_not_sent(error: requests.exceptions.RequestException) -> bool:
    return isinstance(error, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(error)


def _query(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """As Metabase reads them: true and false in small letters, no underscores lost."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in parameters.items()}


def _decoded(method: str, path: str, answer: requests.Response) -> Any:
    if answer.status_code >= 400:
        raise Refused(method, path, answer.status_code, _said(answer))
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise Refused(method, path, answer.status_code, f"no JSON: {answer.text[:100]!r}") from None


def _said(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return str(answer.text)[:300]
    if isinstance(body, dict):
        body = body.get("message") or body.get("specific-errors") or body.get("errors") or body.get("cause") or body
    return f"{body}"[:300]
