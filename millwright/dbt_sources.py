"""What dbt needs and the contracts already say: sources, staging models, their papers, channels, and the profile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from millwright.contracts import Contract, Field
from millwright.derived import raw_tables
from millwright.errors import MillwrightError
from millwright.settings import settings

_MADE_BY = "Made from the contracts by `millwright contracts generate`; changes here are lost."
_MODELS = Path("models/staging/generated")
_MACROS = Path("macros/generated")
# What the loader adds to a stream's fields; outlier_channels only where there are channels.
_OUTLIERS = ("outlier_channels", "Channels whose reading is an outlier, parted by commas; null when none is.")
_LINEAGE = (
    ("_partition", "Partition of the topic that the record came from."),
    ("_offset", "The record's offset in that partition."),
    ("_append_time", "When the broker took the record."),
    ("_load_id", "The load that brought or last changed the row (platform.loads)."),
)


def generate(streams: Mapping[str, Contract] | None = None, project: Path | None = None) -> list[Path]:
    """Write what dbt derives from the contracts into its project, and return the files written or removed.

    Run again, it touches nothing. Files of a contract that is gone are removed. The profile (mode 0600) follows the
    settings' database, and is left out as long as the embedded stack has no password yet.
    """
    streams = raw_tables() if streams is None else streams
    project = settings().dbt_dir if project is None else project
    wanted = {project / name: text for name, text in derived_files(streams.values()).items()}
    stale = [p for folder in (_MODELS, _MACROS) for p in (project / folder).glob("*.*") if p not in wanted]
    for path in stale:
        path.unlink(missing_ok=True)
    changed = [path for path, text in wanted.items() if _write(path, text, 0o644)]
    with contextlib.suppress(MillwrightError):  # no password yet: `up` makes one, and calls this again
        if _write(path := profiles_dir(project) / "profiles.yml", profile(), 0o600):
            changed.append(path)
    return sorted([*stale, *changed])


def profiles_dir(project: Path) -> Path:
    """Where dbt looks for the profile: DBT_PROFILES_DIR, else the project itself."""
    return Path(os.environ.get("DBT_PROFILES_DIR") or project)


def derived_files(streams: Iterable[Contract]) -> dict[Path, str]:
    """Path inside the dbt project → text, for everything that follows from the contracts."""
    streams = list(streams)
    files = {
        _MODELS / "_sources.yml": _yaml({"version": 2, "sources": [_raw_source(streams)]}),
        _MACROS / "each_channel.sql": _channels_macro(streams),
    }
    for contract in streams:
        files[_MODELS / f"stg_{contract.table}.sql"] = _staging_sql(contract)
        files[_MODELS / f"stg_{contract.table}.yml"] = _yaml({"version": 2, "models": [_staging_papers(contract)]})
    return files


def profile() -> str:
    """dbt's profiles.yml for the settings' database. Raises MillwrightError when that has no password yet."""
    from millwright.warehouse import dsn

    url = urlsplit(dsn())
    target: dict[str, Any] = {
        "type": "postgres",
        "host": url.hostname or "localhost",
        "port": url.port or 5432,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "dbname": url.path.lstrip("/"),
        "schema": "public",  # never used: every folder of models names its schema
        "threads": 4,
        "keepalives_idle": 60,
        "connect_timeout": 10,
        **{key: values[-1] for key, values in parse_qs(url.query).items()},
    }
    return _yaml({"millwright": {"target": "warehouse", "outputs": {"warehouse": target}}})


def _raw_source(streams: list[Contract]) -> dict[str, Any]:
    sent = [c for c in streams if not c.computed]
    tables = [
        {"name": c.table, "description": f"{_origin(c)} {c.doc}"}
        | ({"config": _freshness(c, sent)} if c.channels and not c.computed else {})
        for c in streams
    ]
    described = "The streams as loaded from silver, and what the lake computes from them."
    return {"name": "raw", "schema": "raw", "description": described, "tables": tables}


def _origin(contract: Contract) -> str:
    return "Computed in the lake." if contract.computed else f"Stream {contract.stream}."


def _freshness(contract: Contract, streams: list[Contract]) -> dict[str, Any]:
    """`dbt source freshness` by the data's clock: how far a stream that never rests lies behind the newest of all."""
    newest = ", ".join(_newest(c) for c in streams)
    return {
        "freshness": {
            "warn_after": {"count": 2, "period": "hour"},
            "error_after": {"count": 24, "period": "hour"},
        },
        "loaded_at_query": f"select coalesce(current_timestamp - (greatest({newest}) - {_newest(contract)}),"
        " current_timestamp)",
    }


