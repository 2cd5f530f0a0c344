"""The fields that every model's spec has, whatever its task."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from ml.spec.monitoring import Monitoring
from ml.spec.part import Name, Part
from ml.spec.promotion import Promotion
from ml.spec.source import Source

# Where data lie is not what a model is (they have their own sha), nor is how it is watched afterwards.
_NOT_MEANT = ("path", "table", "monitoring")


class ModelSpec(Part):
    """A model to train."""

    METRICS: ClassVar[frozenset[str]]  # that a task gives; promote may name no others
    LOWER_IS_BETTER: ClassVar[frozenset[str]] = frozenset()

    name: Name = Field(description="the registered model's name: lower case letters, digits, `_` and `-`")
    task: str
    promote: Promotion
    monitoring: Monitoring = Field(Monitoring(), description="when a version no longer fits what it is told")
    seed: int = Field(0, ge=0, description="two runs with one seed give the same bytes")

    @model_validator(mode="before")
    @classmethod
    def _usual_split(cls, raw: Any) -> Any:
        """A split that does not say by what is the task's usual one."""
        usual = cls.model_fields["split"].default if "split" in cls.model_fields else None
        if isinstance(raw, dict) and isinstance(raw.get("split"), dict) and "by" not in raw["split"] and usual:
            return raw | {"split": {"by": usual.by, **raw["split"]}}
        return raw

    @model_validator(mode="after")
    def _metrics_are_known(self) -> Self:
        for where, names in (
            ("metric", [self.promote.metric]),
            ("at_least", self.promote.at_least),
            ("at_most", self.promote.at_most),
        ):
            for name in names:
                if name not in self.METRICS:
                    raise ValueError(
                        f"promote.{where} names {name!r}; expected one of {', '.join(sorted(self.METRICS))}"
                    )
        return self

    def unfit(self, metrics: dict[str, float]) -> str:
        """Why a version of these metrics must not take over, however it compares, in one sentence; else empty."""
        return ""

    @property
    def sources(self) -> dict[str, Source]:
        """The sources that are given, by name; the first is that of the readings."""
        fields = ("source", "test_source", "test_truth")
        found = {name: getattr(self, name, None) for name in fields}
        return {name: source for name, source in found.items() if source is not None}

    @property
    def alone(self) -> bool:
        """Whether all data come from files, so that no warehouse is needed."""
        return all(source.path for source in self.sources.values())

    @property
    def place(self) -> str:
        """Where the readings come from, for people."""
        return next(iter(self.sources.values())).place

    @property
    def sha(self) -> str:
        """The same for specs that mean the same, whatever their comments and order and wherever their data lie."""
        return hashlib.sha256(json.dumps(_meaning(self.model_dump(mode="json")), sort_keys=True).encode()).hexdigest()


def _meaning(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _meaning(inner) for name, inner in value.items() if name not in _NOT_MEANT}
    return [_meaning(inner) for inner in value] if isinstance(value, list) else value
