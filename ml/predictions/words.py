"""A prediction in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.data import is_count

# By task: what a row is of, whom it is about, and what it says that speaks of trouble.
_TOLD = {
    "failure": ("prediction", "machine", "say yes"),
    "rul": ("prediction", "unit", ""),
    "anomaly": ("row", "machine", "say yes"),
    "quality": ("piece", "machine", "told as defects"),
    "forecast": ("row", "machine", ""),
}
_WINDOW = (("train_from", "train_until"), ("trained_from", "trained_until"))


def headline(kind: str, said: Mapping[str, Any]) -> str:
    """What was said, in one sentence."""
    machine, watermark = said["equipment_id"], when(said["data_watermark"])
    if kind == "failure":
        verdict = "will fail" if said["predicted"] else "will not fail"
        return (
            f"{machine} {verdict} within {said['horizon_hours']} h of {when(said.get('event_time')) or watermark}:"
            f" probability {said['probability']:.1%}, threshold {said['threshold']:.1%}."
        )
    if kind == "rul":
        return (
            f"{machine} has {said['value']:.0f} {said['unit']} left ({said['lower']:.0f} to {said['upper']:.0f}),"
            f" as of {watermark}."
        )
    if kind == "anomaly":
        verdict = "is not as usual" if said["is_anomaly"] else "is as usual"
        channel = f", {said['channel']}," if said["channel"] else ""
        return (
            f"{machine}{channel} {verdict} at {when(said['event_time'])}:"
            f" score {said['score']:.2f}, threshold {said['threshold']:.2f}."
        )
    if kind == "quality":
        verdict = said.get("result") or ("a defect" if said["predicted"] else "good")
        of = (
            f"inspection {said['inspection_id']}"
            if said["inspection_id"]
            else f"the unit of {when(said['event_time'])}"
        )
        return (
            f"{of} of {machine} is {verdict}: probability of a defect {said['defect_probability']:.1%},"
            f" threshold {said['threshold']:.1%}."
        )
    crossing = ""
    if said.get("crossing_probability") is not None:
        crossing = f" {said['crossing_limit']:g} is crossed by then with {said['crossing_probability']:.0%}."
    return (
        f"{said['channel']} of {machine} is {said['value']:.4g} at {when(said['forecast_time'])},"
        f" 80 % between {said['lower']:.4g} and {said['upper']:.4g}; foretold at {watermark}.{crossing}"
    )


def up_to(result: Mapping[str, Any]) -> str:
    """How far the data of a prediction run reach; nothing where they have no time."""
    if result["time"] is None:
        return ""
    counter = f"{result['time']} " if is_count(result["data_watermark"]) else ""
    return f", data up to {counter}{when(result['data_watermark'])}"


def told(result: Mapping[str, Any]) -> str:
    """What a prediction run said of how many: `20 pieces of 3 machines, 2 of them told as defects`."""
    row, of, yes = _TOLD[result["task"]]
    machines = f" of {count(result['machines'], of)}" if result["entity"] is not None else ""
    flagged = "" if result["flagged"] is None else f", {result['flagged']} of them {yes}"
    return f"{count(result['rows'], row)}{machines}{flagged}"


def count(number: int, of: str) -> str:
    """`1 machine`, `2 machines`."""
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


def factors(said: Mapping[str, Any]) -> list[str]:
    """What made it so, the strongest first."""
    found = []
    for factor in said.get("factors") or []:
        name = factor.get("label") or str(factor.get("feature") or factor.get("channel") or "").replace("_", " ")
        value = factor.get("value")
        shown = "" if value is None else f" = {value:g}" if isinstance(value, int | float) else f" = {value}"
        weight = factor.get("contribution")
        if isinstance(weight, int | float):
            shown += f", which {'raises' if weight > 0 else 'lowers'} it ({weight:+.2f})"
        found.append(f"{name}{shown}")
    return found


def training(model: Mapping[str, Any]) -> str:
    """The training window, in one sentence; empty when the version does not tell it."""
    described = model.get("described") or {}
    for begin, end in _WINDOW:
        if begin in described and end in described:
            return f"{when(described[begin])} to {when(described[end])}"
    return f"up to {when(model['data_watermark'])}" if model.get("data_watermark") else ""


def outcome(kind: str, said: Mapping[str, Any], came: Mapping[str, Any] | None) -> str:
    """What came of it, in one sentence."""
    if came is None:
        return "Not known yet." if kind != "anomaly" else "No record tells whether it was one."
    if kind == "failure":
        if came["failure_time"]:
            right = "foretold rightly" if said["predicted"] else "not foretold"
            return f"It failed at {when(came['failure_time'])}: {right}."
        wrong = "a false alarm" if said["predicted"] else "rightly quiet"
        return f"It did not fail until {when(came['foretold_until'])}: {wrong}."
    if kind == "quality":
        return f"The inspection found {came['result']}{', ' + came['defect_type'] if came['defect_type'] else ''}."
    inside = said["lower"] <= came["measured"] <= said["upper"] if kind == "forecast" else True
    return f"The hour's mean was {came['measured']:.4g}, {'inside' if inside else 'outside'} the interval."


def when(moment: Any) -> str:
    """`2026-01-30 08:00 UTC`, of a moment or its ISO text."""
    if moment is None:
        return ""
    text = moment.isoformat() if hasattr(moment, "isoformat") else str(moment)
    if len(text) < 16 or text[10:11] not in ("T", " "):
        return text
    return f"{text[:16].replace('T', ' ')} UTC"
