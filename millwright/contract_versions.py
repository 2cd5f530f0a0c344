"""The contracts as they were: at a git revision, in a folder, or as registered."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from millwright.contracts import Contract, parse_contract, read_contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings


def default_reference(directory: Path) -> str | None:
    """What a change is compared with when nobody says: origin/main where there is one, else HEAD; None without git."""
    for reference in ("origin/main", "HEAD"):
        if _git(directory, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}") is not None:
            return reference
    return None


def contracts_at(against: str, directory: Path) -> dict[str, Contract]:
    """Contracts by stream in a folder, or of `directory` at a git revision.

    Raises MillwrightError when `against` is neither.
    """
    if Path(against).is_dir():
        return read_contracts(Path(against))
    listing = _git(directory, "ls-tree", "--name-only", f"{against}^{{commit}}", "./")
    if listing is None:
        raise MillwrightError(
            f"{against!r} is neither a folder nor a git revision of {directory}.", "Name one with --against."
        )
    found = {}
    for name in listing.splitlines():
        if name.endswith(".avsc"):
            text = _git(directory, "show", f"{against}:./{name}")
            contract = parse_contract(json.loads(text or ""), f"{against}:{name}")
            found[contract.stream] = contract
    return found


def registered_versions(current: Iterable[Contract]) -> dict[int, dict[str, Contract]]:
    """Every registered version of these streams: version → contracts by stream.

    A stream that was never registered has none. Raises Unavailable when the registry does not answer.
    """
    import httpx

    found: dict[int, dict[str, Contract]] = {}
    address = settings().registry
    try:
        with httpx.Client(base_url=address, timeout=5) as client:
            for contract in current:
                answer = client.get(f"subjects/{contract.subject}/versions")
                versions = [] if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().json()
                for version in versions:
                    answer = client.get(f"subjects/{contract.subject}/versions/{version}").raise_for_status()
                    avro = json.loads(answer.json()["schema"])
                    source = f"{contract.subject} version {version}"
                    found.setdefault(version, {})[contract.stream] = parse_contract(avro, source)
    except httpx.HTTPError as error:
        raise Unavailable(f"The schema registry at {address} does not answer.", "Run `millwright up`.") from error
    return dict(sorted(found.items()))


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints, or None when it says no or is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(directory), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
