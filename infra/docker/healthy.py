"""Is a service well? `python -m infra.docker.healthy ADDRESS [KEY.KEY=VALUE]`, for the health checks of containers.

Uses Python alone: it runs every half minute in each container, and a client of curl's size is in none of them.
"""

from __future__ import annotations

import json
import socket
import sys
import urllib.request
from urllib.parse import urlsplit

_SECONDS = 5.0


def well(address: str, wanted: str = "") -> bool:
    """Whether a tcp:// address accepts, or an http:// one answers 200 with JSON that holds `wanted` (key.key=value)."""
    parts = urlsplit(address)
    try:
        if parts.scheme == "tcp":
            socket.create_connection((parts.hostname or "", parts.port or 0), _SECONDS).close()
            return True
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # raises for all but 2xx
            return not wanted or _holds(json.load(answer), wanted)
    except (OSError, ValueError):
        return False


def _holds(body: object, wanted: str) -> bool:
    path, _, value = wanted.partition("=")
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body == value


if __name__ == "__main__":
    sys.exit(0 if well(*sys.argv[1:]) else 1)
