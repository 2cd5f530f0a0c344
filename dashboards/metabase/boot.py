"""A Metabase's first minutes: waiting until it is up, its administrator, and the key by which we come back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from dashboards.metabase.client import Metabase, Refused
from dashboards.state import keep, kept
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

_ADMINISTRATORS = 2  # the group's id in every Metabase
_KEY_NAME = "Millwright dashboards"


def connect(wait_seconds: float = 300, tell: Callable[[str], None] = lambda text: None) -> Metabase:
    """An administrator's access to the Metabase that the settings name, which is set up if it is new.

    The API key stands in the settings, or was made before, or is made now and kept in the state folder (0600). Raises
    Unavailable when nothing answers, MillwrightError when it has an administrator whom we do not know.
    """
    url = settings().metabase
    _wait(url, wait_seconds, tell)
    if key := settings().metabase_api_key:
        return _by_key(url, key)
    state = kept("metabase")
    if (mine := state.get(url, {})) and (key := mine.get("api_key")):
        try:
            return _by_key(url, key)
        except Refused as error:
            if error.status != 401:
                raise
    session = _session(url, mine)
    # A key that was made and not kept, because we were killed in between, is of no use to anybody.
    for old in session.get("/api/api-key") or []:
        if old.get("name", "").startswith(_KEY_NAME):
            session.delete(f"/api/api-key/{old['id']}")
    made = session.post("/api/api-key", {"name": _KEY_NAME, "group_id": _ADMINISTRATORS})
    state = kept("metabase")
    state[url] = state.get(url, {}) | {"api_key": made["unmasked_key"]}
    keep("metabase", state)
    return _by_key(url, made["unmasked_key"])


def _by_key(url: str, key: str) -> Metabase:
    metabase = Metabase(url, {"X-API-Key": key})
    if not metabase.get("/api/user/current").get("is_superuser"):
        raise Refused("GET", "/api/user/current", 403, "the key is of no administrator")
    return metabase


def _wait(url: str, seconds: float, tell: Callable[[str], None]) -> None:
    """Both have to answer: health does before the settings are read."""
    door, deadline = Metabase(url, {}), time.monotonic() + seconds
    while True:
        try:
            door.get("/api/health")
            door.get("/api/session/properties")
            return
        except (Unavailable, Refused):
            if time.monotonic() > deadline:
                raise
            tell("waiting for Metabase")
            time.sleep(2)


def _session(url: str, mine: dict[str, Any]) -> Metabase:
    """A session of the administrator; the first setup makes one, whose password is kept before it is sent."""
    door = Metabase(url, {})
    email = settings().metabase_email
    password = settings().metabase_password or mine.get("password", "")
    properties = door.get("/api/session/properties")
    if not properties.get("has-user-setup", False):
        if not password:
            password = secrets.token_urlsafe(18)
            state = kept("metabase")
            state[url] = {"email": email, "password": password}  # what was kept of another Metabase here is void
            keep("metabase", state)
        user = {"email": email, "password": password, "first_name": "Millwright", "last_name": "Administrator"}
        body = {"token": properties["setup-token"], "user": user, "prefs": {"site_name": "Millwright"}}
        try:
            return Metabase(url, {"X-Metabase-Session": door.post("/api/setup", body)["id"]})
        except Refused as error:
            if error.status != 403:  # somebody has set it up meanwhile
                raise
    if not password:
        raise MillwrightError(
            f"Metabase at {url} has an administrator whom we do not know.",
            "Set MILLWRIGHT_METABASE_API_KEY, or MILLWRIGHT_METABASE_EMAIL and _PASSWORD.",
        )
    return Metabase(
        url, {"X-Metabase-Session": door.post("/api/session", {"username": email, "password": password})["id"]}
    )
