"""The peers: who they are, and what each of them needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from bench import flink, quix, spark
from bench.contender import LeftOut, Result
from bench.report import say
from millwright.contracts import Contract
from millwright.errors import MillwrightError


class Peer(Protocol):
    """Another program that lands a topic."""

    @property
    def NAME(self) -> str: ...

    def prepare(self) -> None:
        """Install what is missing. Raises MillwrightError with the reason when that is not possible."""

    def land(self, contract: Contract, records: int, folder: Path) -> Result:
        """Land the topic's records in files below the folder. Raises MillwrightError when not all are there."""


PEERS: dict[str, Peer] = {"spark": spark, "flink": flink, "quixstreams": quix}


def prepared(names: Iterable[str], left_out: list[LeftOut]) -> dict[str, Peer]:
    """The peers that can run here; the others are added to `left_out` with the reason."""
    found = {}
    for name in names:
        say(f"preparing {name} (the first time it is installed) ...")
        try:
            PEERS[name].prepare()
        except MillwrightError as error:
            left_out.append(LeftOut(name, str(error)))
        else:
            found[name] = PEERS[name]
    return found


def measured(
    peers: dict[str, Peer], contract: Contract, records: int, folder: Path, left_out: list[LeftOut]
) -> list[Result]:
    """One after the other; a peer that did not land everything has no rate and is added to `left_out`."""
    results = []
    for name, peer in peers.items():
        say(f"{peer.NAME} ...")
        try:
            results.append(peer.land(contract, records, folder))
        except MillwrightError as error:
            left_out.append(LeftOut(name, str(error)))
        shutil.rmtree(folder / name, ignore_errors=True)
    return results
