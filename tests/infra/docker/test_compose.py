"""What the compose file promises, read from its text: no engine is needed."""

from __future__ import annotations

import re

import pytest
import yaml

from infra.local import airflow, credentials
from millwright.settings import ROOT, Settings
from tests.infra.docker.compose import ONCE, PROFILES, published, services, text

_SERVICES = sorted(services())
_MONITORED = pytest.mark.skipif(
    not (ROOT / "infra" / "monitoring" / "prometheus").exists(), reason="There is no monitoring in this checkout."
)


def test_every_image_is_pinned():
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    for name, service in services().items():
        tag = service["image"].partition(":")[2]
        if "build" in service:
            assert tag == f"${{MILLWRIGHT_VERSION:-{version[1]}}}", name
        else:
            assert re.search(r"\d+\.\d+", tag), name


def test_only_pages_for_people_are_published_and_on_this_machine_alone():
    assert {name: here for name, (_, here, _) in published().items()} == {
        "airflow-api": 8081,
        "grafana": 3000,
        "kafka-ui": 9021,
        "metabase": 3010,
        "minio": 9001,
        "mlflow": 5001,
        "prometheus": 9090,
        "spark-master": 8082,
    }
    assert {address for address, _, _ in published().values()} == {"${BIND_ADDRESS:-127.0.0.1}"}


def test_the_published_ports_are_those_of_the_settings():
    ports = {name: here for name, (_, here, _) in published().items()}
    defaults = Settings.model_fields
    assert ports["airflow-api"] == defaults["airflow_port"].default
    assert ports["mlflow"] == defaults["mlflow_port"].default
    assert ports["metabase"] == defaults["metabase_port"].default


def test_the_docs_list_the_published_ports_and_no_other():
    docs = (ROOT / "docs" / "run-with-docker.md").read_text()
    assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", docs)) == {str(here) for _, here, _ in published().values()}


@_MONITORED
def test_every_variable_of_ours_is_a_setting():
    known = {f"MILLWRIGHT_{name.upper()}" for name in Settings.model_fields} | {"MILLWRIGHT_VERSION"}
    assert set(re.findall(r"MILLWRIGHT_[A-Z_]+", text())) <= known


def test_no_secret_has_a_default():
    for name, default in re.findall(r"\$\{([A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*)(:?[-?]?[^}]*)\}", text()):
        assert default == ":?sh infra/docker/make-env.sh makes it" or name == "MILLWRIGHT_SMTP_PASSWORD", name


@pytest.mark.parametrize("name", _SERVICES)
def test_a_service_is_bounded_unprivileged_and_on_the_one_network(name):
    service = services()[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["networks"] == ["millwright"]
    assert service["read_only"] is (name != "kafka")  # its start script writes beside its programs


@pytest.mark.parametrize("name", _SERVICES)
def test_no_service_runs_as_root(name):
    service = services()[name]
    if "build" in service:
        dockerfile = (ROOT / service["build"]["dockerfile"]).read_text()
        last = re.findall(r"^USER (\S+)", dockerfile, re.M)[-1]
    else:
        last = str(service["user"]).partition(":")[0]
    assert last not in ("0", "root")


def test_whatever_runs_on_has_a_health_check():
    without = {name for name, service in services().items() if "healthcheck" not in service}
    assert without == ONCE | {"loki"}  # its image holds one program, and nothing that could ask it


@pytest.mark.parametrize("name", _SERVICES)
def test_a_service_waits_for_what_it_needs_and_each_profile_brings_it(name):
    service = services()[name]
    assert set(service["profiles"]) <= set(PROFILES)
    for needed, how in service.get("depends_on", {}).items():
        other = services()[needed]
        assert set(service["profiles"]) <= set(other["profiles"]), needed
        wanted = "service_completed_successfully" if needed in ONCE else "service_healthy"
        assert how["condition"] == wanted or (needed == "loki" and how["condition"] == "service_started")


@_MONITORED
def test_volumes_are_named_and_what_is_mounted_is_there():
    declared = set(yaml.safe_load(text())["volumes"])
    sources = {v.partition(":")[0] for s in services().values() for v in s.get("volumes", []) if ":" in v}
    files = {source for source in sources if source.startswith(".")}
    assert sources - files - {"/var/run/docker.sock"} == declared
    for path in (ROOT / file for file in files):
        assert path.exists(), path


def test_the_metrics_that_are_checked_are_where_the_settings_put_them():
    for name in ("sink", "alerts", "analytics"):
        port = Settings.model_fields[f"{name}_metrics_port"].default
        assert f"http://127.0.0.1:{port}/metrics" in services()[name]["healthcheck"]["test"]


def test_airflow_has_the_options_of_the_embedded_one(tmp_path):
    config = Settings(state_dir=tmp_path)
    credentials.ensure(config)
    embedded = {k: v for k, v in airflow.environment(config).items() if k.startswith("AIRFLOW__")}
    here = {k: v for k, v in services()["airflow-scheduler"]["environment"].items() if k.startswith("AIRFLOW__")}
    assert set(here) == set(embedded)
    placed = re.compile(r"FOLDER|FILE$|KEY$|SECRET$|URL$|CONN$|API__HOST|API__PORT")  # addresses, folders, secrets
    assert {k: v for k, v in here.items() if not placed.search(k)} == {
        k: v for k, v in embedded.items() if not placed.search(k)
    }


def test_spark_finds_its_master_and_the_lake_by_the_names_here():
    lines = (ROOT / "infra" / "docker" / "spark" / "spark-defaults.conf").read_text().splitlines()
    conf = dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))
    assert conf["spark.master"] == services()["spark-worker"]["command"][-1]
    assert conf["spark.hadoop.fs.s3a.endpoint"] == services()["sink"]["environment"]["MILLWRIGHT_LAKE_ENDPOINT"]
    assert {"spark.authenticate", "spark.authenticate.secret"} <= set(conf)  # a driver refuses the first alone
    for name in ("spark-master", "spark-worker", "spark-connect"):
        assert "_SPARK_AUTH_SECRET" in services()[name]["environment"]
