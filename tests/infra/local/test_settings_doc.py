import re

import pytest
from pydantic import AliasChoices

from millwright.settings import ROOT, Settings

_ROW = re.compile(r"^\| (`MILLWRIGHT_.+?`) \| (?:`(.*?)`)? ?\| (.+) \|$", re.M)


@pytest.fixture
def rows():
    """Variables that a row of docs/settings.md names → its default."""
    found = _ROW.findall((ROOT / "docs" / "settings.md").read_text())
    return {tuple(re.findall(r"`(\w+)`", names)): default for names, default, _ in found}


def _variables(name: str) -> tuple[str, ...]:
    alias = Settings.model_fields[name].validation_alias
    return tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (f"MILLWRIGHT_{name.upper()}",)


def test_every_setting_is_told_with_its_other_names_and_none_that_is_gone(rows):
    assert set(rows) == {_variables(name) for name in Settings.model_fields}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_its_default_is_the_one_told(rows, name):
    default = Settings.model_fields[name].default
    told = rows[_variables(name)]
    assert told == str(default).removeprefix(f"{ROOT}/")
