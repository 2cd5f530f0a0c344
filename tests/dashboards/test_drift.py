"""Whatever somebody changes by hand shows in the plan, and the next apply takes it back."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.metabase import run
from dashboards.metabase.pull import pulled
from dashboards.spec.read import Boards, load
from millwright.settings import settings
from tests.dashboards.fake_metabase import FakeMetabase
from tests.dashboards.served import applied, in_process, planned
from tests.dashboards.small_site import TABLES, small_site
from tests.dashboards.test_kills import whole

Change = Callable[[FakeMetabase], Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Boards:
    return load(small_site(tmp_path_factory.mktemp("drift") / "site"))


@pytest.fixture(scope="module")
def once(site: Boards, tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeMetabase, Path]:
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_STATE_DIR", str(state))
        patch.setenv("MILLWRIGHT_DASHBOARDS_DATABASE_URL", "postgresql://dashboards:s3cret@db.example:5432/millwright")
        patch.setenv("MILLWRIGHT_ALERT_EMAIL_TO", "foreman@millwright.example")
        settings.cache_clear()
        fake = FakeMetabase(TABLES)
        with in_process(fake):
            applied(site)
    settings.cache_clear()
    return fake, state


@pytest.fixture
def there(once: tuple[FakeMetabase, Path], metabase_settings: None) -> Iterator[FakeMetabase]:
    """A Metabase of this test's own to which all has been applied, and the state folder of that apply."""
    shutil.copytree(once[1], settings().state_dir, dirs_exist_ok=True)
    fake = copy.deepcopy(once[0])
    with in_process(fake):
        yield fake


def card(fake: FakeMetabase, name: str = "Each plant") -> dict[str, Any]:
    return next(c for c in fake.cards.values() if c["name"] == name)


def board(fake: FakeMetabase) -> dict[str, Any]:
    return next(d for d in fake.dashboards.values() if d["name"] == "Plants")


def dashcard(fake: FakeMetabase, name: str = "Each plant") -> dict[str, Any]:
    return next(d for d in board(fake)["dashcards"] if d["card_id"] == card(fake, name)["id"])


def tag(fake: FakeMetabase) -> dict[str, Any]:
    return tag_of(card(fake))


def tag_of(card: dict[str, Any]) -> dict[str, Any]:
    return dict.__getitem__(card["dataset_query"]["stages"][0]["template-tags"], "plant")


def collection(fake: FakeMetabase, name: str = "Plant") -> dict[str, Any]:
    return next(c for c in fake.collections.values() if c["name"] == name)


def field(fake: FakeMetabase, name: str) -> dict[str, Any]:
    return next(f for ts in fake.metadata.values() for t in ts for f in t["fields"] if f["name"] == name)


def database(fake: FakeMetabase) -> dict[str, Any]:
    return next(iter(fake.databases.values()))


def group(fake: FakeMetabase, name: str) -> str:
    return next(str(g["id"]) for g in fake.groups.values() if g["name"] == name)


def notification(fake: FakeMetabase) -> dict[str, Any]:
    return next(iter(fake.notifications.values()))


def _tab_removed(fake: FakeMetabase) -> None:
    tabs = board(fake)["tabs"][:1]
    fake.put_dashboard_one(board(fake)["id"], body={"tabs": copy.deepcopy(tabs)})


def _tab_added(fake: FakeMetabase) -> None:
    tabs = [*copy.deepcopy(board(fake)["tabs"]), {"id": -1, "name": "Mine"}]
    fake.put_dashboard_one(board(fake)["id"], body={"tabs": tabs})


def _card_added(fake: FakeMetabase) -> None:
    cards = copy.deepcopy(board(fake)["dashcards"])
    more = {"id": -1, "card_id": card(fake, "Each channel")["id"], "dashboard_tab_id": board(fake)["tabs"][0]["id"]}
    cards.append(more | {"row": 20, "col": 0, "size_x": 5, "size_y": 5})
    fake.put_dashboard_one(board(fake)["id"], body={"dashcards": cards})


def _click_lost(fake: FakeMetabase) -> None:
    dashcard(fake)["visualization_settings"] = {}


def _card_removed(fake: FakeMetabase) -> None:
    board(fake)["dashcards"] = [d for d in board(fake)["dashcards"] if d["card_id"] != card(fake)["id"]]


