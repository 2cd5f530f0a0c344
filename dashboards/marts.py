"""What dbt makes in schema marts: models, columns and what their papers say of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dashboards.spec.yaml_lines import LOADER
from millwright.errors import MillwrightError


@dataclass(frozen=True)
class MartColumn:
    """A column. `unit` is that of its papers; `is_share` when a test keeps it between 0 and 1."""

    name: str
    data_type: str
    description: str
    unit: str
    values: tuple[str, ...]
    is_share: bool
    is_unique: bool


@dataclass(frozen=True)
class Mart:
    """A model of schema marts."""

    name: str
    description: str
    columns: dict[str, MartColumn]


@lru_cache
def marts(dbt_dir: Path) -> dict[str, Mart]:
    """The models of models/marts by name, from the papers beside them, which dbt's manifest repeats.

    A model without papers is left out. Raises MillwrightError when there is none at all.
    """
    folder = dbt_dir / "models" / "marts"
    found: dict[str, Mart] = {}
    for path in sorted(folder.rglob("*.yml")):
        for model in (yaml.load(path.read_text(), LOADER) or {}).get("models", []):
            if path.with_name(f"{model['name']}.sql").exists():
                columns = {c["name"]: _column(c) for c in model.get("columns", [])}
                found[model["name"]] = Mart(model["name"], _one_line(model.get("description", "")), columns)
    if not found:
        raise MillwrightError(f"There are no marts in {folder}.", "MILLWRIGHT_DBT_DIR names dbt's project.")
    return found


def _column(paper: dict[str, Any]) -> MartColumn:
    tests = paper.get("data_tests", [])
    named = {name: body for test in tests if isinstance(test, dict) for name, body in test.items()}
    bounds = named.get("accepted_range", {}).get("arguments", {})
    return MartColumn(
        paper["name"],
        paper.get("data_type", ""),
        _one_line(paper.get("description", "")),
        str(paper.get("config", {}).get("meta", {}).get("unit", "")),
        tuple(map(str, named.get("accepted_values", {}).get("arguments", {}).get("values", []))),
        bounds.get("min_value") == 0 and bounds.get("max_value") == 1,
        "unique" in tests,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
