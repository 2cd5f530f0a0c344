from __future__ import annotations

from tests.airflow_home import set_airflow_home

set_airflow_home()
