"""The core of the alerts: state and readings in, new state and alerts out.

What comes out depends on the readings of each machine in their order, the machines' types and the rules, and not on how
the readings are cut into batches. A reading that is not newer than the machine's newest changes nothing, so one that is
sent or consumed twice does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from streaming.alerts import levels
from streaming.alerts.batch import fresh
from streaming.alerts.journal import Journal
from streaming.alerts.rules import Rules
from streaming.alerts.silence import silence
from streaming.alerts.state import Ints, State
from streaming.alerts.stuck import stuck


def watch(
    state: State,
    readings: pa.Table,
    rules: Rules,
    type_of: Callable[[str], str],
    partition: Ints | None = None,
    appended: Ints | None = None,
) -> list[dict[str, Any]]:
    """Alerts (rows of equipment-alerts) that the readings raise and end, by event time; `state` is brought forward.

    `readings`: equipment_id, event_time and channels, in the order of their partitions. By row, `partition` says from
    which each came (0 when not given), and `appended` when the broker took it (µs; the event time when not given).
    """
    batch = fresh(state, readings, rules, type_of)
    if batch is None:
        return []
    journal, table = Journal(state), rules.table(state.channels)
    levels.limits(state, batch, table, journal)
    levels.rates(state, batch, table, journal)
    stuck(state, batch, table, journal)
    silence(state, batch, table, journal)
    last = batch.ends - 1
    rows = batch.place[last]
    state.newest[batch.machine] = batch.time[last]
    state.appended[batch.machine] = batch.time[last] if appended is None else appended[rows]
    state.partition[batch.machine] = np.int64(0) if partition is None else partition[rows]
    return journal.alerts()
