"""Care is the same in a folder and in a bucket."""

from __future__ import annotations

from millwright.lake import list_bronze, list_repaired
from millwright.store import lake_store
from streaming.lake_care import care
from streaming.lake_care.listing import files, leftovers, records
from streaming.quarantined.retry import retry
from tests.streaming.lake_care.chain_writer import TOPIC, ChainWriter, content
from tests.streaming.quarantined.rejecting import LATE, Rejecting, Streams


def test_a_lake_is_cared_for_wherever_it_is(any_lake):
    store = lake_store()
    writer, zombie = Rejecting(store), ChainWriter(store, name=9)
    writer.publish(2, 2)
    zombie.resume()
    for day in range(1, 5):
        writer.publish(2, 2, day=day)
    before = content(store, list_bronze(TOPIC))
    assert care.compact([TOPIC], keep_minutes=0)[TOPIC].replaced == 4
    assert content(store, list_bronze(TOPIC)) == before
    assert [(each.parts, each.bytes > 500) for each in files(store, TOPIC)] == [(4, True), (1, True)]
    assert zombie.publish(3, 1) is None
    assert {kind: len(keys) for kind, keys in leftovers(store, [TOPIC]).items()} == {
        "replaced": 1,
        "compacted and unnamed": 0,
        "quarantine unnamed": 1,
        "being written": 0,
    }
    assert care.sweep([TOPIC], keep_minutes=0) == 2
    assert retry(TOPIC, streams=Streams((1, LATE))).passed.total() == 6
    assert [file.accepted for file in list_repaired(TOPIC)] == [6]
    assert [(each.repaired, each.accepted) for each in files(store, TOPIC)][-1] == (True, 6)
    [path] = [file.path for file in list_bronze(TOPIC)][:1]
    assert [row["_offset"] for row in records(store, path)] == [0, 1, 4, 5, 8, 9, 12, 13]
    [found] = care.verify([TOPIC])
    assert (found.damages, found.accepted, found.quarantined, found.repaired) == ([], 10, 10, 6)
    assert care.expire([TOPIC], older_than_days=1, even_unread=True)[TOPIC].files == 1
    [found] = care.verify([TOPIC])
    assert (found.damages, found.files, found.expired) == ([], 1, 16)
