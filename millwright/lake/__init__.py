"""The lake's layout, and bronze as one unbroken chain of files for each partition of a topic.

A file is named by the first offset of its range, and publishing it under that name, which can be done once only, is
the sink's only commit. `genesis.json` says where the chain begins and of which topic (a topic that was deleted and
made anew has another id). The newest manifest says which files compaction has replaced, and where retention lets the
chain begin: a name below that floor, or of a replaced file, stays taken though the file is gone.
"""

from millwright.lake.chain import (
    Genesis,
    Link,
    chain_end,
    create_gap,
    create_genesis,
    header_of,
    links,
    partitions,
    read_genesis,
    settle_end,
)
from millwright.lake.files import BronzeFile, Quarantined, list_bronze
from millwright.lake.layout import bronze_key, partition_folder, quarantine_key
from millwright.lake.manifest import Manifest, is_replaced, read_manifest
from millwright.lake.repaired import list_repaired

__all__ = [
    "BronzeFile",
    "Genesis",
    "Link",
    "Manifest",
    "Quarantined",
    "bronze_key",
    "chain_end",
    "create_gap",
    "create_genesis",
    "header_of",
    "is_replaced",
    "links",
    "list_bronze",
    "list_repaired",
    "partition_folder",
    "partitions",
    "quarantine_key",
    "read_genesis",
    "read_manifest",
    "settle_end",
]
