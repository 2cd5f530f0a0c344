"""Builds a release into a folder, from what is committed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from infra.release.changelog import section
from infra.release.components import components
from infra.release.licences import licences
from infra.release.sbom import sbom
from millwright.errors import MillwrightError

# Beside the sources, for whoever builds or checks the images.
_ALSO = ("docker-compose-full.yml", ".dockerignore", "LICENSE", "CHANGELOG.md")
_NOT_IN_IMAGES = ("tests", "docs", ".github", ".ci", "Makefile", ".gitignore")


def build(root: Path, target: Path) -> list[Path]:
    """The wheel, the images' context, SBOM, licences, release notes and SHA256SUMS.

    The same commit gives the same files. Raises MillwrightError when something is not committed, or CHANGELOG.md says
    nothing of the version.
    """
    if changed := _git(root, "status", "--porcelain").strip():
        first = changed.splitlines()[0].strip()
        raise MillwrightError(f"Not everything is committed: {first}.", "Commit or stash it, then build.")
    version = str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    _, notes = section((root / "CHANGELOG.md").read_text(), version)
    parts = components(root)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.is_file():
            old.unlink()
    _wheel(root, target)
    _context(root, target / f"millwright-{version}-context.tar.gz", f"millwright-{version}/")
    (target / f"millwright-{version}.cdx.json").write_text(sbom(version, parts))
    (target / "LICENCES.md").write_text(licences(parts))
    (target / "NOTES.md").write_text(notes + "\n")
    made = sorted(path for path in target.iterdir() if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (target / "SHA256SUMS").write_text("".join(sums))
    return [*made, target / "SHA256SUMS"]


def _wheel(root: Path, target: Path) -> None:
    """By hatchling, which is installed with the developers' packages: nothing is fetched."""
    moment = _git(root, "log", "-1", "--format=%ct").strip()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target.absolute())]
    env = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MillwrightError(f"The wheel could not be built: {done.stderr.strip()[-300:]}", "Run `make setup`.")


def _context(root: Path, target: Path, prefix: str) -> None:
    """What the images are built from, as it is committed."""
    top = {line.split("/")[0] for line in _git(root, "ls-tree", "--name-only", "HEAD").splitlines()}
    wanted = sorted(name for name in top if name not in _NOT_IN_IMAGES or name in _ALSO)
    _git(root, "archive", "--format=tar.gz", f"--prefix={prefix}", f"--output={target.absolute()}", "HEAD", *wanted)


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MillwrightError(f"git {arguments[0]} failed: {done.stderr.strip()}", "Build in a checkout.")
    return done.stdout
