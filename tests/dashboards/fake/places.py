"""Collections, groups, and who may look into what."""

from __future__ import annotations

from typing import Any

from tests.dashboards.fake.boards import Boards
from tests.dashboards.fake.door import ADMINISTRATORS
from tests.dashboards.fake.state import Answer, missing

ALL_USERS = 1


class Places(Boards):
    """A new collection is seen by whoever sees its parent; a graph is taken with the newest revision only."""

    def __init__(self) -> None:
        super().__init__()
        self.collections: dict[int, dict[str, Any]] = {}
        self.groups: dict[int, dict[str, Any]] = {
            ALL_USERS: {"id": ALL_USERS, "name": "All Users", "member_count": 3},
            ADMINISTRATORS: {"id": ADMINISTRATORS, "name": "Administrators", "member_count": 1},
        }
        self.graph: dict[str, Any] = {"revision": 0, "groups": {str(ALL_USERS): {}, str(ADMINISTRATORS): {}}}

    def get_collection(self, *, query: dict[str, str], **_: Any) -> Answer:
        archived = query["archived"] == "true"
        listed = [self._located(c) for c in self.collections.values() if bool(c.get("archived")) == archived]
        return 200, [{"id": "root", "name": "Our analytics"}, *listed]

    def get_collection_one(self, number: int, **_: Any) -> Answer:
        return (200, self._located(self.collections[number])) if number in self.collections else missing()

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
            return missing()
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
