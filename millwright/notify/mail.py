"""Messages as e-mail: one mail for as many as there are, with a table."""

from __future__ import annotations

import hashlib
import html
import logging
import smtplib
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import ClassVar, Literal

from millwright.notify.letter import Letter
from millwright.notify.notice import Notice, Refused, Undelivered
from millwright.settings import Settings

log = logging.getLogger(__name__)

_POLICY = SMTP.clone(max_line_length=250)  # a folded subject begins with a space in some readers
_TIMEOUT_SECONDS = 20.0
_ROWS = 500  # of a mail's table; the rest is counted


@dataclass(frozen=True)
class Mail:
    """Writes to `to` by an SMTP server. A mail has arrived when the server has taken it for one of them."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    name: ClassVar[str] = "mail"

    @classmethod
    def of(cls, config: Settings) -> Mail:
        """As the settings say."""
        to = tuple(part.strip() for part in config.alert_email_to.split(",") if part.strip())
        sender = config.smtp_from or config.smtp_user or f"millwright@{config.smtp_host}"
        return cls(
            config.smtp_host, config.smtp_port, sender, to, config.smtp_tls, config.smtp_user, config.smtp_password
        )

    @property
    def address(self) -> str:
        """Where it goes."""
        return f"{', '.join(self.to)} by {self.host}:{self.port}"

    def deliver(self, notices: Sequence[Notice]) -> None:
        """Send them all in one mail. Raises Undelivered, or Refused when the server will not have its content."""
        if notices:
            self._send(message(notices, self.sender, self.to))

    def send(self, letter: Letter) -> None:
        """Send a mail of its own. Raises Undelivered, or Refused when the server will not have its content."""
        self._send(letter.as_mail(self.sender, self.to, _POLICY))

    def _send(self, mail: EmailMessage) -> None:
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                refused = server.send_message(mail)
        except smtplib.SMTPDataError as error:
            kind = Refused if 550 <= error.smtp_code < 560 else Undelivered
            raise kind(f"The mail server {self.host}:{self.port} does not take the mail: {_said(error)}") from None
        except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
            raise Undelivered(f"The mail server {self.host}:{self.port}: {_said(error)}") from None
        if refused:  # the others have it: another try would write to them again
            log.warning("The mail server %s:%d refuses %s.", self.host, self.port, ", ".join(refused))

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        if self.tls == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def message(notices: Sequence[Notice], sender: str, to: Sequence[str]) -> EmailMessage:
    """One mail about all of them. The same notices give the same Message-ID."""
    mail = EmailMessage(_POLICY)
    mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), _subject(notices)
    mail["Date"] = format_datetime(max(notice.time for notice in notices))
    digest = hashlib.sha256("\n".join(notice.key for notice in notices).encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@millwright>"
    mail["Auto-Submitted"] = "auto-generated"
    rows = [(_when(n), n.severity, n.state, n.line) for n in notices[:_ROWS]]
    more = len(notices) - len(rows)
    rest = f"\nand {more} more: `millwright alerts ls` shows what is raised now." if more else ""
    mail.set_content(
        "\n".join(f"{when}  {severity:<8}  {state:<7}  {line}" for when, severity, state, line in rows) + rest
    )
    cells = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th align='left'>{name}</th>" for name in ("time (UTC)", "severity", "state", "what"))
    mail.add_alternative(f"<table cellpadding='4'><tr>{head}</tr>\n{cells}</table><p>{html.escape(rest)}</p>", "html")
    return mail


def _subject(notices: Sequence[Notice]) -> str:
    if len(notices) == 1:
        [only] = notices
        what = only.severity if only.state == "raised" else "over"
        return f"[{what}] {only.line}"[:200]
    raised = Counter[str](notice.severity for notice in notices if notice.state == "raised")
    counts = [f"{raised[severity]} {severity}" for severity in ("critical", "warning") if raised[severity]]
    if over := sum(notice.state == "cleared" for notice in notices):
        counts.append(f"{over} over")
    return f"[millwright] {len(notices)} alerts: {', '.join(counts)}"


def _when(notice: Notice) -> str:
    return notice.time.strftime("%Y-%m-%d %H:%M:%S")


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
