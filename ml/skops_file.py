"""scikit-learn estimators as skops files whose bytes depend on nothing but the estimator; never pickles.

skops names what it writes by memory address and stamps it with the hour: both are replaced.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np


@contextmanager
def _unwarned() -> Iterator[None]:
    """skops looks for ufuncs by asking every loaded module for their names, at its import and when it writes; each of
    Airflow's modules answers for its old names with a FutureWarning: 600 kB of them in a task's log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


with _unwarned():
    import skops.io

_TREE = "sklearn.tree._tree.Tree"
_NEVER = (1980, 1, 1, 0, 0, 0)


def dumps(estimator: Any) -> bytes:
    """The same estimator gives the same bytes, in every process."""
    with _unwarned():
        content = skops.io.dumps(estimator)
    with ZipFile(io.BytesIO(content)) as packed:
        schema = json.loads(packed.read("schema.json"))
        numbers: dict[str, int] = {}
        files: dict[str, str] = {}
        plain = _renumbered(schema, numbers, files)
        out = io.BytesIO()
        with ZipFile(out, "w") as written:
            _write(written, "schema.json", json.dumps(plain).encode())
            for old, new in files.items():
                _write(written, new, packed.read(old))
    return out.getvalue()


def loads(content: bytes) -> Any:
    """What `dumps` gave; nothing in it is executed.

    Raises skops' UntrustedTypesFoundException for a foreign type, ValueError for a tree that points outside itself.
    """
    with _unwarned():
        estimator = skops.io.loads(content, trusted=[_TREE])
    for tree in getattr(estimator, "estimators_", []):
        _whole(tree.tree_)
    return estimator


def _whole(tree: Any) -> None:
    """scikit-learn follows a tree's indices unchecked, which is why skops does not trust one by itself."""
    for children in (tree.children_left, tree.children_right):
        inner = children != -1
        if (children[inner] <= np.flatnonzero(inner)).any() or (children >= tree.node_count).any():
            raise ValueError("a tree of the model's file points outside itself")
    if (tree.feature >= tree.n_features).any():
        raise ValueError("a tree of the model's file asks for a feature that there is not")


def _renumbered(part: Any, numbers: dict[str, int], files: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renumbered(inner, numbers, files) for inner in part]
    if not isinstance(part, dict):
        return part
    out: dict[str, Any] = {}
    for name, inner in part.items():
        if name == "__id__" and inner is not None:
            # 0 would mean "no id" to skops.
            out[name] = numbers.setdefault(str(inner), len(numbers) + 1)
        elif name == "file" and isinstance(inner, str):
            stem, _, suffix = inner.rpartition(".")
            out[name] = files.setdefault(inner, f"{numbers.setdefault(stem, len(numbers) + 1)}.{suffix}")
        else:
            out[name] = _renumbered(inner, numbers, files)
    return out


def _write(packed: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name, _NEVER)
    entry.compress_type = ZIP_DEFLATED
    packed.writestr(entry, content)
