"""A home for Airflow in a test's process, which reads its settings when it is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile


def set_airflow_home() -> None:
    """A folder that is gone at the end, unless there is one already."""
    if "AIRFLOW_HOME" not in os.environ:
        os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="millwright-airflow-")
        atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
    os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
