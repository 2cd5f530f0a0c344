"""What each algorithm's parameters may be: one table, whichever tasks have the algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """Numbers that a parameter may be, whole ones or any; or one of some words."""

    whole: bool = False
    least: float = -math.inf
    above: float = -math.inf
    most: float = math.inf
    words: tuple[str | None, ...] = ()

    def holds(self, value: Any) -> bool:
        """Whether a value lies in it; true and false are no numbers."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value in self.words
        right_kind = isinstance(value, int) or not self.whole
        return right_kind and math.isfinite(value) and self.least <= value <= self.most and value > self.above

    def __str__(self) -> str:
        if self.least == self.above == -math.inf:
            return _or(self.words)
        begin = f"from {self.least:g}" if math.isfinite(self.least) else f"above {self.above:g}"
        end = f" to {self.most:g}" if math.isfinite(self.most) else ""
        words = f", or {_or(self.words)}" if self.words else ""
        return f"a {'whole ' if self.whole else ''}number {begin}{end}{words}"


def _or(words: tuple[str | None, ...]) -> str:
    return " or ".join("null" if word is None else word for word in words)


Allowed = tuple[Range, ...]  # a value has to lie in one of them
Table = dict[str, Allowed]
_COUNT, _POSITIVE, _NOT_NEGATIVE = Range(whole=True, least=1), Range(above=0), Range(least=0)
_SHARE = Range(above=0, most=1)
_HISTORY, _SEASON = Range(whole=True, least=20), _COUNT

_XGBOOST: Table = {
    "rounds": (_COUNT,),
    "eta": (_SHARE,),
    "max_depth": (Range(whole=True, least=0),),
    "max_leaves": (Range(whole=True, least=0),),
    "grow_policy": (Range(words=("depthwise", "lossguide")),),
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
    "max_depth": (Range(whole=True, least=1, words=(None,)),),
    "max_features": (_COUNT, Range(above=0, most=1, words=("sqrt", "log2", None))),
    "max_leaf_nodes": (Range(whole=True, least=2, words=(None,)),),
    "min_samples_leaf": (_COUNT, _SHARE),
    "min_samples_split": (Range(whole=True, least=2), _SHARE),
    "min_impurity_decrease": (_NOT_NEGATIVE,),
    "ccp_alpha": (_NOT_NEGATIVE,),
}
_BALANCE: Table = {"balance": (_NOT_NEGATIVE,)}
_ONE_SERIES: Table = {"history": (_HISTORY,), "most_series": (_COUNT,)}
_LINEAR: Table = {
    "window": (Range(whole=True, least=2),),
    "penalty": (_NOT_NEGATIVE,),
    "share": (Range(words=("channel", "all", "none")),),
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
    """For people: `a whole number from 1, or a number above 0 to 1`."""
    return ", or ".join(map(str, allowed))
