"""Tables that are computed from streams, described as the streams are: their columns follow from the contracts.

| table | one row per | where |
|---|---|---|
| `sensor_hours` | machine and hour: statistics of each channel, from which any span is merged | lake |
| `equipment_conditions` | machine and moment of an event, and beginning of a day with any | lake |
| `sensor_features_hourly` | machine and hour with a reading | lake, `raw` |
| `sensor_summary_daily` | machine, day (UTC) and channel with a reading | lake, `raw` |
| `sensor_summary_weekly` | machine, week from Monday (UTC) and channel with a reading | lake, `raw` |
"""

from __future__ import annotations

from collections.abc import Iterator

from millwright.contracts import Contract, Field, contract, contracts
from millwright.errors import MillwrightError

SENSORS, EVENTS, ASSETS = "equipment-sensors", "equipment-status", "equipment-assets"
WINDOWS_HOURS = (3, 24)  # up to the hour's end
LAGS_HOURS = (1, 3, 24)
SEASONS = ("winter", "spring", "summer", "autumn")
# What sensor_hours holds of each channel, as <channel>_<name>. Times are hours since the hour's beginning.
STATISTICS = {
    "count": "Readings",
    "mean": "Mean",
    "m2": "Sum of squared deviations from the mean",
    "m3": "Sum of cubed deviations from the mean",
    "min": "Least reading",
    "max": "Greatest reading",
    "time_mean": "Mean time of the readings",
    "time_m2": "Sum of squared deviations from the mean time",
    "time_co": "Sum of products of the deviations of time and reading",
    "outliers": "Readings marked as outliers",
}
COUNTS = {"count", "outliers"}


def sensor_hours() -> Contract:
    """The sufficient statistics by machine and hour."""
    fields = [
        _key("hour", "Beginning of the hour."),
        _field("reading_count", "long", "Records, with any channel or none", "1"),
        *(
            _field(f"{c.name}_{name}", "long" if name in COUNTS else "double", f"{doc}: {c.name}")
            for c in contract(SENSORS).channels
            for name, doc in STATISTICS.items()
        ),
    ]
    return _table("sensor_hours", "Sufficient statistics of a machine's readings in an hour.", "hour", fields)


def equipment_conditions() -> Contract:
    """What a machine's events have told up to a moment."""
    fields = [
        _key("since", "From this moment to the machine's next row."),
        _field("state", "string", "Last lasting state: running, idle, setup or down"),
        _field("commissioned_at", "timestamp-micros", "First taken into use"),
        _field("failure_count", "long", "Failures so far", "1"),
        _field("error_count", "long", "Errors so far", "1"),
        _field("maintained", "string", "JSON: component → [time maintained, µs; time run since, µs or null]"),
    ]
    return _table("equipment_conditions", "A machine's condition after its events.", "since", fields)


def sensor_features_hourly() -> Contract:
    """What models read."""
    fields = [
        _key("hour", "Beginning of the hour (UTC). Features know what happened before its end, nothing later."),
        _field("reading_count", "long", "Readings in the hour", "1"),
        *_channel_features(),
        _field("hour_of_day", "int", "0 to 23, UTC"),
        _field("day_of_week", "int", "1 (Monday) to 7, UTC"),
        _field("season", "string", "Meteorological, northern hemisphere", allowed=SEASONS),
        _field("state", "string", "State at the hour's end"),
        _field("machine_age_days", "double", "Age since it was commissioned", "d"),
        _field("failure_count", "long", "Failures in all its history", "1"),
        _field("error_count", "long", "Errors in all its history", "1"),
        _field("hours_since_maintenance", "double", "Clock hours since its last maintenance", "h"),
        _field("operating_hours_since_maintenance", "double", "Hours running since its last maintenance", "h"),
        _field("hours_since_maintenance_by_component", "string", "JSON object: component → clock hours since", "h"),
        _field("operating_hours_since_maintenance_by_component", "string", "JSON: component → hours running", "h"),
    ]
    doc = "What was known of a machine at an hour's end. One row per machine and hour with a reading."
    return _table("sensor_features_hourly", doc, "hour", fields)


def sensor_summary(span: str) -> Contract:
    """Each channel by "day" or "week"."""
    table = {"day": "sensor_summary_daily", "week": "sensor_summary_weekly"}[span]
    fields = [
        _key(span, f"Beginning of the {span} (UTC{', Monday' if span == 'week' else ''})."),
        Field("channel", "string", False, "Channel of the sensors; it says the unit."),
        _field("reading_count", "long", "Readings", "1"),
        *(
            _field(name, "double", doc, "the channel's unit")
            for name, doc in (("mean", "Mean"), ("std", "Sample deviation"), ("min", "Least"), ("max", "Greatest"))
        ),
        _field("skewness", "double", "Skewness of the readings"),
        _field("outlier_count", "long", "Readings marked as outliers", "1"),
    ]
    doc = f"A channel's readings in a {span}. One row per machine, {span} and channel with a reading."
    return _table(table, doc, span, fields, ("channel",))


def raw_tables() -> dict[str, Contract]:
    """What is loaded to schema `raw`: the streams by name, and computed tables by theirs."""
    return {**contracts(), **computed_tables()}


def raw_table(name: str) -> Contract:
    """One of them. Raises MillwrightError naming those there are."""
    try:
        return raw_tables()[name]
    except KeyError:
        raise MillwrightError(f"There is no stream or table {name!r}; there are {', '.join(raw_tables())}.") from None


def computed_tables() -> dict[str, Contract]:
    """Computed tables of schema `raw` by name; none in a plant that has no sensors."""
    if SENSORS not in contracts():
        return {}
    found = (sensor_features_hourly(), sensor_summary("day"), sensor_summary("week"))
    return {spec.table: spec for spec in found}


def _channel_features() -> Iterator[Field]:
    names = ("mean", "std", "min", "max", "slope", "skewness")
    docs = ("Mean", "Sample deviation", "Least", "Greatest", "Slope of the regression on time", "Skewness")
    for c in contract(SENSORS).channels:
        units = {"slope": f"{c.unit}/h", "skewness": ""}
        for hours in WINDOWS_HOURS:
            for name, doc in zip(names, docs, strict=True):
                text = f"{doc} of {c.name} in the {hours} hours up to the hour's end"
                yield _field(f"{c.name}_{name}_{hours}h", "double", text, units.get(name, c.unit))
        for hours in LAGS_HOURS:
            text = f"Mean of {c.name} in the hour that began {hours} h earlier"
            yield _field(f"{c.name}_lag_{hours}h", "double", text, c.unit)


def _key(name: str, doc: str) -> Field:
    return Field(name, "timestamp-micros", False, doc)


def _field(name: str, avro_type: str, doc: str, unit: str = "", allowed: tuple[str, ...] | None = None) -> Field:
    return Field(name, avro_type, True, doc, unit, allowed=allowed)


def _table(name: str, doc: str, event_time: str, fields: list[Field], also: tuple[str, ...] = ()) -> Contract:
    machine = Field("equipment_id", "string", False, "The machine.")
    unique = ("equipment_id", event_time, *also)
    return Contract(
        name, name, name, doc, "equipment_id", event_time, unique, (machine, *fields), avro={}, computed=True
    )
