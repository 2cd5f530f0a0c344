"""The sink's judgement on a batch of messages, as lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaos.fuzz.mutate import Message
from chaos.fuzz.seeds import Stream
from streaming.sink.intake import Run
from streaming.sink.judge import headed, judge

TOLERANCE_SECONDS = 300.0


def judged(messages: Sequence[Message], stream: Stream, append_ms: int) -> tuple[dict[int, bytes], dict[int, str]]:
    """Accepted ones: index → body in the newest schema; rejected ones: index → reason."""
    places = np.arange(len(messages))
    keys, values = [key for key, _ in messages], [value for _, value in messages]
    run = Run.of(places, np.full(len(messages), append_ms), keys, values)
    found = judge(run, headed(run), stream.contract, stream.newest_id, stream.known, TOLERANCE_SECONDS)
    accepted = zip(found.accepted.offsets.to_pylist(), found.accepted.bodies.to_pylist(), strict=True)
    pairs = list(accepted)
    assert len(dict(pairs)) == len(pairs), "an offset was accepted twice"
    return dict(pairs), found.rejected
