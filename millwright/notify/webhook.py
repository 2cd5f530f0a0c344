"""Messages as HTTP requests: one POST of JSON for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

from millwright.errors import MillwrightError
from millwright.notify.notice import Notice, Refused, Undelivered
from millwright.settings import Settings

_TIMEOUT_SECONDS = 10.0
# About this message, and not about the address or the moment: it would be refused each time.
_NEVER = {400, 413, 415, 422}


@dataclass(frozen=True)
class Webhook:
    """POSTs to `url`, with the header `Idempotency-Key`. A 2xx answer means that it has arrived."""

    url: str
    name: ClassVar[str] = "webhook"

    @classmethod
    def of(cls, config: Settings) -> Webhook:
        """As the settings say. Raises MillwrightError for what is no address."""
        try:
            parts = httpx.URL(config.alert_webhook_url)
            good = (
                parts.scheme in ("http", "https") and bool(parts.host) and urlsplit(config.alert_webhook_url).port != 0
            )
        except (httpx.InvalidURL, ValueError):
            good = False
        if not good:
            raise MillwrightError("MILLWRIGHT_ALERT_WEBHOOK_URL has to be an address such as https://example.org/hook.")
        return cls(config.alert_webhook_url)

    @property
    def address(self) -> str:
        """Where it goes, without what may be secret in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"

    def deliver(self, notices: Sequence[Notice]) -> None:
        """Send each of them. Raises Undelivered, or Refused, for the first that is not taken."""
        for notice in notices:
            self._post(notice)

    def _post(self, notice: Notice) -> None:
        body = {
            **notice.about,
            "id": notice.notice_id,
            "state": notice.state,
            "severity": notice.severity,
            "text": notice.line,  # what Slack, Mattermost and Teams show
            "time": notice.time.isoformat(),
        }
        headers = {"Idempotency-Key": notice.key}
        try:
            answer = httpx.post(self.url, json=body, headers=headers, timeout=_TIMEOUT_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Undelivered(
                f"The webhook at {self.address} does not answer: {error or type(error).__name__}."
            ) from None
        if answer.is_success:
            return
        kind = Refused if answer.status_code in _NEVER else Undelivered
        raise kind(f"The webhook at {self.address} answers {answer.status_code}: {answer.text[:200]}")
