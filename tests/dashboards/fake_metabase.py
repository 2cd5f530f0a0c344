"""A Metabase that remembers: arrays replace, negative ids become real ones, queries are rewritten, and 403 is 403."""

from __future__ import annotations

import copy
import itertools
import re
import uuid
from typing import Any

from tests.dashboards.openapi import check_answer, check_request

Answer = tuple[int, Any]
ADMINISTRATORS, ALL_USERS = 2, 1
MASK = "**MetabasePass**"


class FakeMetabase:
    """One server. `handle` takes a request as it comes over the wire; everything that it holds is in plain dicts."""

    def __init__(self, tables: dict[str, list[str]], looks_until_synced: int = 2) -> None:
        self._numbers = itertools.count(100)
        self._tables = tables
        self._looks_until_synced = looks_until_synced
        self.setup_token = uuid.uuid4().hex
        self.users: dict[str, str] = {}  # e-mail → password
        self.sessions: set[str] = set()
        self.api_keys: dict[int, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {"enable-public-sharing": False}
        self.cache: list[dict[str, Any]] = []
        self.databases: dict[int, dict[str, Any]] = {}
        self.metadata: dict[int, list[dict[str, Any]]] = {}
        self._looks: dict[int, int] = {}
        self.collections: dict[int, dict[str, Any]] = {}
        self.groups: dict[int, dict[str, Any]] = {
            ALL_USERS: {"id": ALL_USERS, "name": "All Users", "member_count": 3},
            ADMINISTRATORS: {"id": ADMINISTRATORS, "name": "Administrators", "member_count": 1},
        }
        self.graph: dict[str, Any] = {"revision": 0, "groups": {str(ALL_USERS): {}, str(ADMINISTRATORS): {}}}
        self.cards: dict[int, dict[str, Any]] = {}
        self.dashboards: dict[int, dict[str, Any]] = {}
        self.notifications: dict[int, dict[str, Any]] = {}
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

    def number(self) -> int:
        return next(self._numbers)

    @staticmethod
    def entity() -> str:
        return uuid.uuid4().hex[:21]

    # users and keys
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
        return (204, None) if self.api_keys.pop(number, None) else _missing()

    # settings
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

    # databases
    def get_database(self, **_: Any) -> Answer:
        return 200, {"data": [self._masked(d) for d in self.databases.values()], "total": len(self.databases)}

    def get_database_one(self, number: int, **_: Any) -> Answer:
        return (200, self._masked(self.databases[number])) if number in self.databases else _missing()

    @staticmethod
    def _masked(database: dict[str, Any]) -> dict[str, Any]:
        return database | {"details": database["details"] | {"password": MASK}}

    def post_database(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        self.databases[number] = body | {"id": number, "created_at": self.entity()}
        self._looks[number] = 0
        return 200, self._masked(self.databases[number])

    def put_database_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.databases:
            return _missing()
        if (body.get("details") or {}).get("password") == MASK:
            body["details"]["password"] = self.databases[number]["details"]["password"]
        self.databases[number] |= body
        return 200, self._masked(self.databases[number])

    def delete_database_one(self, number: int, **_: Any) -> Answer:
        del self.databases[number]
        self.cards = {k: c for k, c in self.cards.items() if c["dataset_query"].get("database") != number}
        return 204, None

    def post_database_sync_schema_one(self, number: int, **_: Any) -> Answer:
        return 200, {"status": "ok"}

    def get_database_metadata_one(self, number: int, **_: Any) -> Answer:
        """The tables appear some looks after the database was made, for the sync runs beside."""
        self._looks[number] += 1
        if number not in self.metadata and self._looks[number] > self._looks_until_synced:
            self.metadata[number] = [
                {
                    "id": self.number(),
                    "name": table,
                    "schema": "marts",
                    "description": None,
                    "fields": [
                        {"id": self.number(), "name": column, "description": None, "semantic_type": None}
                        for column in columns
                    ],
                }
                for table, columns in self._tables.items()
            ]
        return 200, self.databases[number] | {"tables": self.metadata.get(number, [])}

    def put_table_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        table = next(t for tables in self.metadata.values() for t in tables if t["id"] == number)
        table |= body
        return 200, table

    def put_field_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        field = self.field(number)
        field |= body
        return 200, field

    def field(self, number: int) -> dict[str, Any]:
        return next(f for tables in self.metadata.values() for t in tables for f in t["fields"] if f["id"] == number)

    # collections
    def get_collection(self, *, query: dict[str, str], **_: Any) -> Answer:
        archived = query["archived"] == "true"
        listed = [self._located(c) for c in self.collections.values() if bool(c.get("archived")) == archived]
        return 200, [{"id": "root", "name": "Our analytics"}, *listed]

    def get_collection_one(self, number: int, **_: Any) -> Answer:
        return (200, self._located(self.collections[number])) if number in self.collections else _missing()

    def _located(self, collection: dict[str, Any]) -> dict[str, Any]:
        chain, parent = [], collection["parent_id"]
        while parent:
            chain.insert(0, parent)
            parent = self.collections[parent]["parent_id"]
        return collection | {"location": "/" + "".join(f"{each}/" for each in chain)}

    def post_collection(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        made = {"id": number, "entity_id": self.entity(), "archived": False, "parent_id": None, "description": None}
        self.collections[number] = made | body
        parent = self.collections[number]["parent_id"]
        for sees in self.graph["groups"].values():  # as its parent; the root is everybody's
            if (may := sees.get(str(parent), "write" if parent is None else "none")) != "none":
                sees[str(number)] = may
        return 200, self._located(self.collections[number])

    def put_collection_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.collections:
            return _missing()
        self.collections[number] |= body
        return 200, self._located(self.collections[number])

    def get_collection_items_one(self, number: int, *, query: dict[str, str], **_: Any) -> Answer:
        wanted = query.get("models", "card,dashboard,collection").split(",")
        kinds = {"card": self.cards, "dashboard": self.dashboards}
        items = [
            {"id": each["id"], "name": each["name"], "model": model, "entity_id": each["entity_id"]}
            for model, held in kinds.items()
            if model in wanted
            for each in held.values()
            if each.get("collection_id") == number and not each.get("archived")
        ]
        inside = [c for c in self.collections.values() if c["parent_id"] == number and not c["archived"]]
        if "collection" in wanted:
            items += [{"id": c["id"], "name": c["name"], "model": "collection"} for c in inside]
        return 200, {"data": items, "total": len(items)}

    # groups and permissions
    def get_permissions_group(self, **_: Any) -> Answer:
        return 200, list(self.groups.values())

    def post_permissions_group(self, *, body: Any, **_: Any) -> Answer:
        if any(group["name"] == body["name"] for group in self.groups.values()):
            return 400, {"errors": {"name": "A group with that name already exists."}}
        number = self.number()
        self.groups[number] = {"id": number, "name": body["name"], "member_count": 0}
        self.graph["groups"][str(number)] = {}
        return 200, self.groups[number]

    def delete_permissions_group_one(self, number: int, **_: Any) -> Answer:
        del self.groups[number]
        del self.graph["groups"][str(number)]
        return 204, None

    def get_collection_graph(self, **_: Any) -> Answer:
        return 200, self.graph

    def put_collection_graph(self, *, body: Any, **_: Any) -> Answer:
        if body["revision"] != self.graph["revision"]:
            return 409, "Looks like someone else edited the permissions and your data is out of date."
        for group, sees in body["groups"].items():
            assert group in self.graph["groups"]
            self.graph["groups"][group] = {c: may for c, may in sees.items() if may != "none"}
        self.graph["revision"] += 1
        return 200, self.graph

    # cards
    def get_card(self, *, query: dict[str, str], **_: Any) -> Answer:
        cards = [c for c in self.cards.values() if not c["archived"]]
        if query["f"] == "database":
            cards = [c for c in cards if c["dataset_query"]["database"] == int(query["model_id"])]
        return 200, cards

    def get_card_one(self, number: int, **_: Any) -> Answer:
        return (200, self.cards[number]) if number in self.cards else _missing()

    def post_card(self, *, body: Any, **_: Any) -> Answer:
        entity = body.get("entity_id") or self.entity()
        if any(card["entity_id"] == entity for card in self.cards.values()):
            return 500, {"message": "duplicate key value violates unique constraint report_card_entity_id_key"}
        if body["dataset_query"]["database"] not in self.databases:
            return 400, {"message": "FK constraint"}
        number = self.number()
        made = {"id": number, "archived": False, "parameters": [], "description": None, "enable_embedding": False}
        body["dataset_query"] = normalised(body["dataset_query"])
        self.cards[number] = made | body | {"entity_id": entity}
        return 200, self.cards[number]

    def put_card_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.cards:
            return _missing()
        if "dataset_query" in body:
            body["dataset_query"] = normalised(body["dataset_query"])
        self.cards[number] |= body
        return 200, self.cards[number]

    def delete_card_one(self, number: int, **_: Any) -> Answer:
        del self.cards[number]
        for dashboard in self.dashboards.values():
            dashboard["dashcards"] = [d for d in dashboard["dashcards"] if d["card_id"] != number]
        self.notifications = {k: n for k, n in self.notifications.items() if n["payload"]["card_id"] != number}
        return 204, None

    # dashboards
    def post_dashboard(self, *, body: Any, **_: Any) -> Answer:
        number = self.number()
        made = {"id": number, "entity_id": self.entity(), "archived": False, "public_uuid": None}
        made |= {"enable_embedding": False, "collection_position": None, "description": None, "parameters": []}
        self.dashboards[number] = made | body | {"dashcards": [], "tabs": []}
        return 200, self.dashboards[number]

    def get_dashboard_one(self, number: int, **_: Any) -> Answer:
        if number not in self.dashboards:
            return _missing()
        there = copy.deepcopy(self.dashboards[number])
        for card in there["dashcards"]:
            card["card"] = self.cards.get(card["card_id"])
        return 200, there

    def put_dashboard_one(self, number: int, *, body: Any, **_: Any) -> Answer:
        if number not in self.dashboards:
            return _missing()
        there = self.dashboards[number]
        made: dict[int, int] = {}
        if (tabs := body.pop("tabs", None)) is not None:
            for tab in tabs:
                if tab["id"] < 0:
                    made[tab["id"]] = self.number()
                    tab["id"] = made[tab["id"]]
                else:
                    assert tab["id"] in {old["id"] for old in there["tabs"]}
            there["tabs"] = [{"id": tab["id"], "name": tab["name"], "dashboard_id": number} for tab in tabs]
            kept = {tab["id"] for tab in tabs}
            there["dashcards"] = [d for d in there["dashcards"] if d["dashboard_tab_id"] in kept | {None}]
        if (cards := body.pop("dashcards", None)) is not None:
            there["dashcards"] = [self._dashcard(number, card, made) for card in cards]
        there |= body
        return self.get_dashboard_one(number)

    def _dashcard(self, number: int, card: dict[str, Any], made: dict[int, int]) -> dict[str, Any]:
        there = self.dashboards[number]
        old = next((d for d in there["dashcards"] if d["id"] == card["id"]), None)
        assert old is not None or card["id"] < 0, "an id that is not there"
        tab = made.get(card.get("dashboard_tab_id"), card.get("dashboard_tab_id"))
        assert tab is None or tab in {t["id"] for t in there["tabs"]}, "FK constraint"
        return {
            "id": old["id"] if old else self.number(),
            "dashboard_id": number,
            "card_id": card.get("card_id"),  # left out, it is lost
            "dashboard_tab_id": tab,
            **{name: card[name] for name in ("row", "col", "size_x", "size_y")},
            "parameter_mappings": card.get("parameter_mappings") or [],
            "visualization_settings": card.get("visualization_settings") or {},
            "series": card.get("series") or [],
        }

    def delete_dashboard_one(self, number: int, **_: Any) -> Answer:
        del self.dashboards[number]
        return 204, None

    def post_dashboard_public_link_one(self, number: int, **_: Any) -> Answer:
        if not self.settings["enable-public-sharing"]:
            return 400, {"message": "Public sharing is not enabled."}
        self.dashboards[number]["public_uuid"] = self.dashboards[number]["public_uuid"] or str(uuid.uuid4())
        return 200, {"uuid": self.dashboards[number]["public_uuid"]}

    def delete_dashboard_public_link_one(self, number: int, **_: Any) -> Answer:
        if not self.dashboards[number]["public_uuid"]:
            return _missing()
        self.dashboards[number]["public_uuid"] = None
        return 204, None

    # subscriptions
    def get_notification(self, *, query: dict[str, str], **_: Any) -> Answer:
        inactive = query.get("include_inactive") == "true"
        card = int(query["card_id"]) if "card_id" in query else None
        return 200, [
            n
            for n in self.notifications.values()
            if (inactive or n["active"]) and card in (None, n["payload"]["card_id"])
        ]

    def get_notification_one(self, number: int, **_: Any) -> Answer:
        return (200, self.notifications[number]) if number in self.notifications else _missing()

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


def normalised(query: dict[str, Any]) -> dict[str, Any]:
    """As the server stores a query, whichever form it was sent in: MBQL 5 with new uuids."""
    if query.get("type") == "native":
        inner = query["native"]
        stage = {"native": inner["query"], "template-tags": inner.get("template-tags", {})}
        query = {"database": query["database"], "stages": [stage]}
    for stage in query["stages"]:
        stage["lib/type"] = "mbql.stage/native"
        for tag in stage.get("template-tags", {}).values():
            if "dimension" in tag:
                number = next(part for part in tag["dimension"][1:] if isinstance(part, int))
                tag["dimension"] = ["field", {"lib/uuid": str(uuid.uuid4())}, number]
    return {"lib/type": "mbql/query", "database": query["database"], "stages": query["stages"]}


def _missing() -> Answer:
    return 404, "Not found."
