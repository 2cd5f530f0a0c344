"""An apply that is killed at any request, before or after Metabase has done it, is finished by the next."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from dashboards.spec.read import load
from millwright.settings import settings
from tests.dashboards.fake_metabase import FakeMetabase
from tests.dashboards.served import Killed, applied, in_process, planned
from tests.dashboards.small_site import TABLES, small_site


def whole(fake: FakeMetabase) -> str:
    """All that a user sees, names for ids: the same for the same end state."""
    held = {
        "databases": fake.databases, "collections": fake.collections, "groups": fake.groups, "cards": fake.cards,
        "dashboards": fake.dashboards, "notifications": fake.notifications,
    }  # fmt: skip
    told = {
        kind: sorted(json.dumps(_told(each, fake), sort_keys=True) for each in things.values())
        for kind, things in held.items()
    }
    return json.dumps(told, indent=1)


def _told(thing: object, fake: FakeMetabase) -> object:
    """Ids replaced by names, and what is drawn by lot left out."""
    names = {c["id"]: f"card {c['name']}" for c in fake.cards.values()}
    names |= {d["id"]: f"dashboard {d['name']}" for d in fake.dashboards.values()}
    names |= {c["id"]: f"collection {c['name']}" for c in fake.collections.values()}
    names |= {t["id"]: f"tab {t['name']}" for d in fake.dashboards.values() for t in d["tabs"]}
    names |= {d["id"]: "database" for d in fake.databases.values()}
    names |= {f["id"]: f"{t['name']}.{f['name']}" for ts in fake.metadata.values() for t in ts for f in t["fields"]}
    drawn = {"id", "entity_id", "created_at", "lib/uuid", "public_uuid", "payload_id", "notification_id"}

    def told(value: object) -> object:
        if isinstance(value, dict):
            return {k: told(v) for k, v in value.items() if k not in drawn}
        if isinstance(value, list):
            return [told(v) for v in value]
        return names.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value

    return told(thing)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_apply_killed_at_any_request_is_finished_by_the_next(metabase_settings, tmp_path, monkeypatch, when):
    boards = load(small_site(tmp_path / "site"))
    monkeypatch.setenv("MILLWRIGHT_METABASE_PASSWORD", "of the test")  # as the state folder keeps it otherwise
    whole_run = _applied(tmp_path / "state", monkeypatch, boards, None, when)
    methods, expected = [method for method, _ in whole_run.requests], whole(whole_run)
    assert len(methods) > 60
    for number, method in enumerate(methods):
        if when == "after" and method == "get":
            continue  # who only asked has left nothing behind: the same as before the next request
        fake = _applied(tmp_path / f"state{number}", monkeypatch, boards, number, when)
        with in_process(fake):
            applied(boards)
            assert planned(boards) == [], (number, method)
        assert whole(fake) == expected, (number, method)


def _applied(state, monkeypatch, boards, kill_at, when) -> FakeMetabase:
    """A Metabase after an apply that was killed at a request; None lets it end."""
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(state))
    settings.cache_clear()
    fake = FakeMetabase(TABLES)

    def meddle(number: int, now: str) -> None:
        if number == kill_at and now == when:
            raise Killed

    with in_process(fake, meddle), nullcontext() if kill_at is None else pytest.raises(Killed):
        applied(boards)
    return fake
