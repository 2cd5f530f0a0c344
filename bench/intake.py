"""How far the sink's workers have read, as they tell whoever looks at their metrics."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import httpx

_PAGE = re.compile(r"metrics at (http://\S+/metrics)")
_BUFFERED = re.compile(r'^millwright_sink_buffered_records\{.*?partition="(\d+)".*?\} (\S+)$', re.MULTILINE)


def pages(log: str) -> list[str]:
    """The addresses of the workers' metrics, as their log tells them."""
    return _PAGE.findall(log)


def buffered(addresses: Iterable[str]) -> Counter[int]:
    """Partition → records read and not yet published. A worker that does not answer has read nothing."""
    found: Counter[int] = Counter()
    for address in addresses:
        try:
            page = httpx.get(address, timeout=5.0, trust_env=False).text
        except httpx.HTTPError:
            continue
        for partition, records in _BUFFERED.findall(page):
            found[int(partition)] += int(float(records))
    return found


def look_again_in(unread: int, read: int, seconds: float) -> float:
    """Seconds after which to look again when so many were read in so long: closer and closer towards the end."""
    if not read:
        return 0.2
    return min(0.5, max(0.02, 0.5 * unread * seconds / read))
