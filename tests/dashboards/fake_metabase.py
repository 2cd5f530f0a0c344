"""A Metabase that remembers: arrays replace, negative ids become real ones, queries are rewritten, and 403 is 403."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.dashboards.fake.door import Door
from tests.dashboards.fake.places import Places
from tests.dashboards.fake.state import Answer
from tests.dashboards.openapi import check_answer, check_request


class FakeMetabase(Places, Door):
    """One server. `handle` takes a request as it comes over the wire; tests/dashboards/fake holds what it knows."""

    def __init__(self, tables: dict[str, list[str]]) -> None:
        super().__init__()
        self.tables = tables
        self.requests: list[tuple[str, str]] = []

    def handle(self, method: str, path: str, headers: dict[str, str], query: dict[str, str], body: Any) -> Answer:
        path, _, more = path.partition("?")
        query = query | dict(part.split("=", 1) for part in more.split("&") if part)
        check_request(method, path, query, body)
        self.requests.append((method, path))
        status, answer = self._route(method, path, headers, query, copy.deepcopy(body))
        check_answer(method, path, status, answer)
        return status, copy.deepcopy(answer)

    def _route(self, method: str, path: str, headers: dict[str, str], query: dict[str, str], body: Any) -> Answer:
        if path == "/api/health":
            return 200, {"status": "ok"}
        if path == "/api/session/properties":
            token = {} if self.users else {"setup-token": self.setup_token}
            return 200, {"has-user-setup": bool(self.users), **token}
        if path == "/api/setup":
            return self._setup(body)
        if path == "/api/session" and method == "post":
            return self._session(body)
        if (refused := self._refusal(headers)) is not None:
            return refused
        name = re.sub(r"/(\d+)", "", path.removeprefix("/api/")).replace("-", "_").replace("/", "_")
        numbers = [int(part) for part in re.findall(r"/(\d+)", path)]
        if "setting/" in path:
            return self.put_setting(path.rpartition("/")[2], body)
        handler = getattr(self, f"{method}_{name}{'_one' if numbers else ''}", None)
        assert handler is not None, f"the fake does not know {method} {path}"
        return handler(*numbers, query=query, body=body)  # type: ignore[no-any-return]
