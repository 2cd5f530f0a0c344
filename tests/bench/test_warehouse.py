"""The warehouse's benchmark as a user gives it, on next to nothing."""

import json
import subprocess
import sys
from typing import Any

import pytest

from bench.environments import full_jdk
from bench.warehouse.cli import summary
from bench.warehouse.history import Cost
from millwright.errors import MillwrightError

NAMES = {
    *("copy_rows_per_second", "copy_ratio_to_spark_jdbc", "load_rows_per_second", "load_ratio_to_spark_jdbc"),
    *("sail_ratio_to_spark", "dbt_cost_ratio_10x", "spark_job_cost_ratio_10x"),
}


def last_line(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "millwright", "bench", "warehouse", *words, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def has_jdk() -> bool:
    try:
        full_jdk()
    except MillwrightError:
        return False
    return True


@pytest.mark.timeout(1200)
def test_loads_engines_and_an_hours_cost_are_measured() -> None:
    found = last_line("--minutes", "2", "--sizes", "12000,24000", "--hours", "1")
    assert set(found) == NAMES
    assert found["copy_rows_per_second"] > 100
    assert found["load_rows_per_second"] > 100
    assert found["dbt_cost_ratio_10x"] > 0
    assert found["spark_job_cost_ratio_10x"] > 0
    if has_jdk():
        assert found["copy_ratio_to_spark_jdbc"] > 0
        assert found["load_ratio_to_spark_jdbc"] > 0
        assert found["sail_ratio_to_spark"] > 0


def test_cost_ratios_are_the_second_size_over_the_first() -> None:
    costs = [Cost(10, 2.0, 4.0, 1.0, "q", {}), Cost(100, 3.0, 2.0, 1.0, "q", {})]
    found = summary(history=costs)
    assert (found["dbt_cost_ratio_10x"], found["spark_job_cost_ratio_10x"]) == pytest.approx((1.5, 0.5))
