"""A stand-in for Google Cloud Storage's XML API, as far as a lake uses it, written to Google's documentation.

fake-gcs-server 1.56 ignores `x-goog-if-generation-match` on a PUT, and there is no other server to be had. This one
shows that our requests are what the documentation asks for; it says nothing about Google's own servers.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


def no_account(folder: Path) -> str:
    """The path of a service account's file (for GOOGLE_SERVICE_ACCOUNT) that makes clients ask nobody for a token."""
    account = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    (folder / "account.json").write_text(json.dumps(account))
    return str(folder / "account.json")


class GcsDouble:
    """Objects of one bucket in memory. `honours_conditions=False` makes it overwrite, as some servers do."""

    def __init__(self, honours_conditions: bool = True) -> None:
        self.honours_conditions = honours_conditions
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # method, path, headers in lower case
        self.lock = threading.Lock()
        double = self

        class Handler(_Handler):
            gcs = double

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each answer takes 40 ms
    gcs: GcsDouble

    def _key(self) -> str:
        self.gcs.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        return unquote(urlsplit(self.path).path).lstrip("/").partition("/")[2]

    def do_PUT(self) -> None:
        data, key = self.rfile.read(int(self.headers["content-length"])), self._key()
        with self.gcs.lock:
            only_new = self.headers["x-goog-if-generation-match"] == "0" and self.gcs.honours_conditions
            if only_new and key in self.gcs.objects:
                self._error(412, "PreconditionFailed")
                return
            self.gcs.objects[key] = data
        self._answer(200, b"", ETag='"0"', **{"x-goog-generation": "1"})

    def do_GET(self) -> None:
        query, key = parse_qs(urlsplit(self.path).query), self._key()
        if not key:
            self._list(*(query.get(name, [""])[0] for name in ("prefix", "delimiter", "start-after")))
            return
        data = self.gcs.objects.get(key)
        if data is None:
            self._error(404, "NoSuchKey")
            return
        about = {"ETag": '"0"', "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT", "x-goog-generation": "1"}
        if wanted := self.headers["range"]:
            first, last = (int(n) for n in wanted.removeprefix("bytes=").split("-"))
            if first >= len(data):
                self._error(416, "InvalidRange")
                return
            part = data[first : last + 1]
            self._answer(206, part, **about, **{"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(data)}"})
            return
        self._answer(200, data, **about)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        with self.gcs.lock:
            there = self.gcs.objects.pop(self._key(), None)
        if there is None:
            self._error(404, "NoSuchKey")
        else:
            self._answer(204, b"")

    def _list(self, prefix: str, delimiter: str, after: str) -> None:
        folders, entries = set(), []
        for key, data in sorted(self.gcs.objects.items()):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix) or key <= after:
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            about = "<LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>0</ETag>"
            entries.append(f"<Contents><Key>{escape(key)}</Key>{about}<Size>{len(data)}</Size></Contents>")
        entries += [f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in sorted(folders)]
        self._answer(200, f"<ListBucketResult>{''.join(entries)}</ListBucketResult>".encode())

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
