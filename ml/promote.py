"""Decides whether a version takes over, moves the aliases, and writes down why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from millwright.failpoints import failpoint
from millwright.warehouse import session
from ml.registry import CHAMPION, PREVIOUS, version_of
from ml.spec import Promotion

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and why or why not, in one sentence."""

    promoted: bool
    reason: str


def decide(rule: Promotion, evaluation: dict[str, Any]) -> Decision:
    """Promote if the thresholds pass, the naive baseline is beaten and the champion is not better.

    `evaluation` as `ml.evaluate.evaluate` gives it; all of it on the same test part.
    """
    model, metric = evaluation["model"], rule.metric
    title = metric.replace("_", " ")
    if metric not in model:
        return Decision(False, "The test part holds no failure, so the model cannot be judged.")
    for name, least in rule.at_least.items():
        if not model.get(name, 0.0) >= least:
            reached = f"{model[name]:.3f}" if name in model else "unknown"
            return Decision(False, f"{name.replace('_', ' ').capitalize()} is {reached}, below the required {least}.")
    naive = evaluation["baseline"].get(metric, 0.0)
    if not model[metric] > naive:
        return Decision(
            False,
            f"{title.capitalize()} {model[metric]:.3f} is no better than the naive rule's ({naive:.3f}).",
        )
    better = f"{title} {model[metric]:.3f} against {naive:.3f} of the naive rule"
    champion = evaluation.get("champion")
    if champion is None:
        return Decision(True, f"The first that passes: {better}.")
    if model[metric] < champion[metric] - rule.tolerance:
        return Decision(
            False, f"{title.capitalize()} {model[metric]:.3f} is worse than the champion's {champion[metric]:.3f}."
        )
    return Decision(True, f"Not worse than the champion ({champion[metric]:.3f}), from newer data or spec: {better}.")


def deploy(
    client: MlflowClient, name: str, version: int, run_id: str, decision: Decision, metrics: dict[str, Any]
) -> tuple[Decision, bool]:
    """Carry a decision out and record it; returns it and whether anything changed.

    A version is decided upon once: afterwards its recorded decision is returned. The alias `champion` moves in one
    step, after `previous`; killed before it, the old champion answers; killed after it, the next call records it.
    """
    recorded = _recorded(name, version)
    if recorded is not None:
        return recorded, False
    champion = version_of(client, name, CHAMPION)
    before = champion
    if champion == version:  # promoted by a run that was killed before it could say so
        before = version_of(client, name, PREVIOUS)
        decision = decision if decision.promoted else Decision(True, "An interrupted promotion was finished.")
    elif decision.promoted:
        if champion is not None:
            client.set_registered_model_alias(name, PREVIOUS, str(champion))
        client.set_registered_model_alias(name, CHAMPION, str(version))
        failpoint("ml.after_alias")
    _record(name, before, version, run_id, decision, metrics)
    return decision, True


def _recorded(name: str, version: int) -> Decision | None:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select promoted, reason from ml.promotions where model_name = %s and to_version = %s"
            " order by promotion_id limit 1",
            (name, version),
        )
        row = cursor.fetchone()
    return None if row is None else Decision(*row)


def _record(
    name: str, before: int | None, version: int, run_id: str, decision: Decision, metrics: dict[str, Any]
) -> None:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into ml.promotions (model_name, from_version, to_version, promoted, reason, metrics, run_id)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (name, before, version, decision.promoted, decision.reason, json.dumps(metrics), run_id),
        )
