"""Connections of the reading role that are kept open, a few at a time: a dashboard asks a dozen questions at once."""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from dashboards import reader
from dashboards.template import Rendered

_AT_ONCE = 6


class Warehouse:
    """Asks questions from any thread; a connection that the server has dropped is replaced."""

    def __init__(self) -> None:
        self._open: queue.LifoQueue[tuple[Connection, ExitStack]] = queue.LifoQueue()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def ask(self, question: Rendered) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Columns and rows. Raises psycopg2.Error about the statement, Unavailable when no server answers."""
        with self._turns:
            while True:
                connection, stack, was_open = self._connection()
                try:
                    answer = reader.ask(connection, question)
                except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                    stack.close()
                    if error.pgcode is None and was_open:  # dropped while it lay idle
                        continue
                    raise
                except BaseException:
                    stack.close()
                    raise
                self._open.put((connection, stack))
                return answer

    def close(self) -> None:
        """Close all that lie idle."""
        while not self._open.empty():
            self._open.get_nowait()[1].close()

    def _connection(self) -> tuple[Connection, ExitStack, bool]:
        try:
            return (*self._open.get_nowait(), True)
        except queue.Empty:
            stack = ExitStack()
            return stack.enter_context(reader.reading()), stack, False
