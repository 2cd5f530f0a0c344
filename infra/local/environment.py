"""The environment of the stack's processes: the settings in force, whatever folder they run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from millwright.settings import Settings


def inherited() -> dict[str, str]:
    """What every part gets of the caller's environment; no part is started anew because this changed."""
    here = "127.0.0.1,localhost"
    commands = str(Path(sys.executable).parent)
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != commands]
    unproxied = [known for name in ("no_proxy", "NO_PROXY") if (known := os.environ.get(name))]
    return {
        **os.environ,
        "PATH": os.pathsep.join([commands, *folders]),
        # Parts talk to one another on this machine, whatever proxy leads out of it.
        "no_proxy": ",".join([*unproxied, here]),
        "NO_PROXY": ",".join([*unproxied, here]),
        # Without compiled modules Airflow's and MLflow's processes compile 16,000 files between them at every start.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def of_platform(config: Settings) -> dict[str, str]:
    """Every setting as MILLWRIGHT_<NAME>, paths made absolute; one numeric thread a process.

    Holds no secret of the embedded stack: those are read from the state folder.
    """
    values = {name: getattr(config, name) for name in type(config).model_fields}
    named = {
        f"MILLWRIGHT_{name.upper()}": str(value.absolute() if isinstance(value, Path) else value)
        for name, value in values.items()
    }
    # Two numpy threads on a busy machine cost ten times what one does.
    return {**named, "TZ": "UTC", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
