"""The folder of a study, held by one process at a time; anything else there is left alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rebalance.errors import OutputError

CELLS, MARK = "cells", "comparison.json"
"""By which a folder is known to be of a study: one from its beginning, one from its end."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone, for as long as the block lasts.

    Raises
    ------
    OutputError
        If it is something else, can't be written, or is held by another process.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError("This is a file, not a folder.", path=folder, hint="Give -o.")
    try:
        strange = folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file()
        if strange and not (folder / CELLS).is_dir():
            raise OutputError(
                "The folder exists and is not of a study.",
                path=folder,
                hint="Give another with -o.",
            )
        (folder / CELLS).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise OutputError(
            f"It can't be written: {error.strerror or error}.",
            path=folder,
            hint="Give another folder with -o.",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise OutputError(
            "Another process runs this study.", path=folder, hint="Wait for it, or give -o."
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
