import json

import pytest

from infra.local import credentials
from millwright.errors import MillwrightError
from millwright.settings import Settings


@pytest.fixture
def config(tmp_path) -> Settings:
    return Settings(state_dir=tmp_path / "state")


def test_passwords_are_made_once_and_only_their_owner_may_read_them(config):
    first = credentials.ensure(config)
    assert config.credentials_file.stat().st_mode & 0o777 == 0o600
    assert credentials.ensure(config) == first
    assert config.secret("postgres_password") == first["postgres_password"]
    assert len(set(first.values())) == len(first)


def test_a_file_that_others_may_read_is_closed_again(config):
    credentials.ensure(config)
    config.credentials_file.chmod(0o644)
    credentials.ensure(config)
    assert config.credentials_file.stat().st_mode & 0o777 == 0o600


def test_a_missing_password_is_added_and_the_others_stay(config):
    first = credentials.ensure(config)
    config.credentials_file.write_text(json.dumps({"postgres_password": first["postgres_password"]}))
    second = credentials.ensure(config)
    assert second["postgres_password"] == first["postgres_password"]
    assert second.keys() == first.keys()


def test_a_damaged_file_is_named(config):
    config.state_dir.mkdir()
    config.credentials_file.write_text("{")
    with pytest.raises(MillwrightError, match=r"credentials\.json is damaged"):
        credentials.ensure(config)
