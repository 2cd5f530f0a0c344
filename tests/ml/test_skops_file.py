"""A model file is written without a word from modules that have nothing to do with it."""

from __future__ import annotations

import sys
import types
import warnings

import scipy.special
from sklearn.preprocessing import FunctionTransformer

from ml import skops_file


def test_modules_that_warn_of_old_names_are_not_heard_when_a_model_is_written(monkeypatch):
    asked: list[str] = []
    nosy = types.ModuleType("airflow_like")

    def old(name: str) -> object:
        asked.append(name)
        warnings.warn(f"{name} has moved", FutureWarning, stacklevel=2)
        raise AttributeError(name)

    nosy.__getattr__ = old  # type: ignore[method-assign]
    # First, as those are that Airflow has loaded before a task begins.
    monkeypatch.setattr(sys, "modules", {"airflow_like": nosy, **sys.modules})
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        skops_file.dumps(FunctionTransformer(scipy.special.expit))
    assert asked
    assert [str(each.message) for each in heard if each.category is FutureWarning] == []
