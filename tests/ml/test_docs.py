"""docs/models.md says of every field what the spec itself says."""

from __future__ import annotations

import re

import yaml

from millwright.settings import ROOT
from ml.sources.yes import NO
from ml.spec.load import parse_spec
from ml.spec.tables import filled

PAGE = (ROOT / "docs" / "models.md").read_text()


def test_the_tables_of_fields_are_those_of_the_specs():
    assert filled(PAGE) == PAGE, "run `python -m ml.spec.tables docs/models.md`"


def test_the_words_that_say_no_are_all_there():
    assert ", ".join(f"`{word}`" for word in sorted(NO - {""})) in PAGE.replace("\n", " ")


def test_every_whole_spec_on_the_page_is_right():
    whole = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(name: .*?)```", PAGE, re.DOTALL)]
    assert whole
    for raw in whole:
        assert parse_spec(raw, "docs/models.md").name == raw["name"]
