"""The marts of data quality: any sequence of runs gives what one full refresh gives."""

from __future__ import annotations

import random

import pytest

from tests.dbt_transformations.conftest import Dbt, dbt
from tests.quality.landed import Landed, reading, reject
from tests.quality.test_measure import rows, run

__all__ = ["Dbt", "dbt"]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_sequence_of_runs_gives_what_one_full_refresh_gives(landed: Landed, dbt: Dbt, seed: int):
    draw, at = random.Random(seed), 0.0
    mart = "select (to_jsonb(t))::text from marts.mart_data_quality t order by 1"
    for _ in range(5):
        records = []
        for _ in range(draw.randint(20, 400)):
            at += draw.choice([0.1, 0.2, 0.5, 2]) * draw.random()
            late = draw.choice([0, 0, 20, 5000])
            good = reading(draw.choice("ab"), at, late, voltage=draw.choice([None, 1.0]))
            records.append(reject("empty", at) if draw.random() < 0.1 else good)
        landed.publish(records)
        run()
        dbt("run", "--select", "+mart_data_quality")
    incremental = rows(mart)
    dbt("run", "--select", "+mart_data_quality", "--full-refresh")
    assert incremental == rows(mart)
    said = "count(*) > 30, bool_or(is_breached), bool_or(usual is not null)"
    assert rows(f"select {said} from marts.mart_data_quality") == [(True, True, True)]
