"""The schema registry: which schemas a stream has, by id, and which is the newest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from millwright.contracts import Contract, contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

# Whoever reads old files with a new contract, or new records with an old one, has to succeed, at any distance.
COMPATIBILITY = "FULL_TRANSITIVE"

_SCHEMA_NOT_FOUND = 40403
_NOT_FOUND = {httpx.codes.NOT_FOUND, 40401, 40402, _SCHEMA_NOT_FOUND}
_CONFLICT = {httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY, 42201}


@dataclass(frozen=True)
class Registered:
    """A schema as the registry holds it."""

    schema_id: int
    version: int  # of its subject, from 1 on
    avro_json: str

    @cached_property
    def avro(self) -> dict[str, Any]:
        return dict(json.loads(self.avro_json))


class Registry:
    """A registry with Confluent's API. What it has answered once is kept: a schema id never changes its meaning.

    Every method raises Unavailable when the registry does not answer.
    """

    def __init__(self, address: str | None = None) -> None:
        self.address = address or settings().registry
        # Two retries within half a second bridge a hiccup; a longer outage is for the caller to bridge.
        wait = {"max.retries": 2, "retries.wait.ms": 100, "retries.max.wait.ms": 500, "timeout": 5}
        self._client = SchemaRegistryClient({"url": self.address, **wait})
        self._known: dict[str, dict[int, Registered]] = {}
        self._registered: dict[str, int] = {}

    def register(self, contract: Contract) -> int:
        """Register a contract unless it has been, with FULL_TRANSITIVE compatibility; its schema id.

        Raises MillwrightError with the registry's reason when old readers or writers could not live with it.
        """
        if (known := self._registered.get(contract.avro_json)) is not None:
            return known
        schema = Schema(contract.avro_json, "AVRO")
        with self._asking(contract):
            # Only a subject that exists can have a rule of its own, and its first version breaks nobody.
            exists = bool(self._versions(contract.subject))
            if exists and self._compatibility(contract.subject) != COMPATIBILITY:
                self._client.set_compatibility(contract.subject, COMPATIBILITY)
            schema_id = int(self._client.register_schema(contract.subject, schema))
            if not exists:
                self._client.set_compatibility(contract.subject, COMPATIBILITY)
        self._registered[contract.avro_json] = schema_id
        return schema_id

    def latest(self, subject: str) -> Registered | None:
        """A subject's newest schema, asked anew each time; None when it has none."""
        with self._asking():
            versions = self._versions(subject)
            return self._version(subject, versions[-1]) if versions else None

    def schemas(self, subject: str, ids: set[int]) -> dict[int, Registered]:
        """A subject's schemas by id, as far as it has them; asks only when one of the ids is not known yet."""
        known = self._known.setdefault(subject, {})
        if not ids <= known.keys():
            with self._asking():
                have = {schema.version for schema in known.values()}
                for version in self._versions(subject):
                    if version not in have:
                        self._version(subject, version)
        return {schema_id: known[schema_id] for schema_id in ids if schema_id in known}

    def _version(self, subject: str, version: int) -> Registered:
        found = self._client.get_version(subject, version)
        schema = Registered(int(found.schema_id), int(found.version), str(found.schema.schema_str))
        return self._known.setdefault(subject, {}).setdefault(schema.schema_id, schema)

    def _versions(self, subject: str) -> list[int]:
        try:
            return sorted(int(version) for version in self._client.get_versions(subject))
        except SchemaRegistryError as error:
            if _codes(error) & _NOT_FOUND:
                return []
            raise

    def _compatibility(self, subject: str) -> str | None:
        try:
            return str(self._client.get_compatibility(subject))
        except SchemaRegistryError as error:
            if _codes(error) & _NOT_FOUND:
                return None
            raise

    @contextmanager
    def _asking(self, contract: Contract | None = None) -> Iterator[None]:
        try:
            yield
        except SchemaRegistryError as error:
            if contract and _codes(error) & _CONFLICT:
                raise MillwrightError(
                    f"The registry refuses the contract {contract.stream}: {error.error_message}.",
                    "`millwright contracts check` names the field and the reason.",
                ) from None
            raise Unavailable(
                f"The schema registry at {self.address} answers {error.http_status_code}: {error.error_message}.",
                "Look at `millwright logs registry`.",
            ) from error
        except httpx.HTTPError:
            raise Unavailable(
                f"The schema registry at {self.address} does not answer.", "Start it with `millwright up`."
            ) from None


def _codes(error: SchemaRegistryError) -> set[int]:
    return {int(error.http_status_code), int(error.error_code)}


def register_all(registry: Registry | None = None) -> dict[str, int]:
    """Register every contract; schema ids by subject. Doing it again changes nothing.

    Raises MillwrightError naming the contract that is refused; Unavailable when the registry does not answer.
    """
    registry = registry or Registry()
    return {contract.subject: registry.register(contract) for contract in contracts().values()}
