from __future__ import annotations

import json
import re
import subprocess
from email.message import Message
from pathlib import Path

import pytest
import yaml

from infra.release.build import build
from infra.release.changelog import section
from infra.release.components import UNKNOWN, Component, components, licence_of
from infra.release.licences import licences
from infra.release.sbom import sbom
from millwright.errors import MillwrightError
from millwright.settings import ROOT


def test_the_bill_names_every_locked_package_once_with_its_version():
    document = json.loads(sbom("0.1.0", components(ROOT)))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    refs = [each["bom-ref"] for each in document["components"]]
    assert len(set(refs)) == len(refs)
    locked = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {f"pkg:pypi/{name.lower().replace('_', '-')}@{version}" for name, version in locked} <= set(refs)
    jars = [line.split() for line in (ROOT / "infra/local/jars.lock").read_text().splitlines()]
    hashes = {each["hashes"][0]["content"] for each in document["components"] if "hashes" in each}
    assert hashes == {line[3] for line in jars}
    assert document["dependencies"][0]["dependsOn"] == refs


def test_a_bill_changes_with_what_is_in_it_and_with_nothing_else():
    one, other = (sbom("1.0", [Component("pypi", "click", version, "BSD")]) for version in ("8.1", "8.2"))
    assert one == sbom("1.0", [Component("pypi", "click", "8.1", "BSD")])
    assert json.loads(one)["serialNumber"] != json.loads(other)["serialNumber"]


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ({"License-Expression": "MIT", "License": "see file"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"Classifier": "License :: OSI Approved", "License": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"License": "MIT License\n\nCopyright (c) somebody"}, "MIT"),
        ({"Classifier": "Programming Language :: Python"}, UNKNOWN),
    ],
)
def test_a_licence_is_read_where_a_package_tells_it(headers, licence):
    metadata = Message()
    for name, value in headers.items():
        metadata[name] = value
    assert licence_of(metadata) == licence


def test_the_table_counts_and_lists():
    told = licences([Component("pypi", "click", "8.1", "BSD"), Component("maven", "a:b", "1", "Apache-2.0")])
    assert "| BSD | 1 |" in told
    assert "| a:b (maven) | 1 | Apache-2.0 |" in told


CHANGELOG = "# Changelog\n\n## [1.1.0] - not yet released\n- New.\n\n## [1.0.0] - 2026-01-02\n### Added\n- First.\n"


def test_a_section_of_the_changelog_is_found_by_its_version():
    assert section(CHANGELOG, "1.1.0") == (None, "- New.")
    assert section(CHANGELOG, "1.0.0") == ("2026-01-02", "### Added\n- First.")
    with pytest.raises(MillwrightError, match=r"says nothing of version 1\.0"):
        section(CHANGELOG, "1.0")


def test_the_changelog_tells_of_this_version():
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert section((ROOT / "CHANGELOG.md").read_text(), version[1])[1]


def test_nothing_is_built_of_what_is_not_committed_or_not_told_of(tmp_path: Path):
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=tmp_path, check=True)

    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git("init", "-q")
    with pytest.raises(MillwrightError, match="Not everything is committed"):
        build(tmp_path, tmp_path / "dist")
    git("add", "-A")
    git("commit", "-qm", "x")
    with pytest.raises(MillwrightError, match=r"says nothing of version 2\.0"):
        build(tmp_path, tmp_path.parent / "dist")


def test_the_workflow_runs_what_there_is():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 180
        assert set(job.get("needs", [])) <= workflow["jobs"].keys()
        for step in job["steps"]:
            command = step.get("run", "").split()
            if command[:1] == ["make"]:
                assert command[1] in targets
            elif command[:1] == [".ci/run"]:
                assert (ROOT / ".ci/run").stat().st_mode & 0o100
