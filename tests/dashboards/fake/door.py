"""Who may come in: the first setup, sessions and keys."""

from __future__ import annotations

import uuid
from typing import Any

from tests.dashboards.fake.state import Answer, State, missing

ADMINISTRATORS = 2  # the group's id in every Metabase


class Door(State):
    """Everybody but an administrator is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.setup_token = uuid.uuid4().hex
        self.users: dict[str, str] = {}  # e-mail → password
        self.sessions: set[str] = set()
        self.api_keys: dict[int, dict[str, Any]] = {}

    def _setup(self, body: Any) -> Answer:
        if self.users:
            return 403, {"message": "The /api/setup route can only be used to create the first user."}
        if body["token"] != self.setup_token:
            return 400, {"errors": {"token": "Token does not match the setup token."}}
        self.users[body["user"]["email"]] = body["user"]["password"]
        return self._session({"username": body["user"]["email"], "password": body["user"]["password"]})

    def _session(self, body: Any) -> Answer:
        if self.users.get(body["username"]) != body["password"]:
            return 401, {"errors": {"password": "did not match stored password"}}
        session = str(uuid.uuid4())
        self.sessions.add(session)
        return 200, {"id": session}

    def _refusal(self, headers: dict[str, str]) -> Answer | None:
        if headers.get("X-Metabase-Session") in self.sessions:
            return None
        key = next((k for k in self.api_keys.values() if k["unmasked_key"] == headers.get("X-API-Key")), None)
        if key is None:
            return 401, "Unauthenticated"
        return None if key["group_id"] == ADMINISTRATORS else (403, "You don't have permissions to do that.")

    def get_user_current(self, **_: Any) -> Answer:
        return 200, {"id": 1, "is_superuser": True}

    def get_api_key(self, **_: Any) -> Answer:
        return 200, [{k: v for k, v in key.items() if k != "unmasked_key"} for key in self.api_keys.values()]

    def post_api_key(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        key = {"id": number, "unmasked_key": f"mb_{uuid.uuid4().hex}", **body}
        self.api_keys[number] = key
        return 200, key

    def delete_api_key_one(self, number: int, **_: Any) -> Answer:
        return (204, None) if self.api_keys.pop(number, None) else missing()
