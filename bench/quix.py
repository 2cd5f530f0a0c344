"""quixstreams: Kafka to Parquet (zstd) by its file sink, one process, a tenth of the records: the rate counts."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.dataset as ds

from bench.columns import in_range_python
from bench.contender import Result
from bench.environments import python
from bench.watched import Watched
from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.settings import settings

NAME = "quixstreams 3.28"
_SHARE, _LEAST = 0.1, 200_000
_PATIENCE_SECONDS = 1800.0


def prepare() -> None:
    """Install what is missing. Raises MillwrightError with the reason when that is not possible."""
    python("quixstreams")


def land(contract: Contract, records: int, folder: Path) -> Result:
    """Run it until its share of the records is through. Raises MillwrightError when fewer are in its files."""
    wanted, home = min(records, max(_LEAST, round(records * _SHARE))), folder / "quixstreams"
    home.mkdir()
    options = {
        "kafka": settings().kafka,
        "registry": settings().registry,
        "topic": contract.topic,
        "records": wanted,
        "condition": in_range_python(contract),
    }
    command = [str(python("quixstreams")), str(Path(__file__).with_name("quix_job.py")), json.dumps(options)]
    with Watched([command], {"PYTHONPATH": ""}, home / "log") as run:
        code = run.wait(_PATIENCE_SECONDS)
    landed = ds.dataset(home / "out", format="parquet", partitioning=None).count_rows() if code == 0 else 0
    if landed < wanted:
        raise MillwrightError(f"it landed {landed:,} of {wanted:,} records: {run.last_words()}")
    seconds = float(run.log.read_text().splitlines()[-1])
    return Result(NAME, landed, seconds, run.cpu_seconds, run.peak_rss_mb)
