"""A mail server and a web server of a test's own, which keep what they are sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.stack import free_ports


class MailServer:
    """SMTP on `port`; `mails` are those taken. `answer` may be set to what each mail is answered with."""

    USER, PASSWORD = b"millwright", b"secret"

    def __init__(self, login: bool = False, port: int = 0) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.port = port or next(free_ports(1))
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            auth_required=login,
            auth_require_tls=False,
            authenticator=self._known,
        )

    def _known(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (self.USER, self.PASSWORD)
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return self.answer

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class WebServer:
    """HTTP on `port`; `posts` are idempotency key and JSON of each request. `status` is what it answers next."""

    def __init__(self, port: int = 0) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.port = port or next(free_ports(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=secret"

    @property
    def keys(self) -> list[str]:
        """The keys of what has been taken."""
        return [key for key, _ in self.posts]


@contextmanager
def web_server(port: int = 0) -> Iterator[WebServer]:
    """A web server that runs."""
    kept = WebServer(port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if kept.status < 300:
                kept.posts.append((self.headers["Idempotency-Key"], body))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", kept.port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
