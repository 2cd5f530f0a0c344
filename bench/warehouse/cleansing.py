"""`python -m bench.warehouse.cleansing`: the jobs of one engine; prints their seconds, from a session that is ready."""

from __future__ import annotations

import json
import time

from bench.warehouse.plant import STREAM
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new


def main() -> None:
    """Cleanse what is in bronze of the readings with the engine that the settings name, then compute all from them."""
    with Engine() as engine:
        engine.session.range(1_000).selectExpr("sum(id)").collect()  # started, with its first plan behind it
        begun = time.perf_counter()
        cleanse_new(STREAM, engine)
        cleansed = time.perf_counter()
        compute_new(engine)
        print(json.dumps([cleansed - begun, time.perf_counter() - cleansed]))


if __name__ == "__main__":
    main()
