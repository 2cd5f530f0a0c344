"""A consumer's partitions by way of librdkafka's own queues, as columns and not as a Python object for each message.

confluent-kafka's `consume` makes an object of each message under the interpreter's lock, which takes 0.4 µs, and what
has to be got out of each object 0.25 more: as much as all else that the sink does. So the partitions are routed to a
queue of ours, as librdkafka provides for, and read there through its C API. Everything else (rebalances, errors of
the group) comes by the consumer as ever.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from confluent_kafka import Consumer, KafkaError

from streaming.sink.gather import gathered, rdkafka
from streaming.sink.intake import Intake, Ints, Run, Told, bounds, require_the_brokers_clock
from streaming.sink.position import Partition

log = logging.getLogger(__name__)

_pointer, _text = ctypes.c_void_p, ctypes.c_char_p
for _name, _result, _arguments in (
    ("opaque", _pointer, [_pointer]),
    ("queue_new", _pointer, [_pointer]),
    ("queue_get_partition", _pointer, [_pointer, _text, ctypes.c_int32]),
    ("queue_forward", None, [_pointer, _pointer]),
    ("queue_destroy", None, [_pointer]),
    ("consume_batch_queue", ctypes.c_ssize_t, [_pointer, ctypes.c_int, _pointer, ctypes.c_size_t]),
    ("topic_name", _text, [_pointer]),
):
    _function = getattr(rdkafka, f"rd_kafka_{_name}")
    _function.restype, _function.argtypes = _result, _arguments


class ClientQueue:
    """A queue that gets the messages of those partitions of a consumer that are routed to it.

    To be used in the consumer's own thread, and closed before the consumer is.
    """

    def __init__(self, client: int, most: int) -> None:
        self._client = client
        self._queue = rdkafka.rd_kafka_queue_new(client)
        self._of_partitions: dict[Partition, int] = {}
        self._messages = np.empty(most, np.uintp)

    @classmethod
    def of(cls, consumer: object, most: int) -> ClientQueue | None:
        """A queue of a consumer, from which `most` messages are read in one go.

        None where the consumer is not one of confluent-kafka's as we know it: its handle of librdkafka stands first in
        the object, and knows the object in turn.
        """
        if not isinstance(consumer, Consumer):
            return None
        client = ctypes.c_void_p.from_address(id(consumer) + object.__basicsize__).value
        if not client or rdkafka.rd_kafka_opaque(client) != id(consumer):
            log.warning("confluent-kafka is another than this was written for: messages are read one by one")
            return None
        return cls(client, most)

    def route(self, partitions: Iterable[Partition]) -> None:
        """Have these partitions' messages come here; to be called before they are assigned for the first time."""
        for partition in partitions:
            if partition not in self._of_partitions:
                topic, number = partition
                found = rdkafka.rd_kafka_queue_get_partition(self._client, topic.encode(), number)
                self._of_partitions[partition] = found
                rdkafka.rd_kafka_queue_forward(found, self._queue)

    def read(self, timeout: float) -> Intake:
        """What there is, after `timeout` seconds at most. Raises MillwrightError where a producer's clock was used."""
        # The end of an assignment undoes the routing, at a moment that cannot be known; nothing is lost meanwhile, for
        # what a partition's own queue holds is passed on, in order, when it is routed again.
        for of_partition in self._of_partitions.values():
            rdkafka.rd_kafka_queue_forward(of_partition, self._queue)
        most, address = len(self._messages), self._messages.ctypes.data
        count = rdkafka.rd_kafka_consume_batch_queue(self._queue, round(timeout * 1000), address, most)
        if count <= 0:
            return Intake()
        numbers, *rest = gathered(self._messages[:count])
        errors, topics, partitions, offsets, times, clocks = numbers
        values, keys = _Cells(*rest[:3]), _Cells(*rest[3:])
        names = {handle: rdkafka.rd_kafka_topic_name(handle).decode() for handle in np.unique(topics).tolist()}
        intake = Intake()
        for a, b in bounds(topics, np.where(errors, -1 - np.arange(count), partitions)):
            partition = names[int(topics[a])], int(partitions[a])
            if errors[a]:
                intake.told.append(Told(KafkaError(int(errors[a])), partition, int(offsets[a])))
                continue
            require_the_brokers_clock(set(np.unique(clocks[a:b]).tolist()), partition[0])
            intake.runs.append((partition, Run(offsets[a:b].copy(), times[a:b].copy(), keys[a:b], values[a:b])))
        return intake

    def close(self) -> None:
        """What has not been read is dropped."""
        for of_partition in self._of_partitions.values():
            rdkafka.rd_kafka_queue_destroy(of_partition)
        self._of_partitions.clear()
        rdkafka.rd_kafka_queue_destroy(self._queue)


class _Cells:
    """Bytes side by side. A part of them is copied: one slow partition's must not keep all that came with them."""

    def __init__(self, ends: Ints, content: np.ndarray, there: np.ndarray) -> None:
        self._bounds, self._content, self._there = ends, content, there

    def __getitem__(self, part: slice) -> pa.BinaryArray:
        a, b = part.start, part.stop
        first, last = int(self._bounds[a]), int(self._bounds[b])
        content = pa.py_buffer(self._content if b - a == len(self._there) else self._content[first:last].copy())
        there, missing = self._there[a:b], None
        if not there.all():
            missing = pa.py_buffer(np.packbits(there, bitorder="little"))
        return pa.Array.from_buffers(
            pa.binary(), b - a, [missing, pa.py_buffer(self._bounds[a : b + 1] - first), content]
        )
