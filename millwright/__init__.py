"""The kernel: settings, contracts, lake layout, warehouse access and the command line.

`millwright.publish(stream, rows)` and `millwright.Publisher` send to a stream's topic; they are loaded when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from millwright.publisher import Publisher, publish

__all__ = ["Publisher", "publish"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from millwright import publisher

    return getattr(publisher, name)
