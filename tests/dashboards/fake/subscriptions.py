"""Subscriptions, which can be put to rest and not removed."""

from __future__ import annotations

from typing import Any

from tests.dashboards.fake.state import Answer, State, missing


class Subscriptions(State):
    """An answer says more than what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.notifications: dict[int, dict[str, Any]] = {}

    def get_notification(self, *, query: dict[str, str], **_: Any) -> Answer:
        inactive = query.get("include_inactive") == "true"
        card = int(query["card_id"]) if "card_id" in query else None
        return 200, [
            n
            for n in self.notifications.values()
            if (inactive or n["active"]) and card in (None, n["payload"]["card_id"])
        ]

    def get_notification_one(self, number: int, **_: Any) -> Answer:
        return (200, self.notifications[number]) if number in self.notifications else missing()

    def post_notification(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        self.notifications[number] = self._hydrated(number, {"active": True} | body) | {"created_at": self.entity()}
        return 200, self.notifications[number]

    def put_notification_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        self.notifications[number] |= self._hydrated(number, body)
        return 200, self.notifications[number]

    def _hydrated(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        payload = self.number()
        body["payload"] = {"id": payload} | body["payload"]
        for part in (*body["subscriptions"], *body["handlers"]):
            part |= {"id": self.number(), "notification_id": number}
        return body | {"id": number, "payload_id": body["payload"]["id"], "creator_id": 1}
