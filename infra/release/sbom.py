"""A software bill of materials in CycloneDX 1.5, the same for the same locks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

from infra.release.components import UNKNOWN, Component

_NAMESPACE = uuid.UUID("6f1a1c55-9f0d-5f0c-9a70-0c1d2a4f7b10")  # ours, so that a serial number is made of what is in it


def sbom(version: str, parts: Iterable[Component]) -> str:
    """The document as JSON."""
    listed = [_component(part) for part in parts]
    serial = uuid.uuid5(_NAMESPACE, json.dumps([version, listed]))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "millwright",
                "name": "millwright",
                "version": version,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": listed,
        "dependencies": [{"ref": "millwright", "dependsOn": [each["bom-ref"] for each in listed]}],
    }
    return json.dumps(document, indent=1) + "\n"


def _component(part: Component) -> dict[str, object]:
    group, _, name = part.name.rpartition(":")
    return {
        "type": "library",
        "bom-ref": part.purl,
        **({"group": group} if group else {}),
        "name": name,
        "version": part.version,
        "purl": part.purl,
        **({} if part.licence == UNKNOWN else {"licenses": [{"license": {"name": part.licence}}]}),
        **({"hashes": [{"alg": "SHA-256", "content": part.sha256}]} if part.sha256 else {}),
    }
