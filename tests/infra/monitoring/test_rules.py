"""Every rule fires when it should and stays quiet when it should, and says where to read what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.monitoring.prometheus.config import FOLDER, embedded
from millwright.settings import ROOT, Settings

TESTS = sorted((Path(__file__).parent / "rules").glob("*.yml"))
with_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian's package prometheus)"
)


def _rules() -> dict[str, dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted((FOLDER / "rules").glob("*.yml"))]
    return {rule["alert"]: rule for file in files for group in file["groups"] for rule in group["rules"]}


def _run(*arguments: object) -> None:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
def test_the_rules_do_what_their_tests_say():
    _run("test", "rules", *TESTS)


@with_promtool
def test_prometheus_takes_both_configurations(tmp_path):
    _run("check", "config", FOLDER / "prometheus.yml")
    (tmp_path / "prometheus.yml").write_text(embedded(Settings(sink_workers=2)))
    _run("check", "config", tmp_path / "prometheus.yml")


def test_the_embedded_stack_is_watched_on_the_ports_of_its_settings():
    ports = {"sink_metrics_port": 7000, "alerts_metrics_port": 0, "exporter_port": 7020}
    made = yaml.safe_load(embedded(Settings(sink_workers=2, **ports)))
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in made["scrape_configs"]}
    assert targets["sink"] == ["127.0.0.1:7000", "127.0.0.1:7001"]
    assert "alerts" not in targets
    assert targets["exporter"] == ["127.0.0.1:7020"]


def test_each_rule_has_a_test_in_which_it_fires_and_one_in_which_it_does_not():
    fires, quiet = set(), set()
    for case in (case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]):
        for each in case["alert_rule_test"]:
            (fires if each["exp_alerts"] else quiet).add(each["alertname"])
    assert fires == quiet == set(_rules())


@pytest.mark.parametrize("name", _rules())
def test_each_rule_has_a_severity_a_summary_and_a_runbook_that_is_there(name):
    rule = _rules()[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"]["summary"].endswith(".")
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.M)
    assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
