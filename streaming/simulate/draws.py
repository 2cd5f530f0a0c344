"""Random draws that depend on what they are for, and on nothing drawn before."""

from __future__ import annotations

import zlib

import numpy as np


def draws(seed: int, purpose: str, *keys: int) -> np.random.Generator:
    """A generator of its own for a purpose and, say, a machine and a day.

    So a longer history, more machines or other faults leave every other number as it was.
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *keys])
