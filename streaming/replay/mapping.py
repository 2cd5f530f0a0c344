"""A mapping: which column of a file or query becomes which field of a stream, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from millwright.contracts import Contract, contract
from millwright.errors import MillwrightError

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Source(BaseModel):
    """Where a field's value comes from: a column, or the same constant for every row."""

    model_config = _STRICT

    column: str | None = None  # in JSON a path, such as payload.events.0.price
    constant: str | int | float | bool | None = None
    scale: float = 1.0  # value * scale + offset is in the contract's unit
    offset: float = 0.0
    format: str | None = (
        None  # of a time: strptime's, or epoch_s, epoch_ms, epoch_us, epoch_ns; of a text: machine-{:0>3}
    )
    timezone: str | None = None  # of times that carry none; the mapping's when not given

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either a column or a constant")
        return self

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        return None if name is None else _zone(name)


class Mapping(BaseModel):
    """A file or query as one stream. `fields` is by the contract's field name; a bare text is a column."""

    model_config = _STRICT

    stream: str
    fields: dict[str, Source]
    separator: str = Field(",", min_length=1, max_length=1)
    decimal: str = Field(".", min_length=1, max_length=1)
    timezone: str = "UTC"
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")

    @field_validator("fields", mode="before")
    @classmethod
    def _bare_columns(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        return {name: {"column": s} if isinstance(s, str) else s for name, s in fields.items()}

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        return _zone(name)

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Mapping:
        try:
            of = contract(self.stream)
        except MillwrightError as error:
            raise ValueError(error.message) from None
        names = {f.name: f for f in of.fields}
        for name in self.fields:
            if name not in names:
                raise ValueError(f"{self.stream} has no field {name!r}; it has {', '.join(names)}")
        for field in of.fields:
            if field.name not in self.fields and not field.nullable and not field.has_default:
                raise ValueError(f"{self.stream} needs the field {field.name!r}: {field.doc}")
        return self

    @property
    def contract(self) -> Contract:
        return contract(self.stream)

    @property
    def columns(self) -> list[str]:
        """The columns that the mapping reads, each once, in the order they stand in it."""
        return list(dict.fromkeys(s.column for s in self.fields.values() if s.column is not None))


def load_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises MillwrightError naming the key at fault."""
    try:
        raw = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise MillwrightError(
            f"There is no mapping {path}.", "See docs/connect-your-data.md for how to write one."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MillwrightError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from None
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise MillwrightError(
            f"{path.name}: {place + ': ' if place else ''}{said}.",
            "docs/connect-your-data.md lists what a mapping holds.",
        ) from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no time zone {name!r}; names look like Europe/Berlin") from None
    return name
