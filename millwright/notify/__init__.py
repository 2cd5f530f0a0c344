"""Telling people: by webhook and by e-mail, whatever of the two is configured.

| what | where |
|---|---|
| a message, whole | `Notice` |
| one way out | `Webhook`, `Mail`; `configured()` gives those that the settings name |
| tell people from anywhere in the platform | `tell` |
| a mail of its own, with files | `Letter`, sent by `Mail.send` |
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from millwright.errors import MillwrightError
from millwright.notify.letter import Letter
from millwright.notify.mail import Mail
from millwright.notify.notice import Notice, Refused, Undelivered
from millwright.notify.webhook import Webhook
from millwright.settings import Settings, settings

__all__ = ["Letter", "Mail", "Notice", "Outcome", "Refused", "Undelivered", "Way", "Webhook", "configured", "tell"]

Way = Webhook | Mail

_TRIES = 3
_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Outcome:
    """What became of a message on one way; `said` is why it was not delivered, or where it went."""

    way: str
    delivered: bool
    said: str


def configured(config: Settings | None = None) -> list[Way]:
    """The ways that the settings name; none is no error.

    Raises MillwrightError for an address that is none, and for a mail server without anybody to write to.
    """
    config = config or settings()
    ways: list[Way] = []
    if config.alert_webhook_url:
        ways.append(Webhook.of(config))
    if bool(config.alert_email_to) != bool(config.smtp_host):
        given, missing = ("ALERT_EMAIL_TO", "SMTP_HOST") if config.alert_email_to else ("SMTP_HOST", "ALERT_EMAIL_TO")
        raise MillwrightError(
            f"MILLWRIGHT_{given} is set and MILLWRIGHT_{missing} is not.", "Mail needs both (see docs/alerts.md)."
        )
    if config.smtp_host:
        ways.append(Mail.of(config))
    return ways


def tell(notices: Sequence[Notice], ways: Sequence[Way] | None = None) -> list[Outcome]:
    """Send messages on all configured ways, each tried three times; what became of them. For whoever cannot wait.

    It does not raise for a message that could not be delivered. The same message told again has the same idempotency
    key and Message-ID, so telling twice does no harm.
    """
    return [_told(way, notices) for way in (configured() if ways is None else ways)]


def _told(way: Way, notices: Sequence[Notice]) -> Outcome:
    said = ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_WAIT_SECONDS * 2 ** (attempt - 1))
        try:
            way.deliver(notices)
        except Undelivered as error:
            said = str(error)
        except Refused as error:
            return Outcome(way.name, False, str(error))
        else:
            return Outcome(way.name, True, way.address)
    return Outcome(way.name, False, said)
