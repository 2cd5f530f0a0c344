import os
import sys
from pathlib import Path

from infra.local import environment
from millwright.settings import Settings


def test_a_process_in_another_folder_has_the_same_settings(tmp_path, monkeypatch):
    config = Settings(state_dir=Path("relative/state"), kafka_port=21001, sink_roll_seconds=2.5, lake_url="s3://b/l")
    for name, value in environment.of_platform(config).items():
        monkeypatch.setenv(name, value)
    expected = config.model_copy(update={"state_dir": Path("relative/state").absolute()})
    monkeypatch.chdir(tmp_path)
    assert Settings() == expected


def test_no_secret_is_handed_on(tmp_path):
    (tmp_path / "credentials.json").write_text('{"postgres_password": "hidden-away"}')
    assert "hidden-away" not in " ".join(environment.of_platform(Settings(state_dir=tmp_path)).values())


def test_our_own_commands_come_first_and_only_once(monkeypatch):
    ours = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"/usr/bin{os.pathsep}{ours}{os.pathsep}/bin")
    assert environment.inherited()["PATH"].split(os.pathsep) == [ours, "/usr/bin", "/bin"]


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    assert environment.inherited()["no_proxy"] == "example.org,127.0.0.1,localhost"
