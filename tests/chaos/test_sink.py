"""The short form of the proof, as a user runs it: real processes, a real broker, ten kills and what goes with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_ten_kills_a_stop_outages_and_a_full_disk_lose_double_and_alter_nothing(tmp_path: Path):
    log = tmp_path / "events.log"
    arguments = ["chaos", "sink", "--kills", "10", "--seed", "4", "--log", str(log), "--json"]
    ended = subprocess.run([sys.executable, "-m", "millwright", *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-5000:] + (log.read_text() if log.exists() else "")
    counts = json.loads(ended.stdout.splitlines()[-1])
    assert counts["kills"] == 10
    assert counts["sent"] == counts["landed"] + counts["quarantined"] > 1000
    assert counts["quarantined"] > 0
    assert (counts["lost"], counts["doubled"], counts["chain_ok"]) == (0, 0, True)
    done = log.read_text()
    for deed in ("is stopped", "the broker is back", "the registry is back", "the disk has room again", "compact has"):
        assert deed in done
