"""What a model is: one YAML file under `ml/specs/`, checked before anything is read or trained."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from millwright.errors import MillwrightError

SPECS = Path(__file__).parent / "specs"
Table = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$", description="schema.table")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]
Column = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]
Share = Annotated[float, Field(gt=0, lt=1)]
Hours = Annotated[int, Field(ge=1, le=24 * 365)]
Metric = Literal["average_precision", "roc_auc", "precision", "recall", "f1", "event_recall"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Tables of the warehouse: readings by machine and hour, events, machines with their history."""

    readings: Table
    events: Table
    equipment: Table


class Split(_Part):
    """By time: training part, gap, test part.

    The end of the training part, `validation_share` of it, is scored in `folds` slices by models that know only what
    came before: the threshold is chosen there.
    """

    train_share: Share = 0.8
    gap_hours: Hours = 24
    validation_share: Share = 0.6
    folds: int = Field(3, ge=1, le=50)
    minimum_failures: int = Field(3, ge=1)


class Xgboost(_Part):
    """XGBoost's own parameters; the seed, the objective and the tree method are set by training."""

    name: Literal["xgboost"]
    rounds: int = Field(300, ge=1, le=10_000)
    parameters: dict[str, int | float] = {}
    threads: int = Field(1, ge=1)


class Promotion(_Part):
    """When a new version takes over: thresholds on the test part, and the metric it is compared by."""

    metric: Literal["average_precision", "roc_auc"] = "average_precision"
    at_least: dict[Metric, float] = {}
    tolerance: float = Field(0.0, ge=0, le=1)


class Spec(_Part):
    """A model to train; times in hours."""

    name: Name
    task: Literal["failure"]
    source: Source
    entity: Column = "equipment_id"
    time: Column = "last_reading_time"
    channels: Literal["all"] | tuple[Column, ...] = "all"
    horizon_hours: Hours
    windows_hours: tuple[Hours, ...] = Field((3, 24), min_length=1)
    events_window_hours: Hours = 24
    categories: tuple[Literal["model", "equipment_type", "plant_id", "line_id"], ...] = ()
    split: Split = Split()
    algorithm: Xgboost
    promote: Promotion = Promotion()
    bootstrap_samples: int = Field(500, ge=0, le=100_000)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _no_label_crosses_the_gap(self) -> Spec:
        if self.split.gap_hours < self.horizon_hours:
            raise ValueError(
                f"split.gap_hours ({self.split.gap_hours}) has to be at least horizon_hours ({self.horizon_hours}), "
                "or labels of the training part would tell of the test part"
            )
        return self

    @property
    def sha(self) -> str:
        """The same for specs that mean the same, whatever their comments and order."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def load_spec(name: str) -> Spec:
    """The spec in ml/specs/<name>.yml, or in the file at that path.

    Raises MillwrightError: no such spec, not YAML, or which field has which value and what was expected.
    """
    path = Path(name) if name.endswith((".yml", ".yaml")) else SPECS / f"{name}.yml"
    try:
        raw = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(found.stem for found in SPECS.glob("*.yml")))
        raise MillwrightError(
            f"There is no spec {name!r}.", f"There are {known}; or give the path of a .yml file."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MillwrightError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from None
    return parse_spec(raw, path.name)


def parse_spec(raw: Any, source: str) -> Spec:
    """A spec from what YAML or JSON gave; `source` is named in errors. Raises MillwrightError as `load_spec` does."""
    if not isinstance(raw, dict):
        raise MillwrightError(f"{source} has to hold fields such as name and task, not {type(raw).__name__}.")
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("tuple[constrained-str, ...]",))
        value = first["input"] if first["type"] != "missing" and where else None
        message = first["msg"].removeprefix("Value error, ")
        shown = f"{source}: {where} = {value!r}" if value is not None else f"{source}: {where}".rstrip(": ")
        raise MillwrightError(
            f"{shown}: {message}.", "See the fields and their units in ml/specs/failure.yml."
        ) from None
