"""The colour of each meaning, on light and on dark; Okabe and Ito's, which most colour weaknesses can tell apart."""

from __future__ import annotations

from dashboards.spec.question import Meaning

LIGHT: dict[Meaning, str] = {
    "good": "#009e73",
    "warning": "#e69f00",
    "bad": "#d55e00",
    "neutral": "#8a8f98",
    "planned": "#56b4e9",
    "first": "#0072b2",
    "second": "#cc79a7",
    "third": "#009e73",
    "fourth": "#e69f00",
    "limit": "#a3405c",
}
DARK: dict[Meaning, str] = LIGHT | {"first": "#56b4e9", "planned": "#3f7fa6", "neutral": "#9aa1ab", "limit": "#e08fa5"}
