"""An input that is read in parts, and refused if it is not the same file each time.

Nothing is mapped into memory: a mapped file that another program cuts short ends the process
by a signal that Python can't catch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import FileIO
from pathlib import Path

from rebalance.errors import InputError

_looks: ContextVar[dict[str, tuple[int, ...]] | None] = ContextVar("looks", default=None)


def begin_looks() -> None:
    """A job begins: from now on, `note_look` keeps what files were when they were opened first."""
    _looks.set({})


def note_look(path: Path, state: os.stat_result) -> None:
    """A file was opened, in this state."""
    looks = _looks.get()
    if looks is not None:
        looks.setdefault(os.path.abspath(path), identity(state))


class UnchangedFile:
    """A file as it was when it was first looked at.

    Parameters
    ----------
    path : Path
    of_job : bool
        Looked at anywhere in this job, if it was noted (`note_look`), and not only here.

    Raises
    ------
    InputError
        If it can't be read.
    """

    def __init__(self, path: Path, *, of_job: bool = False) -> None:
        self.path = path
        try:
            state = path.stat()
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
        self.size = state.st_size
        self._state = identity(state)
        if of_job:
            self._state = (_looks.get() or {}).get(os.path.abspath(path), self._state)
        else:
            note_look(path, state)

    @contextmanager
    def open(self) -> Iterator[FileIO]:
        """The open file.

        Raises
        ------
        InputError
            If it is another file than before, longer or shorter, was written to since, or is
            gone, or if reading fails.
        """
        try:
            with open(self.path, "rb", buffering=0) as raw:
                if identity(os.fstat(raw.fileno())) != self._state:
                    raise self._changed("has changed")
                yield raw
        except FileNotFoundError as error:
            raise self._changed("was removed") from error
        except OSError as error:
            raise unreadable(self.path, error) from error

    def read(self, file: FileIO, size: int) -> bytes:
        """Exactly so many bytes; InputError if the file ends before."""
        buffer = bytearray(size)
        self.read_into(file, memoryview(buffer))
        return bytes(buffer)

    def read_into(self, file: FileIO, buffer: memoryview) -> None:
        """Fill a buffer of bytes; InputError if the file ends before."""
        done = 0
        while done < len(buffer):
            got = file.readinto(buffer[done:])
            if not got:
                raise self._changed("ends earlier than before")
            done += got

    def _changed(self, how: str) -> InputError:
        return InputError(
            f"The file {how} after the run began to read it.",
            path=self.path,
            hint="Is another program writing to it, or was it deleted? Run again when it is "
            "complete.",
        )


def unreadable(path: Path, error: Exception) -> InputError:
    """The error for a file that the system refuses to open or to read."""
    reason = getattr(error, "strerror", None) or error
    return InputError(
        f"The file can't be read: {reason}.", path=path, hint="Check the name and the permissions."
    )


def identity(state: os.stat_result) -> tuple[int, ...]:
    """By which a file is known again.

    Device and inode are no part of it: a network disk that was idle is mounted anew by another
    device number, and sshfs counts inodes as it comes across files.
    """
    return state.st_size, state.st_mtime_ns
