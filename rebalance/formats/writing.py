"""Writing of output files: what the disk refuses is told as a person can fix it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rebalance.errors import OutputError
from rebalance.system_errors import NO_ROOM

_FREE = "Free some space, or choose another folder with `output`."
_HINTS = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "Raise the limit on file sizes, or choose another folder with `output`.",
}


@contextmanager
def guarded_writing(folder: Path) -> Iterator[None]:
    """Turn an OSError while writing into a folder into an `OutputError` that says what to do.

    Parameters
    ----------
    folder : Path
        Named in the error if the OSError names no file.

    Raises
    ------
    OutputError
        If a file can't be written or the disk is full; the OSError is its cause.

    Examples
    --------
    >>> with guarded_writing(folder):  # doctest: +SKIP
    ...     (folder / "templates.lst").write_bytes(content)
    """
    try:
        yield
    except OSError as error:
        reason = NO_ROOM.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(
            f"The file could not be written: {reason}.",
            path=error.filename or folder,
            hint=_HINTS.get(
                error.errno or 0, "Choose a folder that you can write to with `output`."
            ),
        ) from error
