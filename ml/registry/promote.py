"""Decides whether a version takes over, moves the aliases, and writes down why."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.logs import said
from ml.registry.client import CHAMPION, PREVIOUS, connected
from ml.registry.ledger import Decision, record, recorded
from ml.registry.load import version_of
from ml.spec.load import Spec

log = logging.getLogger(__name__)


def decide(spec: Spec, evaluation: dict[str, Any], watermark: str) -> Decision:
    """Promote if the thresholds pass, the task has nothing against it, the naive baseline is beaten, and the champion
    is beaten beyond noise, or is not better and of older data. `evaluation` as `ml.judge.judge` gives it, all of it on
    the same test rows.
    """
    rule, model, metric = spec.promote, evaluation["model"], spec.promote.metric
    sign = -1.0 if metric in spec.LOWER_IS_BETTER else 1.0
    title, mine = metric.replace("_", " "), model.get(metric)
    if mine is None:
        return Decision(False, f"The test part does not give {_a(title)}, so the model cannot be judged.")
    for limits, word, fails in ((rule.at_least, "below", -1.0), (rule.at_most, "above", 1.0)):
        for name, limit in limits.items():
            reached = model.get(name)
            if reached is None or (reached - limit) * fails > 0:
                said = "unknown" if reached is None else f"{reached:.3f}"
                return Decision(False, f"{_title(name)} is {said}, {word} the required {limit}.")
    if unfit := spec.unfit(model):
        return Decision(False, unfit)
    naive = evaluation["baseline"].get(metric)
    if naive is not None and not (mine - naive) * sign > 0:
        return Decision(False, f"{_title(metric)} {mine:.3f} is no better than the naive rule's ({naive:.3f}).")
    better = f"{title} {mine:.3f}" + ("" if naive is None else f" against {naive:.3f} of the naive rule")
    if unreadable := evaluation.get("champion_unreadable"):
        return Decision(True, f"The champion cannot be compared with ({unreadable}): {better}.")
    champion = evaluation.get("champion")
    if champion is None:
        return Decision(True, f"The first that passes: {better}.")
    return _against_champion(spec, evaluation, watermark, better)


def _against_champion(spec: Spec, evaluation: dict[str, Any], watermark: str, better: str) -> Decision:
    metric, noise = spec.promote.metric, evaluation.get("difference", {})
    sign = -1.0 if metric in spec.LOWER_IS_BETTER else 1.0
    mine, other = evaluation["model"][metric], evaluation["champion"].get(metric)
    if other is None:
        return Decision(True, f"The champion cannot be judged on this test part: {better}.")
    against = f"the champion's {other:.3f}"
    lead = f"by {noise['lead_low']:+.3f} to {noise['lead_high']:+.3f}" if "lead_low" in noise else "by an unknown noise"
    if noise.get("lead_low", 0.0) > 0:
        return Decision(True, f"Better than {against} beyond noise ({lead}): {better}.")
    if (mine - other) * sign < -spec.promote.tolerance or noise.get("lead_high", 0.0) < 0:
        return Decision(False, f"{_title(metric)} {mine:.3f} is worse than {against} ({lead}).")
    if _newer(watermark, evaluation.get("champion_watermark")):
        return Decision(True, f"Not worse than {against}, from newer data: {better}.")
    return Decision(False, f"{_title(metric)} {mine:.3f} is not better than {against} beyond noise ({lead}).")


def deploy(spec: Spec, version: int, run_id: str, decision: Decision, metrics: dict[str, Any]) -> tuple[Decision, bool]:
    """Carry a decision out and record it; returns it and whether anything changed.

    A version is decided upon once: afterwards its recorded decision is returned. The alias `champion` moves in one
    step, after `previous`; killed before it, the old champion answers; killed after it, the next call records it.
    """
    name, alone = spec.name, spec.alone
    for row in recorded(name, alone):
        if row.to_version == version:
            return Decision(row.promoted, row.reason), False
    with connected(alone) as client:
        champion = version_of(client, name, CHAMPION)
        before = champion
        if champion == version:  # promoted by a run that was killed before it could say so
            before = version_of(client, name, PREVIOUS)
            decision = decision if decision.promoted else Decision(True, "An interrupted promotion was finished.")
        elif decision.promoted:
            if champion is not None:
                client.set_registered_model_alias(name, PREVIOUS, str(champion))
            failpoint("ml.after_previous")
            client.set_registered_model_alias(name, CHAMPION, str(version))
            failpoint("ml.after_alias")
    record(name, before, version, run_id, decision, metrics, alone)
    outcome = "promoted" if decision.promoted else "not promoted"
    log.info(said(f"{outcome}: {decision.reason}", model=name, version=version, mlflow_run=run_id))
    return decision, True


def by_hand(name: str, version: int | None, reason: str) -> tuple[int | None, int]:
    """Make a version champion because a person says so; None: the previous one. Returns from and to which.

    Raises MillwrightError when there is no such version.
    """
    with connected(alone=True) as client:
        champion, previous = (version_of(client, name, alias) for alias in (CHAMPION, PREVIOUS))
        wanted = previous if version is None else version
        if wanted is None or (version is None and previous == champion):
            raise MillwrightError(
                f"The model {name!r} has no previous version.", "`millwright models show` lists them."
            )
        there = {int(found.version): found for found in client.search_model_versions(f"name = '{name}'")}
        if wanted not in there:
            known = ", ".join(str(number) for number in sorted(there)) or "none"
            raise MillwrightError(f"The model {name!r} has no version {wanted}.", f"There are: {known}.")
        last = next((row for row in reversed(recorded(name, True)) if row.promoted), None)
        if champion == wanted and last is not None and last.to_version == wanted:
            return champion, wanted
        if champion is not None and champion != wanted:
            client.set_registered_model_alias(name, PREVIOUS, str(champion))
        client.set_registered_model_alias(name, CHAMPION, str(wanted))
        failpoint("ml.after_alias")
    before = champion if champion != wanted else previous
    record(name, before, wanted, str(there[wanted].run_id), Decision(True, reason), {}, alone=True)
    return before, wanted


def _newer(mine: str, other: str | None) -> bool:
    if other is None:
        return True
    try:
        return float(mine) > float(other)
    except ValueError:
        return bool(pd.Timestamp(mine) > pd.Timestamp(other))


def _title(metric: str) -> str:
    return metric.replace("_", " ").capitalize()


def _a(title: str) -> str:
    return f"an {title}" if title[0] in "aeiou" else f"a {title}"
