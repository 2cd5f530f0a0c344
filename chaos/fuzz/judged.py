"""The sink's judgement on a batch of messages, as lists."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.fuzz.mutate import Message
from chaos.fuzz.seeds import Stream
from streaming.sink.buffer import Buffer
from streaming.sink.judge import judge

TOLERANCE_SECONDS = 300.0


def judged(messages: Sequence[Message], stream: Stream, append_ms: int) -> tuple[dict[int, bytes], dict[int, str]]:
    """Accepted ones: index → body in the newest schema; rejected ones: index → reason."""
    buffer = Buffer.at(0)
    for index, (key, value) in enumerate(messages):
        buffer.add(index, append_ms, key, value)
    found = judge(buffer, stream.contract, stream.newest_id, stream.known, TOLERANCE_SECONDS)
    accepted = zip(found.accepted.offsets.to_pylist(), found.accepted.bodies.to_pylist(), strict=True)
    pairs = list(accepted)
    assert len(dict(pairs)) == len(pairs), "an offset was accepted twice"
    return dict(pairs), found.rejected