MUTATIONS: dict[str, tuple[str, Change]] = {
    "a question renamed": ("card", lambda f: card(f).update(name="Renamed")),
    "a question's description rewritten": ("card", lambda f: card(f).update(description="x")),
    "a question's display changed": ("card", lambda f: card(f).update(display="pie")),
    "a question's SQL changed": ("card", lambda f: card(f)["dataset_query"]["stages"][0].update(native="select 1")),
    "a question turned into another kind of query": (
        "card",
        lambda f: card(f)["dataset_query"].update(stages=[{}, {}]),
    ),
    "a question moved": ("card", lambda f: card(f).update(collection_id=collection(f, "Platform")["id"])),
    "a question archived": ("card", lambda f: card(f).update(archived=True)),
    "a question removed": ("card", lambda f: f.delete_card_one(card(f)["id"])),
    "a question's setting added": ("card", lambda f: card(f)["visualization_settings"].update({"table.pivot": True})),
    "a question's colours lost": ("card", lambda f: card(f)["visualization_settings"].pop("table.column_formatting")),
    "a question's parameters lost": ("card", lambda f: card(f).update(parameters=[])),
    "a filter bound to another field": ("card", lambda f: tag(f).update(dimension=["field", {}, 1])),
    "a filter of another kind": ("card", lambda f: tag(f).update({"widget-type": "string/contains"})),
    "a filter with a default": ("card", lambda f: tag(f).update(default=["north"])),
    "a question on another database": ("card", lambda f: card(f)["dataset_query"].update(database=1)),
    "a dashboard renamed": ("dashboard", lambda f: board(f).update(name="Mine")),
    "a dashboard's description rewritten": ("dashboard", lambda f: board(f).update(description=None)),
    "a dashboard moved": ("dashboard", lambda f: board(f).update(collection_id=None)),
    "a dashboard archived": ("dashboard", lambda f: board(f).update(archived=True)),
    "a dashboard removed": ("dashboard", lambda f: f.delete_dashboard_one(board(f)["id"])),
    "a dashboard unpinned": ("dashboard", lambda f: board(f).update(collection_position=None)),
    "a dashboard's link taken back": ("dashboard", lambda f: board(f).update(public_uuid=None)),
    "a dashboard embedded": ("dashboard", lambda f: board(f).update(enable_embedding=True)),
    "a tab renamed": ("tabs", lambda f: board(f)["tabs"][1].update(name="Mine")),
    "tabs exchanged": ("tabs", lambda f: board(f)["tabs"].reverse()),
    "a tab removed": ("tabs", _tab_removed),
    "a tab added": ("tabs", _tab_added),
    "a card moved": ("layout", lambda f: dashcard(f).update(row=9)),
    "a card made larger": ("layout", lambda f: dashcard(f).update(size_x=18)),
    "a card put on another tab": ("layout", lambda f: dashcard(f).update(dashboard_tab_id=board(f)["tabs"][1]["id"])),
    "a card removed": ("layout", _card_removed),
    "a card added": ("layout", _card_added),
    "a card's filter unbound": ("layout", lambda f: dashcard(f).update(parameter_mappings=[])),
    "a card's click lost": ("layout", _click_lost),
    "a second series on a card": ("layout", lambda f: dashcard(f, "Days by year").update(series=[{"id": 1}])),
    "a filter removed": ("layout", lambda f: board(f)["parameters"].pop()),
    "a filter given a default": ("layout", lambda f: board(f)["parameters"][0].update(default=["north"])),
    "a filter renamed": ("layout", lambda f: board(f)["parameters"][0].update(name="Works")),
    "a collection renamed": ("collection", lambda f: collection(f).update(name="Mine")),
    "a collection archived": ("collection", lambda f: collection(f).update(archived=True)),
    "a collection moved": ("collection", lambda f: collection(f).update(parent_id=None)),
    "a group removed": ("group", lambda f: f.delete_permissions_group_one(int(group(f, "Operators")))),
    "everybody let in": (
        "access",
        lambda f: f.graph["groups"]["1"].update({str(collection(f)["id"]): "write"}),
    ),
    "readers shut out": ("access", lambda f: f.graph["groups"][group(f, "Operators")].clear()),
    "a column's description rewritten": ("field", lambda f: field(f, "timezone").update(description="x")),
    "a column's meaning changed": ("field", lambda f: field(f, "plant_id").update(semantic_type="type/URL")),
    "a table's description rewritten": ("table", lambda f: next(iter(f.metadata.values()))[0].update(description="")),
    "the database renamed": ("database", lambda f: database(f).update(name="Mine")),
    "the database read as another user": ("database", lambda f: database(f)["details"].update(user="postgres")),
    "the database's schemas opened": (
        "database",
        lambda f: database(f)["details"].update({"schema-filters-patterns": "*"}),
    ),
    "a subscription put to rest": ("subscription", lambda f: notification(f).update(active=False)),
    "a subscription sent to somebody else": (
        "subscription",
        lambda f: notification(f)["handlers"][0]["recipients"][0].update(details={"value": "x@y.example"}),
    ),
    "a subscription at another time": (
        "subscription",
        lambda f: notification(f)["subscriptions"][0].update(cron_schedule="0 0 7 * * ?"),
    ),
    "sharing forbidden": ("setting", lambda f: f.settings.update({"enable-public-sharing": False})),
    "the cache's policy changed": ("cache", lambda f: f.cache.clear()),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_a_change_by_hand_shows_and_is_mended(there, site, what):
    kind, change = MUTATIONS[what]
    before = whole(there)
    change(there)
    assert kind in {found.kind for found in planned(site)}
    assert planned(site), "a plan changes nothing"
    applied(site)
    assert planned(site) == []
    assert whole(there) == before


def test_a_plan_sends_nothing_that_changes_anything(there, site):
    card(there).update(name="Renamed")
    there.requests.clear()
    planned(site)
    assert {method for method, _ in there.requests} == {"get"}


HOSTILE = "x'; drop table marts.dim_plant; -- [red]{{plant}}[/red] <b>%s"


def test_text_that_looks_like_a_command_is_text_in_what_is_sent_and_in_what_is_printed(
    fake, tmp_path, monkeypatch, capsys
):
    """In every place of a file that people write."""
    folder = small_site(tmp_path / "hostile")
    path = folder / "boards" / "plants.yml"
    data = yaml.safe_load(path.read_text())
    data |= {"name": HOSTILE, "description": HOSTILE}
    data["filters"]["plant"]["label"] = HOSTILE
    data["tabs"][1]["name"] = data["tabs"][0]["cards"][2]["click"]["tab"] = HOSTILE
    data["tabs"][0]["cards"][0]["text"] = HOSTILE
    data["questions"]["each"] |= {"name": HOSTILE, "description": HOSTILE}
    data["questions"]["each"]["columns"]["timezone"]["label"] = HOSTILE
    data["questions"]["each"]["highlight"][0]["value"] = HOSTILE
    data["questions"]["days"]["goal"]["label"] = HOSTILE
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    hostile = load(folder)
    monkeypatch.setattr(run, "load", lambda: hostile)
    run.plan()
    applied(hostile)
    assert planned(hostile) == []
    made = card(fake, HOSTILE)
    assert made["dataset_query"]["stages"][0]["native"] == hostile.boards["plants"].questions["each"].sql
    assert tag_of(made)["display-name"] == HOSTILE
    made.update(name="Mine")
    capsys.readouterr()
    run.plan()
    assert HOSTILE in capsys.readouterr().out


def test_cards_keep_their_ids_when_others_change(there, site):
    before = {d["card_id"]: d["id"] for d in board(there)["dashcards"]}
    dashcard(there).update(row=9)
    _card_added(there)
    applied(site)
    assert {d["card_id"]: d["id"] for d in board(there)["dashcards"]} == before


def test_a_password_that_has_changed_is_sent_anew_and_never_shown(there, site, monkeypatch, capsys):
    monkeypatch.setenv("MILLWRIGHT_DASHBOARDS_DATABASE_URL", "postgresql://dashboards:other@db.example:5432/millwright")
    settings.cache_clear()
    monkeypatch.setattr(run, "load", lambda: site)
    assert run.plan()
    assert "other" not in capsys.readouterr().out
    applied(site)
    assert database(there)["details"]["password"] == "other"
    assert planned(site) == []


def test_what_was_changed_by_hand_can_be_pulled(there, site):
    dashcard(there).update(row=9, size_x=11)
    card(there).update(name="Works")
    files = pulled(site, run.world_of(site, False, 5, lambda text: None))
    data = yaml.safe_load(files["plants"])
    assert data["questions"]["each"]["name"] == "Works"
    assert data["tabs"][0]["cards"][2] | {"at": [6, 9], "size": [11, 6]} == data["tabs"][0]["cards"][2]
    assert yaml.safe_load(files["channels"]) == site.files["channels"].data
