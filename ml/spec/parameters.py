"""What each algorithm's parameters may be: one table, whichever tasks have the algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """Numbers that a parameter may be: whole ones, or any."""

    whole: bool = False
    least: float = -math.inf
    above: float = -math.inf
    most: float = math.inf
    below: float = math.inf

    def holds(self, value: Any) -> bool:
        """Whether a value lies in it; true and false are no numbers."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        return math.isfinite(value) and self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        begin = f"from {self.least:g}" if math.isfinite(self.least) else f"above {self.above:g}"
        end = f" to {self.most:g}" if math.isfinite(self.most) else ""
        end = f" and below {self.below:g}" if math.isfinite(self.below) else end
        return f"a {'whole ' if self.whole else ''}number {begin}{end}"


@dataclass(frozen=True)
class Word:
    """A word that a parameter may be, or null."""

    word: str | None

    def holds(self, value: Any) -> bool:
        """Whether a value is the word."""
        return value is None if self.word is None else bool(value == self.word)

    def __str__(self) -> str:
        return self.word or "null"


Allowed = tuple[Range | Word, ...]  # a value has to lie in one of them
Table = dict[str, Allowed]
_COUNT, _POSITIVE, _NOT_NEGATIVE = Range(whole=True, least=1), Range(above=0), Range(least=0)
_SHARE = Range(above=0, most=1)
_PART = Range(above=0, below=1)  # of the rows: 1 is one of them
_HISTORY, _SEASON = Range(whole=True, least=20), _COUNT

_XGBOOST: Table = {
    "rounds": (_COUNT,),
    "eta": (_SHARE,),
    "max_depth": (Range(whole=True, least=0),),
    "max_leaves": (Range(whole=True, least=0),),
    "grow_policy": (Word("depthwise"), Word("lossguide")),
    "min_child_weight": (_NOT_NEGATIVE,),
    "subsample": (_SHARE,),
    "colsample_bytree": (_SHARE,),
    "colsample_bylevel": (_SHARE,),
    "colsample_bynode": (_SHARE,),
    "num_parallel_tree": (_COUNT,),
    "gamma": (_NOT_NEGATIVE,),
    "reg_alpha": (_NOT_NEGATIVE,),
    "reg_lambda": (_NOT_NEGATIVE,),
    "max_bin": (Range(whole=True, least=2),),
    "max_delta_step": (_NOT_NEGATIVE,),
}
_FOREST: Table = {
    "max_depth": (_COUNT, Word(None)),
    "max_features": (_COUNT, _SHARE, Word("sqrt"), Word("log2"), Word(None)),
    "max_leaf_nodes": (Range(whole=True, least=2), Word(None)),
    "min_samples_leaf": (_COUNT, _PART),
    "min_samples_split": (Range(whole=True, least=2), _PART),
    "min_impurity_decrease": (_NOT_NEGATIVE,),
    "ccp_alpha": (_NOT_NEGATIVE,),
}
_BALANCE: Table = {"balance": (Range(least=0, most=2),)}
_ONE_SERIES: Table = {"history": (_HISTORY,), "most_series": (_COUNT,)}
_LINEAR: Table = {
    "window": (Range(whole=True, least=2),),
    "penalty": (_NOT_NEGATIVE,),
    "share": (Word("channel"), Word("all"), Word("none")),
}

FAILURE: dict[str, Table] = {
    "xgboost": {**_XGBOOST, **_BALANCE, "threads": (_COUNT,)},
    "random_forest": {"n_estimators": (_COUNT,), **_FOREST, **_BALANCE},
}
RUL: dict[str, Table] = {
    "xgboost": _XGBOOST,
    "random_forest": {"n_estimators": (_COUNT,), **_FOREST},
    "linear": {"penalty": (_POSITIVE,)},
}
QUALITY: dict[str, Table] = {
    "xgboost": _XGBOOST,
    "random_forest": {"trees": (_COUNT,), **_FOREST},
    "extra_trees": {"trees": (_COUNT,), **_FOREST},
}
ANOMALY: dict[str, Table] = {
    "robust_z": {},
    "t2_q": {"explained": (_SHARE,)},
    "mset": {"memory": (_COUNT,), "ridge": (_POSITIVE,)},
    "isolation_forest": {"trees": (_COUNT,), "sample": (_COUNT,)},
}
FORECAST: dict[str, Table] = {
    "mean": {},
    "last": {},
    "trend": {},
    "seasonal_naive": {"season": (_SEASON,)},
    "nlinear": _LINEAR,
    "dlinear": _LINEAR,
    "prophet": _ONE_SERIES,
    "auto_ets": {"season": (_SEASON,), **_ONE_SERIES},
    "auto_arima": {"season": (_SEASON,), **_ONE_SERIES},
}


def expected(allowed: Allowed) -> str:
    """For people: `a whole number from 1, a number above 0 to 1 or null`."""
    *others, last = map(str, allowed)
    return f"{', '.join(others)} or {last}" if others else last
