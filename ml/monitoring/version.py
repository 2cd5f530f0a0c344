"""A registered version as monitoring needs it: what it learned from, and a place for reports in its run."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ml.monitoring.inputs import TIME, sample
from ml.predictions.champion import Champion
from ml.predictions.run import moment

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER = "monitoring"  # of the run's artifacts
_REFERENCE = "reference.parquet"


@dataclass(frozen=True)
class Version:
    """A version's run. `learned_until` is the watermark of its training data."""

    client: MlflowClient
    run_id: str
    learned_until: dt.datetime

    def reference(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A sample of the features that it was made from, kept with it from the first time on that it is asked for:
        what is loaded later, or dropped, does not change what it is held against.
        """
        there = {Path(file.path).name for file in self.client.list_artifacts(self.run_id, FOLDER)}
        with tempfile.TemporaryDirectory() as folder:
            if _REFERENCE in there:
                path = self.client.download_artifacts(self.run_id, f"{FOLDER}/{_REFERENCE}", folder)
                return pd.read_parquet(path)
            found = sample(frame[frame[TIME] <= self.learned_until])
            found.to_parquet(Path(folder) / _REFERENCE, index=False)
            self.keep(Path(folder), "")
        return found

    def page(self, name: str) -> str:
        """Where MLflow shows what is kept under monitoring/`name`, below its address."""
        experiment = self.client.get_run(self.run_id).info.experiment_id
        return f"#/experiments/{experiment}/runs/{self.run_id}/artifacts/{FOLDER}/{name}/drift.html"

    def keep(self, folder: Path, name: str) -> None:
        """Keep a folder's files as artifacts of the run, under monitoring/`name`."""
        self.client.log_artifacts(self.run_id, str(folder), f"{FOLDER}/{name}".rstrip("/"))


@contextmanager
def registered(found: Champion) -> Iterator[Version]:
    """The run of a champion, while connected. Raises Unavailable without MLflow."""
    from ml.registry.client import connected
    from ml.registry.load import WATERMARK

    with connected() as client:
        made = client.get_model_version(found.name, str(found.version))
        yield Version(client, made.run_id, moment(made.tags[WATERMARK], found.name).to_pydatetime())
