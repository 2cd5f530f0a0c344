"""Runs what depends on one another: each as soon as its needs are met, those that can at the same time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait


def closure(needs: Mapping[str, Collection[str]], wanted: Collection[str]) -> set[str]:
    """The wanted names and all that they need, directly or not."""
    found: set[str] = set()
    left = list(wanted)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(needs[name])
    return found


def run(needs: Mapping[str, Collection[str]], act: Callable[[str], None]) -> None:
    """Call `act` for every name, after its needs within `needs`.

    The first error is raised once what was under way has ended; nothing more is begun after it.
    """
    waiting = {name: {need for need in of if need in needs} for name, of in needs.items()}
    under_way: dict[Future[None], str] = {}
    failed: BaseException | None = None
    pool = ThreadPoolExecutor(max_workers=max(1, len(needs)))
    try:
        while under_way or (waiting and failed is None):
            for name in [name for name, left in waiting.items() if not left and failed is None]:
                del waiting[name]
                under_way[pool.submit(act, name)] = name
            if not under_way:
                raise ValueError(f"these need one another: {sorted(waiting)}")
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                ended = under_way.pop(future)
                failed = failed or future.exception()
                for left in waiting.values():
                    left.discard(ended)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C is not made to wait for what is under way
    if failed is not None:
        raise failed
