from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.docker.healthy import well


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()
        self.wfile.write(b'{"scheduler": {"status": "healthy"}}')

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_service_that_answers_is_well(address):
    assert well(f"{address}/well")
    assert well(address.replace("http", "tcp"))


def test_one_that_answers_with_an_error_is_not(address):
    assert not well(f"{address}/ill")


def test_what_it_says_of_itself_counts(address):
    assert well(f"{address}/well", "scheduler.status=healthy")
    assert not well(f"{address}/well", "scheduler.status=unhealthy")
    assert not well(f"{address}/well", "triggerer.status=healthy")


def test_one_that_is_not_there_is_not_well():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert not well(f"http://127.0.0.1:{port}/")
    assert not well(f"tcp://127.0.0.1:{port}")