def _newest(contract: Contract) -> str:
    """The newest event time of a stream's last twenty loads: its whole history is not read."""
    loads = f"select load_id from platform.loads where table_name = '{contract.table}' order by load_id desc limit 20"
    return f'(select max("{contract.event_time}") from raw."{contract.table}" where _load_id in ({loads}))'


def _staging_sql(contract: Contract) -> str:
    columns = ",\n    ".join(column["name"] for column in _columns(contract))
    return f"""\
-- {_MADE_BY}
-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    {columns}
from {{{{ source('raw', '{contract.table}') }}}}
"""


def _staging_papers(contract: Contract) -> dict[str, Any]:
    unique = {"unique_combination": {"arguments": {"columns": list(contract.unique)}}}
    named = "" if contract.computed else " Typed and named as its contract says."
    return {
        "name": f"stg_{contract.table}",
        "description": f"{contract.doc} {_origin(contract)}{named}",
        "data_tests": [unique],
        "columns": _columns(contract),
    }


def _columns(contract: Contract) -> list[dict[str, Any]]:
    columns = [_column(f) for f in contract.fields]
    extra = (*((_OUTLIERS,) if contract.channels else ()), *(_LINEAGE[-1:] if contract.computed else _LINEAGE))
    return columns + [{"name": name, "description": text} for name, text in extra]


def _column(field: Field) -> dict[str, Any]:
    tests: list[Any] = [] if field.nullable else ["not_null"]
    if field.allowed:
        tests.append({"accepted_values": {"arguments": {"values": list(field.allowed)}}})
    if field.valid and field.valid != (None, None):
        ends = zip(("min_value", "max_value"), field.valid, strict=True)
        tests.append({"accepted_range": {"arguments": {k: _literal(field, v) for k, v in ends if v is not None}}})
    column: dict[str, Any] = {"name": field.name, "description": described(field)}
    if field.unit:
        column["config"] = {"meta": {"unit": field.unit}}
    return column | ({"data_tests": tests} if tests else {})


def described(field: Field) -> str:
    """A field's description with its unit: "Spindle speed, in rpm."."""
    unit = {"": "", "1": ", a count"}.get(field.unit, f", in {field.unit}")
    return f"{field.doc.rstrip('.')}{unit}."


def _literal(field: Field, value: object) -> object:
    return f"timestamptz '{value}'" if field.avro_type == "timestamp-micros" else value


def _channels_macro(streams: list[Contract]) -> str:
    channels = {c.table: [f.name for f in c.channels] for c in streams if c.channels}
    return f"""\
{{#- {_MADE_BY} -#}}
{{% macro each_channel(table, template, separator=',\\n        ') -%}}
    {{#- The template once for every channel of a table, with {{c}} as its name. -#}}
    {{%- set channels = {channels!r}[table] -%}}
    {{%- for channel in channels -%}}
        {{{{ template | replace('{{c}}', channel) }}}}{{{{ separator if not loop.last }}}}
    {{%- endfor -%}}
{{%- endmacro %}}
"""


def _yaml(value: object) -> str:
    return f"# {_MADE_BY}\n" + yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)


def _write(path: Path, text: str, mode: int) -> bool:
    """Write a file whole, or not at all when it already says so; True when it was written."""
    if path.exists() and path.read_text() == text and path.stat().st_mode & 0o777 == mode:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    beside.chmod(mode)
    beside.replace(path)
    return True
