"""Who answers: the champion of a spec, loaded with the spec that it was made by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from millwright.errors import MillwrightError
from ml.spec.load import Spec, load_spec, shipped
from ml.spec.rul import RulSpec
from ml.task import Model


@dataclass(frozen=True)
class Champion:
    """A version that answers. `spec` says what it learned, and where the newest data lie."""

    name: str
    version: int
    model: Model
    spec: Spec


def champion(spec: str, sources: tuple[str, ...] = ()) -> Champion | None:
    """The champion of a spec's model, None when it has none; `sources` replace the spec's places of data.

    It keeps to the spec that it was trained by, however the file has changed since, except for where data lie.
    Raises Unavailable without MLflow, MillwrightError when the file is now of another task.
    """
    from ml.registry.client import CHAMPION, connected
    from ml.registry.load import load_version, version_of

    asked = load_spec(spec, sources)
    with connected(asked.alone) as client:
        version = version_of(client, asked.name, CHAMPION)
        if version is None:
            return None
        model, made_by = load_version(asked.name, version)
    if made_by.task != asked.task:
        raise MillwrightError(
            f"The champion of {asked.name!r} is a model of the task {made_by.task}, and the spec is of {asked.task}.",
            "Give one of the two another name.",
        )
    return Champion(asked.name, version, model, made_by.model_copy(update=_places(asked, bool(sources))))


def _places(asked: Spec, given: bool) -> dict[str, Any]:
    """Where data lie now; those `given` on the command line are of whom the prediction is to speak."""
    found: dict[str, Any] = {"source": asked.source}
    if isinstance(asked, RulSpec) and asked.test_source is not None:
        at = {"path": asked.source.path, "table": asked.source.table} if given else {}
        found["test_source"] = asked.test_source.model_copy(update=at)
    return found


def with_champion() -> list[str]:
    """The specs in ml/specs of which a version answers, by name."""
    from ml.registry.client import CHAMPION, connected
    from ml.registry.load import version_of

    specs = {spec: load_spec(spec).name for spec in shipped()}
    with connected() as client:
        return [spec for spec, name in specs.items() if version_of(client, name, CHAMPION) is not None]
