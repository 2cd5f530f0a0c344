"""Nothing lost, nothing doubled: faults on the way change no row of the warehouse."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e import plant

FAULTS = ("--duplicates=0.05", "--corrupt=0.02", "--late=0.05", "--out-of-order=0.05", "--future=0.01")


def test_the_warehouse_is_the_same_with_faults_and_without(stack, tmp_path: Path):
    with plant.of_its_own(stack, tmp_path):
        sent = plant.simulate(tmp_path)["sent"]
        plant.to_marts()
        clean = plant.tables("raw", "marts")
        assert plant.rows("raw.sensor_readings") == sent["equipment-sensors"] > 0

    with plant.of_its_own(stack, tmp_path):
        faulty = plant.simulate(tmp_path, *FAULTS)["sent"]
        plant.to_marts()
        assert plant.tables("raw", "marts") == clean

        assert sum(faulty.values()) > 1.05 * sum(sent.values())
        landed = json.loads(plant.millwright("sink", "outcomes", "--json"))
        for stream, count in faulty.items():
            found = landed[stream]
            assert count == found["consumed"] == found["accepted"] + sum(found["quarantined"].values()), stream
