from __future__ import annotations

import copy
import uuid

import pytest

from millwright.contracts import Contract, contract, contracts, parse_contract
from millwright.errors import MillwrightError, Unavailable
from millwright.registry import Registry, register_all
from tests.stack import TestStack

CHANNEL = {"name": "torque", "type": ["null", "double"], "default": None, "doc": "Torque.", "unit": "Nm"}


@pytest.fixture
def mine(registry: TestStack) -> Contract:
    """A contract that nobody else registers."""
    return changed(contract("equipment-sensors"), topic=f"t-{uuid.uuid4().hex[:8]}")


def changed(spec: Contract, *fields: dict, **attributes: str) -> Contract:
    avro = copy.deepcopy(spec.avro) | attributes
    avro["fields"] += fields
    return parse_contract(avro, "changed")


def test_registering_again_changes_nothing(registry):
    ids = register_all()
    assert set(ids) == {c.subject for c in contracts().values()}
    assert register_all() == ids
    latest = Registry().latest("equipment-sensors-value")
    assert latest is not None
    assert latest.schema_id == ids["equipment-sensors-value"]
    assert latest.avro == contract("equipment-sensors").avro  # our own attributes are kept


def test_a_new_channel_is_a_new_version_and_the_old_one_keeps_its_id(mine):
    door = Registry()
    old, new = door.register(mine), door.register(changed(mine, CHANNEL))
    assert old != new
    assert Registry().register(mine) == old
    latest = door.latest(mine.subject)
    assert latest is not None
    assert (latest.schema_id, latest.version) == (new, 2)
    assert set(door.schemas(mine.subject, {old, new, 99_999})) == {old, new}


@pytest.mark.parametrize(
    "field",
    [
        {"name": "torque", "type": "double"},
        {"name": "temperature_f", "type": "string"},
    ],
)
def test_a_change_that_readers_could_not_live_with_is_refused_by_name(mine, field):
    Registry().register(mine)
    with pytest.raises(MillwrightError, match=f"refuses the contract {mine.stream}"):
        Registry().register(changed(mine, field))


def test_what_is_compatible_with_the_last_version_only_is_refused(mine):
    """Removed and added again as another type: FULL with each neighbour, not with all before."""
    door = Registry()
    door.register(changed(mine, CHANNEL))
    door.register(mine)
    with pytest.raises(MillwrightError, match="refuses the contract"):
        door.register(changed(mine, {**CHANNEL, "type": ["null", "string"]}))


def test_a_schema_of_another_stream_is_not_this_streams(mine):
    door = Registry()
    door.register(mine)
    other = register_all()["quality-metrics-value"]
    assert door.schemas(mine.subject, {other}) == {}


def test_a_subject_that_nobody_registered_has_no_latest(registry):
    assert Registry().latest(f"none-{uuid.uuid4().hex}") is None


def test_what_is_known_is_not_asked_again(mine):
    door = Registry()
    schema_id = door.register(mine)
    assert door.schemas(mine.subject, {schema_id})
    door.address = "http://127.0.0.1:1"
    assert door.schemas(mine.subject, {schema_id})[schema_id].avro == mine.avro
    assert door.register(mine) == schema_id
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer.*millwright up"):
        door.schemas(mine.subject, {99_999})
