"""Writing that fails as a person would want it told."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rebalance.errors import OutputError


@contextmanager
def guarded_writing(folder: Path) -> Iterator[None]:
    """Turn an OSError while writing into a folder into an `OutputError` that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise OutputError(
            f"{'There is no room left' if full else 'The file can not be written'}: "
            f"{error.strerror or error}.",
            path=error.filename or folder,
            hint="Free some space, or give another folder with -o."
            if full
            else "Give a folder that you may write to with -o.",
        ) from error
