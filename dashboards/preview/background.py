"""The preview beside other work of this process, as for pictures of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from dashboards import reader
from dashboards.preview.app import application
from dashboards.spec.read import Boards
from millwright.errors import Unavailable

_HOST = "127.0.0.1"
_START_SECONDS = 20.0


@contextmanager
def served(boards: Boards) -> Iterator[str]:
    """Its address, on a free port, until the block ends. Raises Unavailable when it does not start."""
    reader.ensure()
    config = uvicorn.Config(application(boards, [_HOST]), host=_HOST, port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise Unavailable("The preview does not start.", "Run `millwright dashboards preview` to see why.")
        time.sleep(0.02)
    try:
        yield f"http://{_HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
