"""A stack of these tests' own: they kill its parts, which the session's other tests could not bear."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from millwright.settings import settings
from tests.stack import TestStack


@pytest.fixture(scope="package")
def victim() -> Iterator[TestStack]:
    """A stack to which the settings point only while a test asks for `own`."""
    before = dict(os.environ)
    stack = TestStack()
    _restore(before)
    yield stack
    stack.end()


@pytest.fixture
def own(victim: TestStack) -> Iterator[TestStack]:
    """The stack that may be killed, the settings pointing at it."""
    before = dict(os.environ)
    os.environ.update(victim.environment)
    settings.cache_clear()
    yield victim
    _restore(before)


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    settings.cache_clear()
