"""The schema registry: which schemas a stream has, by id, and which is the newest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from millwright.contracts import Contract, contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

# Whoever reads old files with a new contract, or new records with an old one, has to succeed, at any distance.
COMPATIBILITY = "FULL_TRANSITIVE"

_TIMEOUT_SECONDS = 5.0
_REFUSED = (httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY)


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
        self.address = (address or settings().registry).rstrip("/")
        # A connection that is refused is tried twice more; a longer outage is for the caller to bridge.
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS, transport=httpx.HTTPTransport(retries=2))
        self._known: dict[str, dict[int, Registered]] = {}
        self._registered: dict[str, int] = {}

    def register(self, contract: Contract) -> int:
        """Register a contract unless it has been, with FULL_TRANSITIVE compatibility; its schema id.

        Raises MillwrightError with the registry's reason when old readers or writers could not live with it.
        """
        if (known := self._registered.get(contract.avro_json)) is not None:
            return known
        config = f"/config/{contract.subject}"
        # Only a subject that exists can have a rule of its own, and its first version breaks nobody.
        exists = bool(self._versions(contract.subject))
        if exists:
            self._require_compatibility(config)
        body = {"schema": contract.avro_json, "schemaType": "AVRO"}
        answer = self._ask("POST", f"/subjects/{contract.subject}/versions", body)
        if answer.status_code in _REFUSED:
            raise MillwrightError(
                f"The registry refuses the contract {contract.stream}: {_message(answer)}",
                "`millwright contracts check` names the field and the reason.",
            )
        schema_id = int(self._checked(answer)["id"])
        if not exists:
            self._require_compatibility(config)
        self._registered[contract.avro_json] = schema_id
        return schema_id

    def latest(self, subject: str) -> Registered | None:
        """A subject's newest schema, asked anew each time; None when it has none."""
        versions = self._versions(subject)
        return self._version(subject, versions[-1]) if versions else None

    def schemas(self, subject: str, ids: set[int]) -> dict[int, Registered]:
        """A subject's schemas by id, as far as it has them; asks only when one of the ids is not known yet."""
        known = self._known.setdefault(subject, {})
        if not ids <= known.keys():
            have = {schema.version for schema in known.values()}
            for version in self._versions(subject):
                if version not in have:
                    self._version(subject, version)
        return {schema_id: known[schema_id] for schema_id in ids if schema_id in known}

    def _version(self, subject: str, version: int) -> Registered:
        found = self._checked(self._ask("GET", f"/subjects/{subject}/versions/{version}"))
        schema = Registered(int(found["id"]), int(found["version"]), str(found["schema"]))
        return self._known.setdefault(subject, {}).setdefault(schema.schema_id, schema)

    def _versions(self, subject: str) -> list[int]:
        answer = self._ask("GET", f"/subjects/{subject}/versions")
        return [] if answer.status_code == httpx.codes.NOT_FOUND else sorted(self._checked(answer))

    def _require_compatibility(self, config: str) -> None:
        answer = self._ask("GET", config)
        found = answer.status_code == httpx.codes.OK and answer.json().get("compatibilityLevel")
        if found != COMPATIBILITY:
            self._checked(self._ask("PUT", config, {"compatibility": COMPATIBILITY}))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return self._client.request(method, self.address + path, json=body)
        except httpx.HTTPError:
            raise Unavailable(
                f"The schema registry at {self.address} does not answer.", "Start it with `millwright up`."
            ) from None

    def _checked(self, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise Unavailable(
                f"The schema registry at {self.address} answers {answer.status_code}: {_message(answer)}",
                "Look at `millwright logs registry`.",
            )
        return answer.json()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def register_all(registry: Registry | None = None) -> dict[str, int]:
    """Register every contract; schema ids by subject. Doing it again changes nothing.

    Raises MillwrightError naming the contract that is refused; Unavailable when the registry does not answer.
    """
    registry = registry or Registry()
    return {contract.subject: registry.register(contract) for contract in contracts().values()}
