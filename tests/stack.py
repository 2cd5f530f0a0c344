"""The real services that tests talk to: one stack a session, each part started when the first test asks for it."""

from __future__ import annotations

from infra.local.temporary import TemporaryStack, clear_environment, end, free_ports

__all__ = ["TestStack", "clear_environment", "end", "free_ports"]


class TestStack(TemporaryStack):
    """The tests' stack; its settings are in force in this process."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__("test")
