"""Requests held against Metabase's own OpenAPI document, where it lies beside the public data."""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema


def document_path() -> Path | None:
    """MILLWRIGHT_METABASE_OPENAPI, or metabase/ beside the folder of public data; None where there is none."""
    named = os.environ.get("MILLWRIGHT_METABASE_OPENAPI", "")
    beside = Path(os.environ.get("MILLWRIGHT_DATA_DIR") or "/nowhere").parent / "metabase"
    found = [Path(named)] if named else sorted(beside.glob("openapi-*.json"))
    return found[-1] if found and found[-1].is_file() else None


# The document's oneOf are "one at least": several of its variants allow the same.
def _lenient(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {("anyOf" if name == "oneOf" else name): _lenient(value) for name, value in schema.items()}
    return [_lenient(value) for value in schema] if isinstance(schema, list) else schema


@lru_cache
def document() -> dict[str, Any] | None:
    path = document_path()
    return dict(_lenient(json.loads(path.read_text()))) if path else None


@lru_cache
def _operation(method: str, path: str) -> tuple[dict[str, Any], Any]:
    found = document()
    assert found is not None
    for template, item in sorted(found["paths"].items(), key=lambda pair: pair[0].count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method in item:
            body = item[method].get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            validator = None
            if body is not None:
                whole = {"allOf": [body], "components": found["components"]}
                validator = jsonschema.Draft202012Validator(whole)
            return item[method], validator
    raise AssertionError(f"Metabase has no {method.upper()} {path}")


def check_request(method: str, path: str, query: dict[str, str], body: Any) -> None:
    """Raises AssertionError when Metabase has no such operation, or it does not take this query or body."""
    if document() is None or path == "/api/health":  # which the document leaves out
        return
    operation, validator = _operation(method, path)
    known = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
    assert set(query) <= set(known), f"{method} {path}: unknown {set(query) - set(known)}"
    missing = {name for name, p in known.items() if p.get("required")} - set(query)
    assert not missing, f"{method} {path}: {missing} is missing"
    if validator is not None:
        errors = sorted(validator.iter_errors(body), key=lambda e: len(e.path))
        assert not errors, f"{method} {path}: {errors[0].json_path}: {errors[0].message[:300]}"


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Where the document describes an answer, ours has to fit it."""
    if document() is None or path == "/api/health" or status >= 300:
        return
    operation, _ = _operation(method, path)
    content = operation.get("responses", {}).get("2XX", {}).get("content", {}).get("application/json", {})
    if schema := content.get("schema"):
        found = document()
        assert found is not None
        validator = jsonschema.Draft202012Validator({"allOf": [schema], "components": found["components"]})
        errors = list(validator.iter_errors(body))
        assert not errors, f"{method} {path}: {errors[0].json_path}: {errors[0].message[:300]}"
