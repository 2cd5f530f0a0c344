"""One panel: a title, what it asks of Prometheus, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Panel, Threshold, ThresholdsMode

SOURCE = DataSourceRef("prometheus", "millwright")  # the uid that provisioning gives it
HEIGHT = 8


@dataclass(frozen=True)
class Ask:
    """A query and the name of each series that it draws; `{{label}}` stands for a label's value.

    Where nothing happens a ratio or a quantile of rates is NaN: such a query keeps what can be compared (`>= 0`).
    """

    expr: str
    legend: str


@dataclass(frozen=True)
class Drawn:
    """A panel. `unit` is one of Grafana's; `limits` are the values from which it is yellow, and red.

    `bad` says on which side of a limit that is. A stat shows the newest value, lines show the time.
    """

    title: str
    asks: tuple[Ask, ...]
    unit: str = "short"
    kind: Literal["lines", "stat"] = "lines"
    width: int = 12  # of 24
    about: str = ""
    limits: tuple[float, ...] = ()
    bad: Literal["above", "below"] = "above"


def built(number: int, drawn: Drawn) -> Builder[Panel]:
    """The panel as the SDK's builder; `number` is its own on its dashboard."""
    made = _stat() if drawn.kind == "stat" else _lines()
    made = made.id(number).title(drawn.title).description(drawn.about).unit(drawn.unit).datasource(SOURCE)
    made = made.span(drawn.width).height(HEIGHT if drawn.kind == "lines" else HEIGHT // 2)
    for place, ask in enumerate(drawn.asks):
        query = prometheus.Dataquery().expr(ask.expr).legend_format(ask.legend).ref_id(chr(ord("A") + place))
        made = made.with_target(query.instant() if drawn.kind == "stat" else query.range())
    return made.thresholds(_thresholds(drawn))


def _thresholds(drawn: Drawn) -> dashboard.ThresholdsConfig:
    colours = ["green", "yellow", "red"] if len(drawn.limits) > 1 else ["green", "red"]
    if drawn.bad == "below":
        colours.reverse()
    values = [None, *drawn.limits]
    steps = [Threshold(value, colour) for value, colour in zip(values, colours, strict=False)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _stat() -> stat.Panel:
    made = stat.Panel().graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.BACKGROUND)
    newest = common.ReduceDataOptions().calcs(["lastNotNull"])
    return made.text_mode(BigValueTextMode.VALUE_AND_NAME).reduce_options(newest)


def _lines() -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    return timeseries.Panel().legend(legend.show_legend(True)).fill_opacity(10)
