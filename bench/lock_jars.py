"""Write jars.lock anew: `python -m bench.lock_jars` after changing a version in peers.toml."""

from __future__ import annotations

import hashlib

from jgo.maven import MavenContext, PythonResolver

from bench.environments import LOCK, PEERS


def main() -> None:
    """Fetch every jar that peers.toml names and write down its size in bytes and its SHA-256."""
    context, lines = MavenContext(resolver=PythonResolver()), []
    for peer, wanted in PEERS.items():
        for coordinate in wanted.get("jars", []):
            group, name, version = coordinate.split(":")
            data = context.project(group, name).at_version(version).artifact().resolve().read_bytes()
            lines.append(f"{peer} {coordinate}:jar {len(data)} {hashlib.sha256(data).hexdigest()}\n")
    LOCK.write_text("".join(lines))


if __name__ == "__main__":
    main()
