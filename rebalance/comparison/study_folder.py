"""The folder of a study: what its files are called, and the lock that gives it to one process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rebalance.errors import OutputError

CELLS, DATA, AFFINITIES = "cells", "data", "affinities"
"""Folders with finished work."""
SCORES_FILE, RANKS_FILE, SUMMARY_FILE, FIGURES = (
    "scores.csv",
    "ranks.csv",
    "comparison.json",
    "figures",
)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone, for as long as the block lasts.

    A folder is known to be of a study by the first and the last that is written to it: cells and
    summary.

    Raises
    ------
    OutputError
        If it is something else, can't be written, or is held by another process.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(
            "This is a file, not a folder.", path=folder, hint="Choose another folder."
        )
    try:
        is_used = folder.is_dir() and any(folder.iterdir())
        if is_used and not ((folder / SUMMARY_FILE).is_file() or (folder / CELLS).is_dir()):
            raise OutputError(
                "The folder exists, but does not belong to a study.",
                path=folder,
                hint="Choose another folder.",
            )
        (folder / CELLS).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise OutputError(
            f"It can't be written: {error.strerror or error}.",
            path=folder,
            hint="Choose another folder.",
        ) from error
    try:
        # Some network disks know no locks: there a study is run all the same.
        with suppress(OSError):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(
                    "Another process is running this study.",
                    path=folder,
                    hint="Wait for it, or choose another folder.",
                ) from None
        yield
    finally:
        os.close(descriptor)
