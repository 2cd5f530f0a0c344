"""A model's spec: what is predicted, from what, how it is split, and what it must reach."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from millwright.errors import MillwrightError

SPECS = Path(__file__).with_name("specs")

Fraction = Annotated[float, Field(gt=0, lt=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Strict):
    """The older fraction of the span that has readings trains; the gap keeps labels from reaching over."""

    train_fraction: Fraction
    gap_hours: float = Field(ge=0)
    folds: int = Field(ge=2)


class Algorithm(_Strict):
    """`params` are XGBoost's own."""

    name: Literal["xgboost"]
    rounds: int = Field(gt=0)
    params: dict[str, Any] = {}


class Passes(_Strict):
    """What the test must reach for a version to be promoted.

    `lift_over_baseline` is a ratio of average precisions; `tolerance` is by how much less than the champion's will do.
    """

    average_precision: float = Field(ge=0, le=1)
    lift_over_baseline: float = Field(gt=0)
    tolerance: float = Field(ge=0, le=1)


class Spec(_Strict):
    """One model."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    task: Literal["failure"]
    horizon_hours: int = Field(gt=0)
    windows_hours: list[int] = Field(min_length=1)
    split: Split
    algorithm: Algorithm
    passes: Passes
    predict_within_days: float = Field(gt=0)
    seed: int

    @property
    def digest(self) -> str:
        """Changes with anything in the spec."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()[:12]


def parse_spec(text: str, source: str) -> Spec:
    """A spec from YAML; `source` is named in errors.

    Raises MillwrightError naming the field, the value and what was expected.
    """
    try:
        return Spec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise MillwrightError(f"{source} is not YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MillwrightError(f"{source}: {where} = {first['input']!r}: {first['msg']}.") from None


@lru_cache
def spec(name: str) -> Spec:
    """The spec of a model under ml/specs/. Raises MillwrightError naming those there are."""
    path = SPECS / f"{name}.yml"
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in SPECS.glob("*.yml")))
        raise MillwrightError(f"There is no model {name!r} in ml/specs/; there are {there}.")
    return parse_spec(path.read_text(), path.name)
