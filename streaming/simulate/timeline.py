"""What happens to one machine from the start of the history to some weeks after its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from millwright.reference_entries import Product
from streaming.simulate.hours import errors, made
from streaming.simulate.machines import Machine
from streaming.simulate.shifts import Calendar
from streaming.simulate.states import DOWN, MAINTENANCE, RUNNING, Moment, by_index, normal_days, wear_out
from streaming.simulate.wear import Component, Floats, Ints, symptom


@dataclass(frozen=True)
class Timeline:
    """A machine's story, in minutes from the start: arrays by change of state, by hour, or by shift."""

    machine: Machine
    shifts: list[tuple[str, date]]
    changes: Ints  # minutes at which a state is entered
    states: Ints
    reasons: Ints
    load_by_hour: Floats  # up to the start of each hour, in hours of full load
    components: list[Component]
    moments: list[Moment]
    errors: list[tuple[int, str]]  # minute, code
    intensity: Floats  # by shift: share of full load while running
    product: Ints  # by shift: index into the products
    minutes_of_shift: Ints  # shift × (all, running, down as planned, down unplanned), up to the end of the history
    shift_of_hour: Ints  # -1 outside the shifts
    running_of_hour: Ints  # minutes
    units: Ints  # by hour
    good_units: Ints

    def at(self, minutes: Ints) -> Ints:
        """The last change of state before or at these minutes."""
        return np.searchsorted(self.changes, minutes, side="right") - 1

    def wear(self, minutes: Ints) -> dict[str, Floats]:
        """Wear by component at these minutes; 0 is new, 1 is worn out."""
        load = np.interp(np.asarray(minutes) / 60, np.arange(len(self.load_by_hour)), self.load_by_hour)
        return {component.name: component.wear(minutes, load) for component in self.components}


def timeline(machine: Machine, calendar: Calendar, products: list[Product], seed: int, history: int) -> Timeline:
    """Play a machine's story to the calendar's end; `history` is the history's length in minutes."""
    days = normal_days(machine, calendar, len(products), seed)
    components, moments = wear_out(machine, days, seed)
    hours = len(days.state) // 60
    running = days.state == RUNNING
    load = days.load()
    running_of_hour = running.reshape(hours, 60).sum(axis=1)
    shift_of_hour = days.shift[::60].astype(np.int64)
    middle = np.arange(hours) * 60 + 30
    signs = np.array([symptom(c.wear(middle, load[middle])) for c in components])
    ideal = by_index(np.array([p.ideal_cycle_time for p in products])[days.product], shift_of_hour)
    units, good_units = made(machine, running_of_hour, ideal, signs, seed)
    changes = np.flatnonzero(np.diff(days.state * 100 + days.reason, prepend=-1))
    down, planned = days.state == DOWN, days.reason == MAINTENANCE
    counted = [np.ones(len(running), dtype=bool), running, down & planned, down & ~planned]
    shift, inside = days.shift[:history], days.shift[:history] >= 0
    return Timeline(
        machine=machine,
        shifts=calendar.shifts,
        changes=changes,
        states=days.state[changes],
        reasons=days.reason[changes],
        load_by_hour=load[::60],
        components=components,
        moments=moments,
        errors=errors(machine, running, signs, seed),
        intensity=days.intensity,
        product=days.product,
        minutes_of_shift=np.stack(
            [np.bincount(shift[inside & c[:history]], minlength=len(calendar.shifts)) for c in counted], axis=1
        ),
        shift_of_hour=shift_of_hour,
        running_of_hour=running_of_hour,
        units=units,
        good_units=good_units,
    )
