"""Run by quixstreams' own interpreter: Kafka to Parquet (zstd) by its file sink, until so many records are through.

Takes its options as JSON and prints, on the last line, the seconds from the first record in the sink to its last file.
"""

import json
import sys
import time

from quixstreams import Application
from quixstreams.models.serializers.avro import AvroDeserializer
from quixstreams.models.serializers.schema_registry import SchemaRegistryClientConfig
from quixstreams.sinks.community.file.formats import ParquetFormat
from quixstreams.sinks.community.file.local import LocalFileSink


class TimedSink(LocalFileSink):
    """The file sink, that notes when it began and when it last wrote."""

    began = wrote = 0.0

    def add(self, *args, **named):
        self.began = time.perf_counter()
        self.add = super().add  # the note is taken once and costs nothing after
        self.add(*args, **named)

    def flush(self):
        super().flush()
        self.wrote = time.perf_counter()


def main(options):
    app = Application(
        broker_address=options["kafka"],
        consumer_group="bench-quixstreams",
        auto_offset_reset="earliest",
        commit_interval=10.0,  # as old as our sink lets a file grow
        loglevel="WARNING",
    )
    registry = SchemaRegistryClientConfig(url=options["registry"])
    topic = app.topic(options["topic"], value_deserializer=AvroDeserializer(schema_registry_client_config=registry))
    # All ranges in one function: a call for each would cost more.
    condition = eval(f"lambda row: {options['condition']}")
    sink = TimedSink(directory="out", format=ParquetFormat(compression="zstd"))
    app.dataframe(topic).filter(condition).sink(sink)
    app.run(count=options["records"], collect=False, timeout=60)
    print(json.dumps(sink.wrote - sink.began))


main(json.loads(sys.argv[1]))
