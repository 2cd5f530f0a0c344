"""Asks Metabase every question of a collection tree that `millwright dashboards apply` made, and says which fail.

`python -m infra.docker.ask_metabase`, as the administrator of the settings. Uses Metabase's own API only.
"""

from __future__ import annotations

import sys
from typing import Any

import httpx

from millwright.settings import settings


def failing(client: httpx.Client) -> tuple[int, dict[str, str]]:
    """How many questions there are, and what Metabase says of those that fail, by name.

    Raises httpx.HTTPError when Metabase does not answer or does not know us.
    """
    cards: list[dict[str, Any]] = _answer(client.get("/api/card"))
    said = {}
    for card in cards:
        result = _answer(client.post(f"/api/card/{card['id']}/query", json={"parameters": []}))
        if result.get("status") != "completed":
            said[str(card["name"])] = str(result.get("error", result))[:200]
    return len(cards), said


def _answer(response: httpx.Response) -> Any:
    return response.raise_for_status().json()


def _logged_in() -> httpx.Client:
    config = settings()
    client = httpx.Client(base_url=config.metabase, timeout=60)
    login = {"username": config.metabase_email, "password": config.metabase_password}
    client.headers["X-Metabase-Session"] = _answer(client.post("/api/session", json=login))["id"]
    return client


if __name__ == "__main__":
    with _logged_in() as metabase:
        count, errors = failing(metabase)
    for name, error in errors.items():
        print(f"{name}: {error}")
    print(f"{count - len(errors)} of {count} questions answer.")
    sys.exit(1 if errors or not count else 0)
