"""The parts of the embedded stack, in the order in which people look for them."""

from __future__ import annotations

from infra.local.airflow import AIRFLOW
from infra.local.exporter import EXPORTER
from infra.local.kafka import KAFKA
from infra.local.mlflow import MLFLOW
from infra.local.postgres import POSTGRES
from infra.local.preview import PREVIEW
from infra.local.registry import REGISTRY
from infra.local.services import SERVICES

PARTS = [POSTGRES, KAFKA, REGISTRY, MLFLOW, *AIRFLOW, *SERVICES, PREVIEW, EXPORTER]
