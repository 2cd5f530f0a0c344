"""Has each registered model a champion that can be loaded?"""

from __future__ import annotations

from collections.abc import Iterator

from millwright.doctor import Check, Finding
from ml.registry.client import CHAMPION, connected
from ml.registry.load import version_of


def champions() -> Iterator[Finding]:
    """A champion for every model that has versions, and that version's files; nothing is loaded."""
    with connected() as client:
        from mlflow.artifacts import list_artifacts
        from mlflow.exceptions import MlflowException

        for found in client.search_registered_models():
            champion = version_of(client, found.name, CHAMPION)
            if champion is None:
                problem = f"The model {found.name} has no champion: nothing is predicted by it."
                remedy = "Promote a version; the list says how each was judged."
                yield Finding(
                    problem,
                    remedy,
                    f"millwright models show {found.name}; millwright models promote {found.name} <version>",
                )
                continue
            try:
                there = bool(list_artifacts(f"models:/{found.name}/{champion}"))
            except (MlflowException, OSError):
                there = False
            if not there:
                problem = f"The files of {found.name} version {champion}, the champion, are not in MLflow's store."
                remedy = "Put MLflow's artifacts back from a backup, or promote another version."
                yield Finding(problem, remedy, "millwright restore <folder>; millwright models promote --help")


CHECKS = [Check("champion models", "one for each model, with its files", champions)]
