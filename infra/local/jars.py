"""The jars of Kafka and the schema registry: pinned by jars.lock, fetched once, used without the network after."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from millwright.errors import MillwrightError

LOCK = Path(__file__).with_name("jars.lock")


@dataclass(frozen=True)
class Jar:
    """One line of jars.lock: a Maven coordinate, its size in bytes and its SHA-256."""

    coordinate: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where Maven keeps it on this machine."""
        group, name, version, kind, *classifier = self.coordinate.split(":")
        file = "-".join([name, version, *classifier])
        return repository() / group.replace(".", "/") / name / version / f"{file}.{kind}"


def repository() -> Path:
    """Maven's local repository, so that what Maven has fetched already is not fetched again."""
    return Path(os.environ.get("M2_REPO", Path.home() / ".m2" / "repository"))


def locked(part: str, lock: Path | None = None) -> list[Jar]:
    """The jars of a part, in classpath order, as `lock` (the stack's own: None) has them."""
    rows = (line.split() for line in (lock or LOCK).read_text().splitlines())
    return [Jar(coordinate, int(size), sha256) for name, coordinate, size, sha256 in rows if name == part]


def fetched(part: str, lock: Path | None = None) -> list[Path]:
    """Paths of a part's jars, fetching those that are missing or cut short.

    Raises MillwrightError when one cannot be fetched or is not the one that was locked.
    """
    jars = locked(part, lock)
    missing = [jar for jar in jars if not jar.path.exists() or jar.path.stat().st_size != jar.size]
    if missing:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(_fetch, missing))
    return [jar.path for jar in jars]


def _fetch(jar: Jar) -> None:
    """jgo writes straight to the final name, so let it write elsewhere and move what proves whole."""
    from jgo.maven import MavenContext, PythonResolver

    group, name, version, kind, *classifier = jar.coordinate.split(":")
    jar.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jar.path.parent) as folder:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(folder), timeout=60)
        artifact = context.project(group, name).at_version(version)
        try:
            path = artifact.artifact(classifier="".join(classifier), packaging=kind).resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            raise MillwrightError(
                f"{jar.coordinate} could not be fetched from Maven Central: {error}.",
                f"The first start needs the network; or put the file at {jar.path}.",
            ) from None
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != jar.sha256:
            raise MillwrightError(
                f"{jar.coordinate} has SHA-256 {digest}, but jars.lock says {jar.sha256}.",
                "What answers for Maven Central here serves another file.",
            )
        os.replace(path, jar.path)


def folder(archive: Path) -> Path:
    """Where an archive is unpacked: once for all state folders of this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "millwright" / archive.name.removesuffix(".tar.gz")


def unpacked(archive: Path) -> None:
    """Unpack an archive to its folder, unless it has been."""
    target = folder(archive)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=target.parent))
    with tarfile.open(archive) as tar:
        tar.extractall(beside, filter="data")
    try:
        beside.rename(target)
    except OSError:  # another `up` was faster
        shutil.rmtree(beside)
