"""The folders that runs work in, noted while they do, so that those of killed runs are found.

A run builds its results beside their place, in a hidden folder that a kill leaves behind. It is
cleared by the next run to that place; but no one may ever run there again. So each is noted by a
small file in the user's cache folder, which goes when the run ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rebalance.cache_folder import cache_folder, make_folder

UNFINISHED, FORMER = "unfinished", "former"
"""Results in progress, and those that they replace."""

PATIENCE_SECONDS = 10.0
"""For another run to put its results in place, which takes a moment."""

_NOTES = "started"
_NAME = re.compile(rf"\.(?P<place>.+)\.(?P<role>{UNFINISHED}|{FORMER})-\w+", re.DOTALL)


@dataclass(frozen=True)
class Leftover:
    """A folder of a run that was killed.

    Parameters
    ----------
    path : Path
    place : Path
        Where its results were to go.
    is_former : bool
        It holds the results that were being replaced; a run to the place puts them back.
    size : int
        Bytes.
    """

    path: Path
    place: Path
    is_former: bool
    size: int


def work_folder_prefix(place: Path, role: str) -> str:
    """How the names of the folders begin that are made beside a place."""
    return f".{place.name}.{role}-"


def lock_folder(folder: Path) -> int:
    """An open, exclusively locked descriptor of a folder; −1 where that can't be had."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return -1
    return descriptor


def lock_new_folder(folder: Path) -> int:
    """Lock a folder that this process has just made; −1 where folders can't be locked.

    Raises
    ------
    FileNotFoundError
        If another process, which took it for abandoned, deletes it or has done so.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise FileNotFoundError(folder) from None
    except OSError:
        os.close(descriptor)
        return -1
    if not folder.exists():
        os.close(descriptor)
        raise FileNotFoundError(folder)
    return descriptor


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Change what is in a folder while no other run does; waits for one that is doing so.

    Where folders can't be locked, or it takes too long, nobody is waited for.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        _wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    with contextlib.suppress(OSError):
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    return
                time.sleep(0.01)


def note_started(folder: Path) -> None:
    """Note a folder that this process has locked; failing to is no reason not to run."""
    note = _note_of(folder)
    with contextlib.suppress(OSError):
        make_folder(note.parent.parent)
        note.parent.mkdir(exist_ok=True)
        note.write_bytes(os.fsencode(folder))


def forget(folder: Path) -> None:
    """The folder is gone, or has its final name."""
    with contextlib.suppress(OSError):
        _note_of(folder).unlink(missing_ok=True)


def _note_of(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
    return cache_folder() / _NOTES / digest


def find_leftovers() -> list[Leftover]:
    """Noted folders that are still there and that no process works in; other notes are dropped.

    A folder that can't be reached now, as on a disk that is not mounted, keeps its note only if
    the folder that it was made in is not there either.
    """
    found = []
    for note, folder in _notes():
        match = _NAME.fullmatch(folder.name)
        if match is None or _is_gone(folder):
            _drop(note)
            continue
        if not os.path.isdir(folder) or folder.is_symlink():
            continue
        lock = lock_folder(folder)
        if lock < 0:
            continue
        os.close(lock)
        place = folder.with_name(match["place"])
        found.append(Leftover(folder, place, match["role"] == FORMER, _size(folder)))
    return found


def forget_missing() -> None:
    """Drop the notes of folders that are gone, as a kill between a renaming and `forget` leaves."""
    for note, folder in _notes():
        if _is_gone(folder):
            _drop(note)


def _notes() -> Iterator[tuple[Path, Path]]:
    """Each note and the folder that it names; none where the cache can't be read."""
    try:
        notes = sorted((cache_folder() / _NOTES).iterdir())
    except OSError:
        return
    for note in notes:
        with contextlib.suppress(OSError):
            yield note, Path(os.fsdecode(note.read_bytes()))


def _is_gone(folder: Path) -> bool:
    """Deleted or renamed, and not only out of reach, as on a disk that is not mounted."""
    if not os.path.isdir(folder.parent):
        return False
    try:
        folder.lstat()
    except (FileNotFoundError, ValueError):
        return True
    except OSError:
        pass
    return False


def _drop(note: Path) -> None:
    with contextlib.suppress(OSError):
        note.unlink(missing_ok=True)


def remove_leftovers() -> int:
    """Delete the unfinished results of killed runs, and no former ones; bytes deleted."""
    freed = 0
    for left in find_leftovers():
        if left.is_former:
            continue
        lock = lock_folder(left.path)
        if lock < 0:
            continue
        try:
            shutil.rmtree(left.path, ignore_errors=True)
        finally:
            os.close(lock)
        if not left.path.exists():
            forget(left.path)
            freed += left.size
    return freed


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if not path.is_dir() else 0
    return total
