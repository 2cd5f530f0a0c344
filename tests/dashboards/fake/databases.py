"""Databases, and their tables, which appear some looks later."""

from __future__ import annotations

from typing import Any

from tests.dashboards.fake.state import Answer, State, missing

MASK = "**MetabasePass**"


class Databases(State):
    """A password is masked in every answer; `tables` are those that a sync finds."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[str]] = {}
        self.looks_until_synced = 2
        self.databases: dict[int, dict[str, Any]] = {}
        self.metadata: dict[int, list[dict[str, Any]]] = {}
        self._looks: dict[int, int] = {}

    def get_database(self, **_: Any) -> Answer:
        return 200, {"data": [self._masked(d) for d in self.databases.values()], "total": len(self.databases)}

    def get_database_one(self, number: int, **_: Any) -> Answer:
        return (200, self._masked(self.databases[number])) if number in self.databases else missing()

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
            return missing()
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
        if number not in self.metadata and self._looks[number] > self.looks_until_synced:
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
                for table, columns in self.tables.items()
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
