"""Passwords of the embedded stack: made by the first `millwright up`, kept with mode 0600."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from millwright.errors import MillwrightError
from millwright.settings import Settings


def ensure(config: Settings) -> dict[str, str]:
    """All passwords by name; those that are missing are made and kept, the others never change.

    Raises MillwrightError when the file cannot be read as JSON.
    """
    path = config.credentials_file
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        kept = {}
    except ValueError:
        raise MillwrightError(
            f"{path} is damaged: it is not JSON.", "Remove it; the next `millwright up` makes new passwords."
        ) from None
    whole = {**_made(), **kept}
    if whole != kept:
        _write(path, whole)
    path.chmod(0o600)
    return whole


def take_over(config: Settings, given: dict[str, str]) -> None:
    """Put secrets of a backup in the place of ours, such as the key that its Airflow database was encrypted with."""
    _write(config.credentials_file, {**ensure(config), **given})


def _write(path: Path, passwords: dict[str, str]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(passwords, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _made() -> dict[str, str]:
    return {
        "postgres_password": secrets.token_urlsafe(18),
        "airflow_password": secrets.token_urlsafe(12),
        "airflow_secret_key": secrets.token_urlsafe(32),
        "airflow_jwt_secret": secrets.token_urlsafe(64),
        "airflow_fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
