"""The way to an object store, with what networks and servers do to requests."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LOST_REQUEST, LOST_ANSWER, LATE = "lost request", "lost answer", "late"
BUSY, CONFLICT, FORBIDDEN = "SlowDown", "ConditionalRequestConflict", "AccessDenied"
_STATUS = {BUSY: 503, CONFLICT: 409, FORBIDDEN: 403}


class BadNetwork:
    """Passes requests on. Each PUT meets the next of `faults`:

    the request is lost, or its answer; the store is busy, says that another PUT is under way, or refuses;
    `late`: it is held back until `deliver` is called, and nobody hears the answer.
    """

    def __init__(self, endpoint: str) -> None:
        self._target = urlsplit(endpoint)
        self.faults: deque[str] = deque()
        self.requests = self.puts = 0
        self._held: list[tuple[str, dict[str, str], bytes]] = []
        network = self

        class Handler(_Handler):
            through = network

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def will(self, faults: Iterable[str]) -> None:
        self.faults = deque(faults)

    def deliver(self) -> list[int]:
        """Let what is late arrive; what the store answered."""
        held, self._held = self._held, []
        return [self.send("PUT", *request)[0] for request in held]

    def hold(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self._held.append((path, headers, body))

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(str(self._target.hostname), self._target.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each answer takes 40 ms
    through: BadNetwork

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        headers, fault = dict(self.headers.items()), ""
        self.through.requests += 1
        if self.command == "PUT":
            self.through.puts += 1
            fault = self.through.faults.popleft() if self.through.faults else ""
        if fault == LATE:
            self.through.hold(self.path, headers, body)
        if fault in (LATE, LOST_REQUEST):
            self.close_connection = True
            return
        if fault in _STATUS:
            self._tell(_STATUS[fault], [], f"<Error><Code>{fault}</Code><Message>{fault}</Message></Error>".encode())
            return
        try:
            answer = self.through.send(self.command, self.path, headers, body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        if fault == LOST_ANSWER:
            self.close_connection = True
            return
        self._tell(*answer)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = _pass

    def _tell(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
