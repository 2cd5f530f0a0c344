"""The model of task `anomaly` with all that serving needs: one JSON and one npz file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.anomaly.data import MACHINE
from ml.anomaly.detectors import KINDS
from ml.anomaly.normal import Normal, Seen
from ml.anomaly.reference import Reference
from ml.anomaly.robust_z import Arrays
from ml.anomaly.tail import Tail
from ml.scores import Floats
from ml.spec.anomaly import AnomalySpec
from ml.spec.load import parse_spec

MOST_FACTORS = 5


@dataclass(frozen=True)
class AnomalyModel:
    """What is normal, by which spec, and what is told of it."""

    spec: AnomalySpec
    normal: Normal
    described: dict[str, Any]
    example: pd.DataFrame

    @property
    def threshold(self) -> float:
        """A score at or over it is an anomaly: 1 minus the false-positive rate that was asked for."""
        return 1 - self.spec.false_positive_rate

    def rows(self, frame: pd.DataFrame) -> Floats:
        """The model's channels of a frame; one that is not there tells nothing."""
        return frame.reindex(columns=list(self.normal.channels)).to_numpy(np.float64)

    def see(self, frame: pd.DataFrame) -> dict[str, tuple[pd.Index[Any], Seen]]:
        """By machine that the model knows: its rows' index and what the model sees. `frame`: sorted by time."""
        return {
            str(machine): (part.index, self.normal.see(str(machine), self.rows(part)))
            for machine, part in frame.groupby(MACHINE, sort=True)
            if self.normal.knows(str(machine))
        }

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Score, threshold, whether an anomaly, and the channels behind it, of each row.

        `rows` are readings in the order of time, under the spec's column names; averages and levels come from the rows
        before in the same call, so a single row is judged by itself. Of an unknown machine the score is null.
        """
        frame = rows.reset_index(drop=True)
        entity = self.spec.entity
        frame = frame.assign(**{MACHINE: frame[entity].astype(str) if entity else ""})
        out = pd.DataFrame({"score": np.nan, "threshold": self.threshold, "is_anomaly": False}, index=frame.index)
        factors: list[list[dict[str, Any]]] = [[] for _ in range(len(frame))]
        for machine, (index, seen) in self.see(frame).items():
            out.loc[index, "score"] = seen.score
            for row, found in zip(index, self.factors(machine, frame.loc[index], seen), strict=True):
                factors[row] = found
        out["is_anomaly"] = out["score"] >= out["threshold"]
        return out.assign(factors=[json.dumps(found) for found in factors])

    def factors(self, machine: str, frame: pd.DataFrame, seen: Seen) -> list[list[dict[str, Any]]]:
        """For each row its strangest channels: feature, label, value, expected, contribution (its share, 0-1)."""
        shares, expected = self.normal.shares(machine, seen.deviations), self.normal.expected(machine, seen)
        values, names = self.rows(frame), self.normal.channels
        return [
            [
                {
                    "feature": names[rank],
                    "label": names[rank],
                    "value": None if np.isnan(values[row, rank]) else round(float(values[row, rank]), 6),
                    "expected": round(float(expected[row, rank]), 6),
                    "contribution": round(float(shares[row, rank]), 4),
                }
                for rank in ranks
            ]
            for row, ranks in enumerate(np.argsort(-shares, axis=1, kind="stable")[:, :MOST_FACTORS])
        ]

    def save(self, folder: Path) -> None:
        """Write model.json, spec.json, example.parquet and arrays.npz; numpy stamps its archives with no hour."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: Arrays = {}
        for machine, reference in self.normal.references.items():
            arrays |= {f"reference|{machine}|{name}": value for name, value in reference.arrays().items()}
        for label, machines in self.normal.detectors.items():
            for machine, detector in machines.items():
                arrays |= {f"{label}|{machine}|{name}": value for name, value in detector.arrays().items()}
        card = {
            "channels": self.normal.channels,
            "machines": list(self.normal.references),
            "detectors": {label: list(machines) for label, machines in self.normal.detectors.items()},
            "tails": {label: tail.as_dict() for label, tail in self.normal.tails.items()},
            "combined": self.normal.combined.as_dict(),
            "smooth": self.normal.smooth,
            "described": self.described,
        }
        (folder / "model.json").write_text(json.dumps(card))
        (folder / "spec.json").write_text(self.spec.model_dump_json())
        self.example.to_parquet(folder / "example.parquet", index=False)
        np.savez_compressed(folder / "arrays.npz", **arrays)  # type: ignore[arg-type]


def load_model(folder: Path) -> AnomalyModel:
    """What `AnomalyModel.save` wrote."""
    card = json.loads((folder / "model.json").read_text())
    spec = parse_spec(json.loads((folder / "spec.json").read_text()), "the model's spec")
    assert isinstance(spec, AnomalySpec)
    with np.load(folder / "arrays.npz", allow_pickle=False) as packed:
        arrays = {name: packed[name] for name in packed.files}

    def of(owner: str, machine: str) -> Arrays:
        begin = f"{owner}|{machine}|"
        return {name[len(begin) :]: value for name, value in arrays.items() if name.startswith(begin)}

    normal = Normal(
        tuple(card["channels"]),
        {machine: Reference.load(of("reference", machine)) for machine in card["machines"]},
        {
            label: {machine: KINDS[label.split(" ")[0]].load(of(label, machine)) for machine in machines}
            for label, machines in card["detectors"].items()
        },
        {label: Tail.from_dict(raw) for label, raw in card["tails"].items()},
        Tail.from_dict(card["combined"]),
        card["smooth"],
    )
    return AnomalyModel(spec, normal, card["described"], pd.read_parquet(folder / "example.parquet"))


def example(frame: pd.DataFrame, channels: tuple[str, ...], spec: AnomalySpec) -> pd.DataFrame:
    """Three rows under the spec's column names."""
    rows = frame.head(3)
    out = rows[list(channels)]
    return (out.assign(**{spec.entity: rows[MACHINE]}) if spec.entity else out).reset_index(drop=True)
