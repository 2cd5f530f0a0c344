"""Reads a spec: one YAML file, checked before anything is read or trained."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from millwright.errors import MillwrightError
from ml.spec.anomaly import AnomalySpec
from ml.spec.failure import FailureSpec
from ml.spec.forecast import ForecastSpec
from ml.spec.places import beside, replaced
from ml.spec.plain import SEE, plain
from ml.spec.quality import QualitySpec
from ml.spec.rul import RulSpec

SPECS = Path(__file__).parents[1] / "specs"
Spec = FailureSpec | RulSpec | AnomalySpec | QualitySpec | ForecastSpec
_BY_TASK: Any = Annotated[Spec, Field(discriminator="task")]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(_BY_TASK)


def load_spec(name: str, sources: tuple[str, ...] = ()) -> Spec:
    """The spec in ml/specs/<name>.yml, or in the file at that path.

    `sources` replace its own: a table or path, or NAME=PATH for one of several.
    Raises MillwrightError: no such spec, not YAML, or which field has which value and what was expected.
    """
    path = _path(name)
    try:
        raw = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MillwrightError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from None
    if isinstance(raw, dict):
        raw = {field: beside(value, path.parent) if field in _SOURCES else value for field, value in raw.items()}
        if sources:
            raw["source"] = replaced(raw.get("source"), sources)
    return parse_spec(raw, path.name)


def _path(name: str) -> Path:
    """Where a spec lies. Raises MillwrightError when it does not, or is no .yml file."""
    path = SPECS / f"{name}.yml"
    if path.is_file() and "/" not in name:
        return path
    path, remedy = Path(name), f"Name one of {', '.join(shipped())}, or give a path to a .yml file."
    if path.is_dir():
        raise MillwrightError(f"{name} is a folder, and a spec is a .yml file.", remedy)
    if path.suffix not in (".yml", ".yaml"):
        there = path.is_file()
        raise MillwrightError(f"{name} is no .yml file." if there else f"There is no spec {name!r}.", remedy)
    if not path.is_file():
        raise MillwrightError(f"There is no file {name}.", f"Paths are relative to {Path.cwd()}.")
    return path


_SOURCES = ("source", "test_source", "test_truth", "abnormal")


def shipped() -> list[str]:
    """The names of the specs in ml/specs, in order."""
    return sorted(path.stem for path in SPECS.glob("*.yml"))


def parse_spec(raw: Any, said_by: str) -> Spec:
    """A spec from what YAML or JSON gave; `said_by` is named in errors. Raises MillwrightError as `load_spec` does."""
    if not isinstance(raw, dict):
        raise MillwrightError(f"{said_by} has to hold fields such as name and task, not {type(raw).__name__}.", SEE)
    try:
        found: Spec = _ADAPTER.validate_python(raw)
    except ValidationError as error:
        raise MillwrightError(f"{said_by}: {plain(error)}.", SEE) from None
    return found
