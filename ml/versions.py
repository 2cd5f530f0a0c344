"""What the registry and `ml.promotions` know of models and their versions."""

from __future__ import annotations

from typing import Any

from millwright.errors import MillwrightError
from millwright.warehouse import session
from ml.registry import CHAMPION, PREVIOUS, connected

_DECISIONS = """
select distinct on (to_version) to_version, promoted, reason, decided_at
from ml.promotions where model_name = %s order by to_version, promotion_id desc"""


def every_model() -> list[dict[str, Any]]:
    """One entry per registered model: model, versions, champion, previous."""
    with connected() as client:
        return [
            {
                "model": found.name,
                "versions": len(client.search_model_versions(f"name = '{found.name}'")),
                **{alias: _number(found.aliases.get(alias)) for alias in (CHAMPION, PREVIOUS)},
            }
            for found in sorted(client.search_registered_models(), key=lambda model: str(model.name))
        ]


def of_model(name: str) -> list[dict[str, Any]]:
    """One entry per version, the newest first: version, aliases, data_watermark, git_commit, metrics, decision.

    Raises MillwrightError when there is no such model.
    """
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(_DECISIONS, (name,))
        decisions = {version: (promoted, reason, at.isoformat()) for version, promoted, reason, at in cursor.fetchall()}
    with connected() as client:
        models = client.search_registered_models(f"name = '{name}'")
        if not models:
            raise MillwrightError(f"There is no model {name!r}.", "`millwright models ls` lists them.")
        aliases = models[0].aliases
        found = sorted(client.search_model_versions(f"name = '{name}'"), key=lambda v: -int(v.version))
        return [
            {
                "version": int(version.version),
                "aliases": sorted(alias for alias, number in aliases.items() if str(number) == str(version.version)),
                "data_watermark": version.tags.get("millwright.data_watermark"),
                "git_commit": version.tags.get("millwright.git_commit"),
                "metrics": dict(client.get_run(version.run_id).data.metrics) if version.run_id else {},
                "decision": decisions.get(int(version.version)),
            }
            for version in found
        ]


def _number(version: str | int | None) -> int | None:
    return None if version is None else int(version)
