"""Run by Spark's own interpreter: Kafka to Parquet (zstd) by Structured Streaming, in batches, to the topic's end.

Takes its options as JSON and prints, on the last line, each batch's records and milliseconds.
"""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.functions import expr


def main(options):
    builder = SparkSession.builder.master("local[2]").appName("bench")
    for name, value in options["spark"].items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    messages = spark.readStream.format("kafka").options(**options["source"]).load()
    body = expr("substring(value, 6)")  # behind the wire format's header
    rows = messages.select(from_avro(body, options["schema"], {"mode": "PERMISSIVE"}).alias("row")).select("row.*")
    writer = rows.where(options["condition"]).writeStream.format("parquet").option("compression", "zstd")
    query = writer.trigger(availableNow=True).start(options["out"], checkpointLocation=options["checkpoints"])
    query.awaitTermination()
    batches = [(batch["numInputRows"], batch["durationMs"]["triggerExecution"]) for batch in query.recentProgress]
    print(json.dumps(batches))


main(json.loads(sys.argv[1]))
