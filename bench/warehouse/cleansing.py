"""`python -m bench.warehouse.cleansing`: the job of one engine; prints its seconds, from a session that is ready."""

from __future__ import annotations

import json
import time

from bench.warehouse.plant import STREAM
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine


def main() -> None:
    """Cleanse what is in bronze of the readings with the engine that the settings name."""
    with Engine() as engine:
        engine.session.range(1_000).selectExpr("sum(id)").collect()  # started, with its first plan behind it
        begun = time.perf_counter()
        cleanse_new(STREAM, engine)
        print(json.dumps(time.perf_counter() - begun))


if __name__ == "__main__":
    main()
