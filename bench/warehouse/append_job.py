"""Run in a process of its own: Parquet files to a table by Spark's JDBC writer.

Takes its job as JSON on stdin and prints, on the last line, the seconds that each lot took.
"""

import json
import sys
import time

from pyspark.sql import SparkSession


def main(job):
    builder = SparkSession.builder.master("local[2]").appName("bench").config("spark.api.mode", "classic")
    settings = {
        "spark.jars": job["jars"],
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()

    def append(paths, table, limit=None):
        rows = spark.read.parquet(*paths).select(*job["columns"])
        rows = rows.limit(limit) if limit else rows.repartition(2)  # both cores, whatever the files
        rows.write.format("jdbc").options(**job["jdbc"], dbtable=f"public.{table}").mode("append").save()

    append(job["lots"][0][0], "warm_up", 50_000)
    seconds = []
    for paths, table in job["lots"]:
        begun = time.perf_counter()
        append(paths, table)
        seconds.append(time.perf_counter() - begun)
    print(json.dumps(seconds))


main(json.loads(sys.stdin.read()))
