"""What a spec asks for beyond what its history holds: refused, or said."""

from __future__ import annotations

from ml.forecast.candidates import ways
from ml.forecast.grid import Panel
from ml.forecast.parts import Parts, first_backtest
from ml.spec.forecast import ForecastSpec


def refused(panel: Panel, where: Parts, spec: ForecastSpec, seasons: tuple[int, ...]) -> str:
    """Why a history is too short for what is asked, in one sentence; empty when it is not."""
    settings = [settings for candidate in spec.candidates for settings in candidate.settings()]
    asked = [("horizon", spec.horizon), ("seasons", min(spec.seasons, default=0))]
    for field, steps in asked + [("season", given["season"]) for given in settings if "season" in given]:
        if steps >= where.known:
            return f"{field} = {steps}: only {where.known} steps lie before the test part, and it takes more than that."
    notes = untried(panel, where, spec, seasons)
    if set(notes) == {candidate.name for candidate in spec.candidates}:
        return f"No candidate can be tried: {'; '.join(f'{name}: {note}' for name, note in notes.items())}."
    return ""


def untried(panel: Panel, where: Parts, spec: ForecastSpec, seasons: tuple[int, ...]) -> dict[str, str]:
    """By name the candidates of which no window fits into what the first backtest learns from, with the reason."""
    steps = first_backtest(where.known, spec)
    tried = {way.name for way in ways(spec, panel, seasons, steps)}
    asked = {
        candidate.name: sorted({given["window"] for given in candidate.settings() if "window" in given})
        for candidate in spec.candidates
        if candidate.name not in tried
    }
    return {
        name: f"a window{''.join(f' of {window}' for window in windows[:1])} and the horizon of {spec.horizon} are "
        f"longer than the {steps} steps that the first backtest learns from"
        for name, windows in asked.items()
    }


def unseen(where: Parts, spec: ForecastSpec) -> dict[str, str]:
    """Notes on seasons that no history holds, and on the part of the horizon that nothing is known of."""
    notes = {}
    if long := [str(season) for season in spec.seasons if season >= where.known]:
        notes["seasons"] = (
            f"{', '.join(long)} of only {where.known} steps before the test part: nothing repeats in them"
        )
    tested, tried = where.end - where.test, (where.known - first_backtest(where.known, spec)) // spec.backtests
    parts = (("the test part", tested), ("a backtest", tried))
    if short := [f"{what} holds {steps}" for what, steps in parts if steps < spec.horizon]:
        notes["horizon"] = (
            f"of {spec.horizon} steps {' and '.join(short)}: what lies beyond is not judged, or its intervals are "
            "those of nearer steps"
        )
    return notes
