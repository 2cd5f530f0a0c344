"""Mails with a question's result, over /api/notification. One cannot be removed, so it is put to rest."""

from __future__ import annotations

from typing import Any

from dashboards.metabase.world import Body, Found, Unknown, World


class Subscription:
    """To the addresses that a dashboard names, else to those of MILLWRIGHT_ALERT_EMAIL_TO; with none there is none."""

    name = "subscription"

    def wanted(self, world: World) -> dict[str, Body]:
        wanted: dict[str, Body] = {}
        for key, board in world.specs.items():
            for each in board.subscriptions:
                if to := each.to or world.recipients:
                    wanted[f"{key}/{each.question}"] = {
                        "card": world.id("card", f"{key}/{each.question}"),
                        "cron": each.cron,
                        "when": each.when,
                        "to": sorted(to),
                        "is_active": True,
                    }
        return wanted

    def find(self, key: str, wanted: Body | None, world: World) -> Found | None:
        if there := world.remembered("subscription", key, "/api/notification", "created_at"):
            return _found(there)
        if wanted is None or isinstance(wanted["card"], Unknown):
            return None
        # Others' subscriptions to our questions are theirs, unless one says just what ours says.
        listed = world.api.get("/api/notification", card_id=wanted["card"], include_inactive=False) or []
        return next((found for each in listed if (found := _found(each)).body == wanted), None)

    def create(self, key: str, body: Body, world: World) -> None:
        made = world.api.post("/api/notification", _sent(body))
        world.ids.put("subscription", key, made["id"], made.get("created_at", ""))

    def update(self, key: str, body: Body, found: Found, world: World) -> None:
        payload = {"id": found.raw.get("payload_id"), **_sent(body)["payload"]}
        world.api.put(f"/api/notification/{found.id}", {**_sent(body), "id": found.id, "payload": payload})

    def remove(self, key: str, found: Found, world: World) -> str:
        if found.body["is_active"]:
            world.api.put(f"/api/notification/{found.id}", {**found.raw, "active": False})
        return ""


def _sent(body: Body) -> Body:
    recipients = [{"type": "notification-recipient/raw-value", "details": {"value": each}} for each in body["to"]]
    return {
        "active": body["is_active"],
        "payload_type": "notification/card",
        "payload": {"card_id": body["card"], "send_condition": body["when"], "send_once": False},
        "subscriptions": [{"type": "notification-subscription/cron", "cron_schedule": body["cron"]}],
        "handlers": [{"channel_type": "channel/email", "recipients": recipients}],
    }


def _found(there: dict[str, Any]) -> Found:
    payload = there.get("payload") or {}
    recipients = [r for handler in there.get("handlers") or [] for r in handler.get("recipients") or []]
    body = {
        "card": payload.get("card_id"),
        "cron": ", ".join(str(s.get("cron_schedule")) for s in there.get("subscriptions") or []),
        "when": payload.get("send_condition"),
        "to": sorted(str((r.get("details") or {}).get("value") or f"user {r.get('user_id')}") for r in recipients),
        "is_active": bool(there.get("active")),
    }
    return Found(int(there["id"]), there.get("created_at") or "", body, there)
