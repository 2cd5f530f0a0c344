import os
import subprocess
import sys
from pathlib import Path

from infra.local.temporary import stack_of_its_own


def test_what_a_killed_run_left_behind_is_ended_by_the_next() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = Path(f"/tmp/millwright-leftover-{gone.pid}-abc")
    left.mkdir()
    with subprocess.Popen(["sleep", "60"], env={**os.environ, "MILLWRIGHT_STATE_DIR": str(left)}) as user:
        with stack_of_its_own("leftover"):
            pass
        user.wait(10)  # of its 60 s; by which signal is not ours to ask, for `wait_procs` may have reaped it first
    assert not left.exists()
