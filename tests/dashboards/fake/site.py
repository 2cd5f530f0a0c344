"""What holds for the whole site: settings and the cache's policy."""

from __future__ import annotations

from typing import Any

from tests.dashboards.fake.state import Answer, State


class Site(State):
    """Only the root's policy is free."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {"enable-public-sharing": False}
        self.cache: list[dict[str, Any]] = []

    def get_setting(self, **_: Any) -> Answer:
        return 200, [{"key": key, "value": value} for key, value in self.settings.items()]

    def put_setting(self, key: str, body: Any) -> Answer:
        self.settings[key] = body["value"]
        return 204, None

    def get_cache(self, **_: Any) -> Answer:
        return 200, {"data": self.cache}

    def put_cache(self, *, body: Any, **_: Any) -> Answer:
        if body["model"] != "root":
            return 402, "Granular cache controls is a paid feature"
        self.cache = [body]
        return 200, {"id": 1}
