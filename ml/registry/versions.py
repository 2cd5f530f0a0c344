"""What the registry and the record of decisions know of models and their versions."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from millwright.errors import MillwrightError
from ml.registry.client import CHAMPION, PREVIOUS, connected
from ml.registry.ledger import recorded
from ml.registry.load import WATERMARK


def every_model() -> list[dict[str, Any]]:
    """One entry per registered model: model, versions, champion, previous."""
    with connected(alone=True) as client:
        return [
            {
                "model": found.name,
                "versions": len(client.search_model_versions(f"name = '{found.name}'")),
                **{alias: _number(found.aliases.get(alias)) for alias in (CHAMPION, PREVIOUS)},
            }
            for found in sorted(client.search_registered_models(), key=lambda model: str(model.name))
        ]


def of_model(name: str) -> list[dict[str, Any]]:
    """One entry per version, the newest first: version, task, metric, aliases, data_watermark, git_commit, metrics,
    decisions (promoted, reason, when; the newest first).

    Raises MillwrightError when there is no such model.
    """
    with connected(alone=True) as client:
        models = client.search_registered_models(f"name = '{name}'")
        if not models:
            raise MillwrightError(f"There is no model {name!r}.", "`millwright models list` lists them.")
        decisions = defaultdict[int, list[tuple[bool, str, str]]](list)
        for row in recorded(name, True):
            decisions[row.to_version].insert(0, (row.promoted, row.reason, row.decided_at))
        aliases = models[0].aliases
        found = sorted(client.search_model_versions(f"name = '{name}'"), key=lambda v: -int(v.version))
        return [
            {
                "version": int(version.version),
                "task": version.tags.get("millwright.task"),
                "metric": version.tags.get("millwright.metric"),
                "aliases": sorted(alias for alias, number in aliases.items() if str(number) == str(version.version)),
                "data_watermark": version.tags.get(WATERMARK),
                "git_commit": version.tags.get("millwright.git_commit"),
                "metrics": dict(client.get_run(version.run_id).data.metrics) if version.run_id else {},
                "decisions": decisions[int(version.version)],
            }
            for version in found
        ]


def _number(version: str | int | None) -> int | None:
    return None if version is None else int(version)
