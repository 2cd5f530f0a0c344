"""`millwright replay`: send what others recorded."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path)
_mapping = click.option("--mapping", required=True, type=_FILE, help="Which column becomes which field (YAML).")
_skip = click.option("--skip-bad-rows", is_flag=True, help="Leave out rows that cannot be read, and list them.")
_summary = click.option("--summary", type=_FILE, help="Write what was sent to this file as JSON.")


@click.group()
def replay() -> None:
    """Send recorded data through the same streams: files, queries, public data sets."""


@replay.command("azure-pdm")
@click.argument("folder", type=_FILE)
@_summary
def azure_pdm(folder: Path, summary: Path | None) -> None:
    """Send Microsoft's predictive-maintenance sample (PdM_*.csv) in FOLDER."""
    from streaming.replay.azure_pdm import read_azure_pdm
    from streaming.replay.send import report, send

    report(send(read_azure_pdm(folder), folder.name), summary)


@replay.command()
@click.argument("file", type=_FILE)
@_mapping
@_skip
@_summary
def csv(file: Path, mapping: Path, skip_bad_rows: bool, summary: Path | None) -> None:
    """Send a CSV file with a header."""
    from streaming.replay.csv_file import read_csv

    _send_file(read_csv, file, mapping, skip_bad_rows, summary)


@replay.command()
@click.argument("file", type=_FILE)
@_mapping
@_skip
@_summary
def parquet(file: Path, mapping: Path, skip_bad_rows: bool, summary: Path | None) -> None:
    """Send a Parquet file."""
    from streaming.replay.parquet_file import read_parquet

    _send_file(read_parquet, file, mapping, skip_bad_rows, summary)


@replay.command()
@click.argument("file", type=_FILE)
@_mapping
@_skip
@_summary
def json(file: Path, mapping: Path, skip_bad_rows: bool, summary: Path | None) -> None:
    """Send a file of JSON objects, one a line."""
    from streaming.replay.json_file import read_json

    _send_file(read_json, file, mapping, skip_bad_rows, summary)


@replay.command()
@click.argument("url")
@click.argument("query")
@_mapping
@_skip
@_summary
def sql(url: str, query: str, mapping: Path, skip_bad_rows: bool, summary: Path | None) -> None:
    """Send what QUERY gives on the database at URL (SQLAlchemy's notation)."""
    from streaming.replay.apply import apply
    from streaming.replay.mapping import load_mapping
    from streaming.replay.send import report, send
    from streaming.replay.sql import read_sql

    to = load_mapping(mapping)
    pieces = (apply(piece, to) for piece in read_sql(url, query, to))
    report(send(pieces, "the query", None, skip_bad_rows), summary)


def _send_file(read: object, file: Path, mapping: Path, skip_bad_rows: bool, summary: Path | None) -> None:
    from streaming.replay.apply import apply
    from streaming.replay.mapping import load_mapping
    from streaming.replay.send import report, send

    to = load_mapping(mapping)
    assert callable(read)
    pieces = (apply(piece, to) for piece in read(file, to))
    report(send(pieces, file.name, None, skip_bad_rows), summary)
