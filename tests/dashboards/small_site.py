"""A site of two dashboards and four questions with everything that Metabase is told: small, to be applied often."""

from __future__ import annotations

from pathlib import Path

_SITE = """\
root: {name: Millwright, description: All of them.}
collections:
  plant: {name: Plant, description: The plant., readers: [Operators, Engineers]}
  platform: {name: Platform, description: The platform., readers: [Engineers]}
cache: {multiplier: 10, least_seconds: 1}
"""
_PLANTS = """\
name: Plants
description: Which plants there are, and how many.
collection: plant
position: 1
shared: true
filters:
  plant: {kind: choice, label: Plant, values: dim_plant.plant_id}
  period: {kind: period, label: Period}
tabs:
  - name: All
    cards:
      - {text: Click a plant., at: [0, 4], size: [6, 2]}
      - {question: count, at: [0, 0], size: [6, 4]}
      - {question: each, at: [6, 0], size: [12, 6], click: {tab: Channels, pass: {plant: plant_id}}}
  - name: Channels
    cards:
      - {question: days, at: [0, 0], size: [12, 6], click: {board: channels, pass: {channel: year}}}
questions:
  count:
    name: Plants
    description: How many plants there are. From dim_plant.
    display: scalar
    value: plants
    columns: {plants: {label: Plants, format: number}}
    sql: select count(*) as plants from marts.dim_plant
  each:
    name: Each plant
    description: Every plant with its time zone. From dim_plant.
    display: table
    filters: {plant: dim_plant.plant_id}
    columns: {plant_id: {label: Plant}, timezone: {label: Time zone}}
    highlight: [{column: timezone, when: "=", value: UTC, colour: good}]
    sql: |
      select plant_id, timezone
      from marts.dim_plant
      where true [[and {{plant}}]]
  days:
    name: Days by year
    description: How many days each year of the calendar has. From dim_date.
    display: bar
    x: year
    y: [days]
    goal: {value: 365, label: A year}
    filters: {period: dim_date.date}
    columns: {year: {label: Year, format: number}, days: {label: Days, format: number}}
    sql: |
      select year, count(*) as days
      from marts.dim_date
      where true [[and {{period}}]]
      group by year
      order by year
subscriptions:
  - {question: each, cron: "0 0 6 * * ?"}
"""
_CHANNELS = """\
name: Channels
description: What the machines' sensors measure.
collection: platform
position: 2
filters:
  channel: {kind: choice, label: Channel, values: dim_channel.channel}
tabs:
  - name: All
    cards:
      - {question: each, at: [0, 0], size: [12, 6], click: {board: plants, tab: All, pass: {plant: channel}}}
questions:
  each:
    name: Each channel
    description: Every channel of the contract. From dim_channel.
    display: table
    filters: {channel: dim_channel.channel}
    columns: {channel: {label: Channel}}
    sql: |
      select channel
      from marts.dim_channel
      where true [[and {{channel}}]]
"""
TABLES = {
    "dim_plant": ["plant_id", "plant_name", "timezone", "calendar"],
    "dim_date": [
        "date",
        "year",
        "quarter",
        "month",
        "month_name",
        "iso_year",
        "iso_week",
        "weekday",
        "weekday_name",
        "is_weekend",
    ],
    "dim_channel": ["channel"],
}


def small_site(folder: Path) -> Path:
    (folder / "boards").mkdir(parents=True)
    (folder / "site.yml").write_text(_SITE)
    (folder / "boards" / "plants.yml").write_text(_PLANTS)
    (folder / "boards" / "channels.yml").write_text(_CHANNELS)
    return folder
