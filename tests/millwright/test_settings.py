"""Settings: embedded by default, somebody else's by an address, and a sentence for a value that cannot be used."""

from __future__ import annotations

import json

import pytest

from millwright.errors import MillwrightError
from millwright.settings import Settings, settings


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "DB_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    for field in Settings.model_fields:
        monkeypatch.delenv(f"MILLWRIGHT_{field.upper()}", raising=False)
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_an_empty_address_is_the_embedded_part(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_KAFKA_PORT", "19092")
    assert settings().kafka == "127.0.0.1:19092"


@pytest.mark.parametrize("name", ["MILLWRIGHT_KAFKA_BOOTSTRAP", "KAFKA_BOOTSTRAP_SERVERS"])
def test_an_address_replaces_it_by_our_name_or_by_the_one_users_know(monkeypatch, name):
    monkeypatch.setenv(name, "kafka.example:9092")
    assert settings().kafka == "kafka.example:9092"


def test_the_embedded_warehouse_uses_the_generated_password(tmp_path):
    (tmp_path / "credentials.json").write_text(json.dumps({"postgres_password": "p/w"}))
    assert settings().database == "postgresql://millwright:p%2Fw@127.0.0.1:5433/millwright"


def test_before_the_first_up_the_next_step_is_named():
    with pytest.raises(MillwrightError, match="millwright up"):
        _ = settings().database


def test_a_value_that_cannot_be_used_names_variable_and_expectation(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_KAFKA_PORT", "ninety")
    with pytest.raises(MillwrightError, match=r"MILLWRIGHT_KAFKA_PORT='ninety' cannot be used: .*integer"):
        settings()


def test_a_mapping_is_json(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_WAREHOUSE_RETENTION_MONTHS", '{"sensor_readings": 24}')
    assert settings().warehouse_retention_months == {"sensor_readings": 24}
    for wrong in ("24 months", '{"sensor_readings": 0}'):
        monkeypatch.setenv("MILLWRIGHT_WAREHOUSE_RETENTION_MONTHS", wrong)
        settings.cache_clear()
        with pytest.raises(MillwrightError, match=r"(?i)warehouse_retention_months"):
            settings()
