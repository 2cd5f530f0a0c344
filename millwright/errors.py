"""Errors that a person reads: what is wrong in one sentence, and the next step."""

from __future__ import annotations


class MillwrightError(Exception):
    """Something the user can mend. The command line prints it without a traceback and exits with 1.

    `message` says what is wrong, naming the field, file or address; `remedy` says what to do next.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class NeverStarted(MillwrightError):
    """The embedded stack has never been started here, so there are no passwords to ask it with."""


class Unavailable(MillwrightError):
    """A part of the platform does not answer. Worth another try."""
