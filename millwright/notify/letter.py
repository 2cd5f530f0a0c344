"""A mail of its own, such as a report: text, its HTML form, and files."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime


@dataclass(frozen=True)
class Letter:
    """What is written; `files` are name, media type and content."""

    subject: str
    text: str
    html: str
    files: list[tuple[str, str, bytes]] = field(default_factory=list)

    def as_mail(self, sender: str, to: Sequence[str], policy: EmailPolicy[EmailMessage]) -> EmailMessage:
        """The mail. The same subject and text to the same readers have the same Message-ID."""
        mail = EmailMessage(policy)
        mail["From"], mail["To"] = sender, ", ".join(to)
        mail["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in self.subject).split())[:200]
        mail["Date"] = format_datetime(dt.datetime.now(dt.UTC))
        digest = hashlib.sha256("\n".join([self.subject, self.text, *to]).encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@millwright>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self.text)
        mail.add_alternative(self.html, "html")
        for name, media, content in self.files:
            kind, _, subkind = media.partition("/")
            mail.add_attachment(content, kind, subkind, filename=name)
        return mail
