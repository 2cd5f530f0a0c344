"""A paired bootstrap over blocks: what two models score on the same draws of the same test rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Score = Callable[[pd.DataFrame, Floats], float]


def weights(rows: pd.DataFrame, samples: int, seed: int) -> Iterator[Floats]:
    """How often each row counts, by sample: as many blocks are drawn as there are, of each stratum its own number."""
    block, _ = pd.factorize(rows["block"])
    count = int(block.max()) + 1 if len(block) else 0
    of_block = np.zeros(count, dtype=np.int64)
    of_block[block] = pd.factorize(rows["stratum"])[0] if "stratum" in rows else 0
    strata = [np.flatnonzero(of_block == stratum) for stratum in np.unique(of_block)]
    if not strata:
        return
    random = np.random.default_rng(seed)
    for _ in range(samples):
        drawn = np.concatenate([random.choice(blocks, len(blocks)) for blocks in strata])
        yield np.bincount(drawn, minlength=count)[block].astype(np.float64)


def compare(
    score: Score, challenger: pd.DataFrame, champion: pd.DataFrame | None, samples: int, confidence: float, seed: int
) -> dict[str, Any]:
    """The interval of the challenger's score (`low`, `high`), and of its lead over the champion's (`lead_low`,
    `lead_high`) where both have the same rows. Empty where no draw can be scored.
    """
    paired = champion is not None and _same_rows(challenger, champion)
    own, leads = [], []
    for weight in weights(challenger, samples, seed):
        own.append(score(challenger, weight))
        if paired and champion is not None:
            leads.append(own[-1] - score(champion, weight))
    ends = [50 * (1 - confidence), 50 * (1 + confidence)]
    found: dict[str, Any] = {}
    for names, values in ((("low", "high"), own), (("lead_low", "lead_high"), leads)):
        known = np.asarray(values, dtype=np.float64)
        known = known[np.isfinite(known)]
        if len(known):
            found |= {name: float(end) for name, end in zip(names, np.percentile(known, ends), strict=True)}
    return found


def _same_rows(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return len(one) == len(other) and one["block"].reset_index(drop=True).equals(other["block"].reset_index(drop=True))
