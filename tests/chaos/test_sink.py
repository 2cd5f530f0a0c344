"""The short form of the proof, as a user runs it: real processes, a real broker, ten kills and what goes with them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

_LONG_SECONDS = 500  # it takes about 150; what hangs is interrupted, so that it cleans up and tells where it was


def test_ten_kills_a_stop_outages_and_a_full_disk_lose_double_and_alter_nothing(tmp_path: Path):
    log = tmp_path / "events.log"
    arguments = ["chaos", "sink", "--kills", "10", "--seed", "4", "--log", str(log), "--json"]
    with subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "millwright", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            out, said = running.communicate(timeout=_LONG_SECONDS)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)
            out, said = running.communicate(timeout=60)
            raise AssertionError(f"not ended after {_LONG_SECONDS} s: {said[-5000:]}") from None
    assert running.returncode == 0, said[-5000:] + (log.read_text() if log.exists() else "")
    counts = json.loads(out.splitlines()[-1])
    assert counts["kills"] == 10
    assert counts["sent"] == counts["landed"] + counts["quarantined"] > 1000
    assert counts["quarantined"] > 0
    assert (counts["lost"], counts["doubled"], counts["chain_ok"]) == (0, 0, True)
    done = log.read_text()
    for deed in ("is stopped", "the broker is back", "the registry is back", "the disk has room again", "compact has"):
        assert deed in done
