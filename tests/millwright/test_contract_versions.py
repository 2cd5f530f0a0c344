"""Contracts of the past: at a git revision, in a folder, as registered; and the command that compares with them."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from millwright.cli import cli
from millwright.contract_versions import contracts_at, default_reference, registered_versions
from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from tests.contract_change import changed_contract


@pytest.fixture
def repository(tmp_path):
    """A git repository whose only commit holds the contracts, in a folder of their own."""
    directory = tmp_path / "repository" / "contracts"
    shutil.copytree(settings().contracts_dir, directory)
    for command in ("init -q -b trunk", "add .", "-c user.name=t -c user.email=t@t commit -q -m first"):
        subprocess.run(["git", "-C", directory.parent, *command.split()], check=True)
    return directory


def set_unit(avro):
    avro["fields"][2]["unit"] = "K"


def test_contracts_are_read_at_a_revision_and_not_as_they_lie_there_now(repository):
    (repository / "equipment-sensors.avsc").unlink()
    assert default_reference(repository) == "HEAD"
    assert contracts_at("HEAD", repository) == contracts()


def test_the_main_line_goes_before_the_last_commit(repository):
    subprocess.run(["git", "-C", repository, "update-ref", "refs/remotes/origin/main", "HEAD"], check=True)
    assert default_reference(repository) == "origin/main"


def test_contracts_are_read_from_a_folder(repository, tmp_path):
    assert contracts_at(str(repository), tmp_path) == contracts()


def test_neither_folder_nor_revision_is_an_error_that_names_it(repository):
    with pytest.raises(MillwrightError, match="'v9' is neither a folder nor a git revision"):
        contracts_at("v9", repository)


def test_without_git_there_is_nothing_to_compare_with(tmp_path):
    assert default_reference(tmp_path) is None


def test_the_check_names_stream_field_and_reason_and_fails(repository):
    with changed_contract("equipment-sensors", set_unit), pytest.raises(MillwrightError) as error:
        CliRunner().invoke(cli, ["contracts", "check", "--against", str(repository)], catch_exceptions=False)
    assert error.value.message == (
        "equipment-sensors: temperature: its unit changed from '°C' to 'K': add a field of another name."
    )


def test_the_check_lets_what_is_committed_pass(repository):
    done = CliRunner().invoke(cli, ["contracts", "check", "--against", str(repository)], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"{len(contracts())} streams are compatible" in done.output


def test_a_registry_that_does_not_answer_fails_the_check_only_when_it_was_asked_for(repository, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_REGISTRY_URL", "http://127.0.0.1:9/")
    settings.cache_clear()
    command = ["contracts", "check", "--against", str(repository)]
    assert CliRunner().invoke(cli, command, catch_exceptions=False).exit_code == 0
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/ does not answer"):
        CliRunner().invoke(cli, [*command, "--registry"], catch_exceptions=False)
    monkeypatch.undo()
    settings.cache_clear()


def test_every_registered_version_is_compared_with(registry):
    versions = registered_versions(contracts().values())
    assert json.loads(versions[1]["equipment-status"].avro_json) == contract("equipment-status").avro
    with changed_contract("equipment-status", set_unit), pytest.raises(MillwrightError, match="equipment-status: kind"):
        CliRunner().invoke(cli, ["contracts", "check", "--registry"], catch_exceptions=False)
