"""What the system refuses, told to a person: full disks, limits, files that are gone or closed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from rebalance.errors import InputError, OutputError, RebalanceError

NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EFBIG: "the file would exceed the size allowed by this system or your limits",
}
"""Errors of writing that name no file, whatever was written."""


def no_room_behind(error: BaseException | None) -> OSError | None:
    """The error of a full disk or a limit that is, or led to, another.

    Archives and pictures fail once more when what was begun is closed, and say something else.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def told(error: Exception) -> RebalanceError | None:
    """What is said of an error of the system; None for one that may be a bug.

    Parameters
    ----------
    error : Exception
        An `OSError`, or what it led to.
    """
    full = no_room_behind(error)
    if full is not None:
        return OutputError(
            f"It can't be written: {NO_ROOM[full.errno or 0]}.",
            path=_name_in(full),
            hint="Free some space, or write elsewhere.",
        )
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        part = error.object[max(0, error.start - 40) : error.end + 20]
        return InputError(
            f"A name is not valid UTF-8 and can't be written: …{part!r}….",
            hint="Rename that file or folder.",
        )
    if not isinstance(error, OSError):
        return None
    name = _name_in(error)
    if name is None:
        if isinstance(error, FileNotFoundError):
            return InputError(
                "The current folder no longer exists.", hint="Change to another with cd."
            )
        return None
    if isinstance(error, FileNotFoundError):
        return InputError(
            "This file or folder no longer exists.",
            path=name,
            hint="Put it back, and run the command again.",
        )
    return InputError(
        f"It can't be read or written: {error.strerror or error}.",
        path=name,
        hint="Check the name, the permissions and the disk.",
    )


def _name_in(error: OSError) -> str | None:
    name = error.filename if error.filename is not None else error.filename2
    return name if isinstance(name, str) else None


@contextmanager
def system_errors_told() -> Iterator[None]:
    """An error of the system that escapes is raised as a `RebalanceError` that says it."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        said = None if isinstance(error, RebalanceError) else told(error)
        if said is None:
            raise
        raise said from error
