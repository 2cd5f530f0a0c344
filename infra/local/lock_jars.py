"""Write jars.lock anew: `python -m infra.local.lock_jars` after changing a version here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import jgo
from jgo.maven import MavenContext, PythonResolver

from infra.local.jars import LOCK

KAFKA = "4.3.1"
LOG4J = "2.25.3"
REGISTRY = "3.3.3"
# kafka-clients is named because, left alone, jgo takes 3.9.1 from a management section.
ENDPOINT = "+".join(
    [
        f"org.apache.kafka:kafka_2.13:{KAFKA}",
        f"org.apache.kafka:kafka-clients:{KAFKA}",
        f"org.apache.logging.log4j:log4j-core:{LOG4J}",
        f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J}",
    ]
)


def _line(part: str, coordinate: str, path: Path) -> str:
    return f"{part} {coordinate} {path.stat().st_size} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def main() -> None:
    """Resolve, download and write down every jar with its size in bytes and its SHA-256."""
    lines = [
        _line("kafka", f"{jar.groupId}:{jar.artifactId}:{jar.version}:jar", jar.resolve())
        for jar in jgo.resolve(ENDPOINT)
    ]
    registry = MavenContext(resolver=PythonResolver()).project("io.apicurio", "apicurio-registry-app")
    archive = registry.at_version(REGISTRY).artifact(classifier="all", packaging="tar.gz").resolve()
    lines.append(_line("registry", f"io.apicurio:apicurio-registry-app:{REGISTRY}:tar.gz:all", archive))
    LOCK.write_text("".join(sorted(lines)))


if __name__ == "__main__":
    main()
