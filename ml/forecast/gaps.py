"""What a model would have to know of the newest readings and does not, in words."""

from __future__ import annotations

import numpy as np

from ml.forecast.grid import Panel
from ml.forecast.model import ForecastModel

_NAMED = 3  # of the series


def gaps(model: ForecastModel, panel: Panel) -> list[str]:
    """Sentences on series of which nothing was read lately, and on such as were read for too few steps."""
    known = ~np.isnan(panel.of(model.series).values)
    lately = np.any(known[-model.look_back :], axis=0)
    since = len(known) - known.argmax(axis=0)  # steps from the first reading on
    needed = np.array([model.ways[number].looks_back for number in model.chosen])
    few = lately & (since < needed)
    found = []
    if not lately.all():
        found.append(f"{_named(model, ~lately)} not foretold: nothing was read in the last {model.look_back} steps")
    if few.any():
        found.append(
            f"{_named(model, few)} foretold from less than the model looks back, {since[few].min()} steps in place of "
            f"{needed[few].max()}: what came before is guessed"
        )
    return found


def _named(model: ForecastModel, which: np.ndarray) -> str:
    names = [" ".join(model.series[number]) for number in np.flatnonzero(which)]
    more = ", …" if len(names) > _NAMED else ""
    return f"{len(names)} of {len(which)} series ({', '.join(names[:_NAMED])}{more}) are"
