import hashlib
import re
import tarfile

import pytest

from infra.local import jars
from millwright.errors import MillwrightError


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    return tmp_path / "m2"


def _fake_central(monkeypatch, content: bytes) -> list[str]:
    """Maven Central, as jgo sees it, serving the same bytes for every jar. Returns what is asked for."""
    from jgo.maven import PythonResolver

    asked: list[str] = []

    def download(self, artifact):
        asked.append(str(artifact))
        artifact.cached_path.parent.mkdir(parents=True, exist_ok=True)
        artifact.cached_path.write_bytes(content)
        return artifact.cached_path

    monkeypatch.setattr(PythonResolver, "download", download)
    return asked


def _lock(tmp_path, monkeypatch, content: bytes) -> None:
    lock = tmp_path / "jars.lock"
    lock.write_text(f"kafka org.example:thing:1.0:jar {len(content)} {hashlib.sha256(content).hexdigest()}\n")
    monkeypatch.setattr(jars, "LOCK", lock)


def test_every_jar_is_pinned_by_version_size_and_hash_and_names_no_host():
    for line in jars.LOCK.read_text().splitlines():
        assert re.fullmatch(r"(kafka|registry) [\w.-]+:[\w.-]+:\d[\w.-]*:(jar|tar\.gz:all) \d+ [0-9a-f]{64}", line)
    assert len(jars.locked("kafka")) == 46
    assert len(jars.locked("registry")) == 1


def test_a_jar_is_fetched_once_and_then_needs_no_network(tmp_path, monkeypatch, repository):
    _lock(tmp_path, monkeypatch, b"jar")
    asked = _fake_central(monkeypatch, b"jar")
    assert jars.fetched("kafka") == [repository / "org/example/thing/1.0/thing-1.0.jar"]
    jars.fetched("kafka")
    assert len(asked) == 1


def test_a_jar_cut_short_by_an_interrupted_download_is_fetched_again(tmp_path, monkeypatch, repository):
    _lock(tmp_path, monkeypatch, b"whole jar")
    asked = _fake_central(monkeypatch, b"whole jar")
    (path,) = jars.fetched("kafka")
    path.write_bytes(b"whole")
    jars.fetched("kafka")
    assert path.read_bytes() == b"whole jar"
    assert len(asked) == 2


def test_another_jar_than_the_locked_one_is_refused_and_not_kept(tmp_path, monkeypatch, repository):
    _lock(tmp_path, monkeypatch, b"good")
    _fake_central(monkeypatch, b"evil")
    with pytest.raises(MillwrightError, match=r"jars\.lock says"):
        jars.fetched("kafka")
    assert not list(repository.rglob("*.jar"))


def test_without_the_network_the_message_names_the_jar_and_where_to_put_it(tmp_path, monkeypatch, repository):
    _lock(tmp_path, monkeypatch, b"jar")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(MillwrightError, match=r"org\.example:thing:1\.0:jar could not be fetched") as caught:
        jars.fetched("kafka")
    assert str(repository / "org/example/thing/1.0/thing-1.0.jar") in caught.value.remedy


def test_an_archive_is_unpacked_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    archive = tmp_path / "app-1.0.tar.gz"
    (tmp_path / "file").write_text("x")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "file", "file")
    jars.unpacked(archive)
    archive.unlink()
    jars.unpacked(archive)
    assert (jars.folder(archive) / "file").read_text() == "x"
