"""Starts the preview."""

from __future__ import annotations

import socket

import uvicorn

from dashboards import reader
from dashboards.preview.app import application
from dashboards.spec.read import load
from millwright.errors import MillwrightError
from millwright.logs import is_json

_HOST = "127.0.0.1"


def serve(port: int) -> None:
    """Serve until Ctrl-C. Raises MillwrightError when the files do not hold, or the port is taken."""
    boards = load()
    reader.ensure()
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_HOST, port))
        except OSError:
            raise MillwrightError(f"Port {port} is taken.", "Name another one with --port.") from None
    app = application(boards, ["127.0.0.1", "localhost"])
    logs = None if is_json() else uvicorn.config.LOGGING_CONFIG
    uvicorn.run(app, host=_HOST, port=port, log_level="warning", access_log=False, log_config=logs)
