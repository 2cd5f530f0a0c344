"""Which file of bronze an engine could not read: it says that there is one, and not which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pyspark.errors import PySparkException

from millwright import bronze
from millwright.errors import MillwrightError, Unavailable
from millwright.lake import BronzeFile
from millwright.store import lake_store


@contextmanager
def damage_named(files: Sequence[BronzeFile]) -> Iterator[None]:
    """When the engine fails within it, or reads other than the headers count, each file is proven by its checksum.

    Raises MillwrightError naming the first that is damaged, with the remedy; the engine's own error when none is.
    """
    try:
        yield
    except (PySparkException, MillwrightError) as error:
        if not isinstance(error, Unavailable):
            with suppress(Unavailable):  # the lake went away, which the engine's own error tells
                _prove(files)
        raise


def _prove(files: Sequence[BronzeFile]) -> None:
    store = lake_store()
    for file in files:
        if (data := store.read(file.key)) is None:
            raise MillwrightError(f"The bronze file {file.key} is gone.", "Put it back from a backup.")
        bronze.verify(data, file.key)
