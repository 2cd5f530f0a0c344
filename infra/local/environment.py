"""The environment of the platform's own processes: the settings in force, whatever folder they run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from millwright.settings import Settings


def of_platform(config: Settings) -> dict[str, str]:
    """Every setting as MILLWRIGHT_<NAME>, paths made absolute; our commands on the PATH; one numeric thread a process.

    Holds no secret of the embedded stack: those are read from the state folder.
    """
    values = {name: getattr(config, name) for name in type(config).model_fields}
    named = {
        f"MILLWRIGHT_{name.upper()}": str(value.absolute() if isinstance(value, Path) else value)
        for name, value in values.items()
    }
    commands = str(Path(sys.executable).parent)
    inherited = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != commands]
    return {
        **named,
        "PATH": os.pathsep.join([commands, *inherited]),
        "TZ": "UTC",
        # Two numpy threads on a busy machine cost ten times what one does.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
