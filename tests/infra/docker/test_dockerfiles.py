from __future__ import annotations

import re
import tomllib

import pytest

from millwright.settings import ROOT
from tests.infra.docker.compose import services

_FILES = sorted((ROOT / "infra" / "docker").glob("*.Dockerfile"))


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_every_base_is_pinned_and_the_last_user_is_not_root(file):
    text = file.read_text()
    for base in re.findall(r"^FROM (\S+)", text, re.M):
        assert re.search(r":.*\d+[.-]\d+", base), base
    assert re.findall(r"^USER (\S+)", text, re.M)[-1].isdigit()


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_what_is_copied_is_there_and_let_through(file):
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)", file.read_text(), re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source == "." or source.partition("/")[0] in let_through, source


def test_an_image_holds_extras_that_there_are():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {
        extra
        for service in services().values()
        for extra in service.get("build", {}).get("args", {}).get("EXTRAS", "").split()
    }
    assert named | {"local", "dev", "all"} == set(extras)


def test_the_wheels_packages_are_all_let_through():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) <= let_through


def test_uv_is_the_one_of_the_makefile():
    [wanted] = set(re.findall(r"uv==[\d.]+", (ROOT / "Makefile").read_text()))
    for file in _FILES:
        assert set(re.findall(r"uv==[\d.]+", file.read_text())) <= {wanted}
