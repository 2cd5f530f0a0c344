"""Everything that a release brings along or has installed, with its licence: from the locks, and what is installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path

UNKNOWN = "not told"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)")
# Licences that are told in words of their own; longer texts are recognised by how they begin.
_PLAIN = {
    "mit license": "MIT",
    "the mit license (mit)": "MIT",
    "apache software license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd license": "BSD",
    "3-clause bsd license": "BSD-3-Clause",
    "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "isc license (iscl)": "ISC",
}


@dataclass(frozen=True)
class Component:
    """A package of another's. `kind` is `pypi`, `maven` or `npm`; `sha256` where the lock has it."""

    kind: str
    name: str
    version: str
    licence: str
    sha256: str = ""

    @property
    def purl(self) -> str:
        """Its package URL, by which advisories name it."""
        return f"pkg:{self.kind}/{self.name.replace(':', '/')}@{self.version}"


def components(root: Path) -> list[Component]:
    """All of them, in the order of kind and name; the licence of a Python package is known where it is installed."""
    found = [*_python(root / "requirements.lock"), *_jars(root / "infra" / "local" / "jars.lock"), _echarts(root)]
    return sorted(found, key=lambda each: (each.kind, each.name.lower()))


def _python(lock: Path) -> list[Component]:
    pinned = [match.groups() for line in lock.read_text().splitlines() if (match := _PINNED.match(line))]
    return [Component("pypi", name.lower().replace("_", "-"), version, _licence(name)) for name, version in pinned]


def _licence(name: str) -> str:
    try:
        return licence_of(distribution(name).metadata)
    except PackageNotFoundError:  # of another platform
        return UNKNOWN


def licence_of(metadata: PackageMetadata) -> str:
    """What a package's metadata say: an SPDX expression where there is one."""
    said = metadata.get_all("License-Expression") or []
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License :: ") and line != "License :: OSI Approved"
    ]
    written = [line.splitlines()[0].strip() for line in metadata.get_all("License") or [] if line.strip()]
    for words in (said, classified, written):
        if words:
            return " OR ".join(dict.fromkeys(_PLAIN.get(word.lower(), word)[:60] for word in words))
    return UNKNOWN


def _jars(lock: Path) -> list[Component]:
    """group:name:version:jar of Kafka and of the registry; the lock is one line for each part that takes it."""
    found = {}
    for line in lock.read_text().splitlines():
        _, coordinates, _, sha256 = line.split()
        group, name, version, *_ = coordinates.split(":")
        licence = "Apache-2.0" if group in ("org.apache.kafka", "io.apicurio") else UNKNOWN
        found[coordinates] = Component("maven", f"{group}:{name}", version, licence, sha256)
    return list(found.values())


def _echarts(root: Path) -> Component:
    """The one library that lies in the repository itself."""
    readme = (root / "dashboards/preview/static/vendor/echarts/README.md").read_text()
    match = re.search(r"ECharts (\S+),", readme)
    assert match is not None, "its README.md names the version"
    return Component("npm", "echarts", match[1], "Apache-2.0")
