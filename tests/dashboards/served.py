"""The fake Metabase as the client meets it: in this process, or over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from dashboards.metabase import client, run
from dashboards.metabase.walk import Change, walk
from dashboards.spec.read import Boards
from tests.dashboards.fake_metabase import FakeMetabase


class Killed(BaseException):
    """The process that applies is gone: nobody may catch this."""


@contextmanager
def in_process(fake: FakeMetabase, meddle: Callable[[int, str], None] = lambda number, when: None) -> Iterator[None]:
    """All requests go to the fake; `meddle(number, "before" | "after")` is called around each."""
    count = iter(range(10**9))

    class Transport(client._Transport):
        def _call(self, method: str, path: str, **arguments: Any) -> requests.Response:
            number = next(count)
            meddle(number, "before")
            query = {name: str(value) for name, value in (arguments.get("params") or {}).items()}
            status, body = fake.handle(method, path, self.header, query, arguments.get("json"))
            meddle(number, "after")
            return answer(status, body)

        def get(self, path: str, *raw: str, **arguments: Any) -> requests.Response:
            return self._call("get", path, **arguments)

        def post(self, path: str, *raw: str, **arguments: Any) -> requests.Response:
            return self._call("post", path, **arguments)

        def put(self, path: str, *raw: str, **arguments: Any) -> requests.Response:
            return self._call("put", path, **arguments)

        def delete(self, path: str, *raw: str, **arguments: Any) -> requests.Response:
            return self._call("delete", path, **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_Transport", Transport)
        yield


def answer(status: int, body: Any) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = b"" if body is None else json.dumps(body).encode()
    return made


@contextmanager
def over_http(fake: FakeMetabase, busy_answers: int = 0) -> Iterator[str]:
    """The fake's address; its first answers are 503."""
    left = [busy_answers]

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            if left[0]:
                left[0] -= 1
                status, said = 503, "starting"
            else:
                named = {name.title(): value for name, value in self.headers.items()}
                headers = {
                    "X-API-Key": named.get("X-Api-Key", ""),
                    "X-Metabase-Session": named.get("X-Metabase-Session", ""),
                }
                query = dict(parse_qsl(parts.query))
                status, said = fake.handle(self.command.lower(), parts.path, headers, query, body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _do

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def applied(boards: Boards | None) -> list[Change]:
    """What one apply does."""
    return _walk(boards, True)


def planned(boards: Boards | None) -> list[Change]:
    """What a plan shows."""
    return _walk(boards, False)


def _walk(boards: Boards | None, acts: bool) -> list[Change]:
    world = run.world_of(boards, acts, 5, lambda text: None)
    return list(walk(replace(world, sleep=lambda seconds: None)))
