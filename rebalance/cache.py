"""The user's affinity cache: a folder of `affinity.npz` files named by what they were made from.

The engine computes the key (images, metric, its version and options) and calls `load` and
`store`; nothing here knows what is in a key. Several processes may share the folder: files appear
whole, by renaming, and one that is damaged or foreign is reported and made again.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rebalance.cache_folder import FOLDER_VARIABLE, cache_folder, make_folder
from rebalance.errors import InputError, OptionError, OutputError
from rebalance.model import Affinity
from rebalance.system_errors import no_room_behind

SIZE_VARIABLE = "REBALANCE_CACHE_SIZE"
DEFAULT_SIZE = 2 * 1000**3

_ENTRY = re.compile(r"[0-9a-f]{64}\.npz")
_UNFINISHED = re.compile(r"[0-9a-f]{64}\.npz\.\w+\.tmp")
_ABANDONED_AFTER_SECONDS = 24 * 3600
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class CacheEntry:
    """One affinity in the cache.

    Parameters
    ----------
    path : Path
    size : int
        Bytes.
    last_used : float
        Seconds since the epoch.
    """

    path: Path
    size: int
    last_used: float


def size_limit() -> int:
    """Bytes that the cache may hold: ``$REBALANCE_CACHE_SIZE`` (``500MB``, ``2G``), else 2 GB.

    Raises
    ------
    OptionError
        If the variable is not a size.
    """
    text = os.environ.get(SIZE_VARIABLE)
    if not text:
        return DEFAULT_SIZE
    match = _SIZE.fullmatch(text)
    if match is None:
        raise OptionError(
            f"{SIZE_VARIABLE} is {text!r}, but a size such as 500MB or 2G was expected.",
            hint=f"Set {SIZE_VARIABLE} to a size, or to 0 to keep nothing; or unset it.",
        )
    number, prefix, binary = match.groups()
    base = 1024 if binary else 1000
    exponent = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}[prefix.lower()]
    return int(float(number) * base**exponent)


class AffinityCache:
    """Affinities kept between runs; the least recently used go first when there are too many.

    Parameters
    ----------
    folder : Path, optional
        `cache_folder` when not given. Made at the first `store`.
    limit : int, optional
        Bytes; `size_limit` when not given.

    Attributes
    ----------
    problems : list of str
        What went wrong and was got over: a damaged entry, a folder that can't be written.
    """

    def __init__(self, folder: Path | None = None, *, limit: int | None = None) -> None:
        self.folder = cache_folder() if folder is None else folder
        self.limit = size_limit() if limit is None else limit
        self.problems: list[str] = []

    def path_of(self, key: str) -> Path:
        """Where the affinity of a key is kept, whether it is there or not."""
        if not _ENTRY.fullmatch(f"{key}.npz"):
            raise ValueError(f"a key is a SHA-256 in hexadecimal, not {key!r}")
        return self.folder / f"{key}.npz"

    @property
    def unfinished(self) -> Path:
        """Where the checkpoints of affinities that are not complete are kept."""
        return self.folder / "unfinished"

    def __contains__(self, key: str) -> bool:
        return self.path_of(key).is_file()

    def load(self, key: str) -> Affinity | None:
        """The affinity of a key, or None; a damaged or foreign file counts as none.

        Parameters
        ----------
        key : str
            SHA-256 in hexadecimal.
        """
        from rebalance.record.affinity_file import read_affinity

        path = self.path_of(key)
        try:
            affinity = read_affinity(path)
            if affinity.key != key:
                raise InputError("It belongs to another stack or metric.", path=path)
        except InputError as error:
            # Never kept, or pushed out by another process: either way there is none.
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            self.problems.append(
                f"The cached affinity {path} was not used, and is computed again: {error.problem}"
            )
            return None
        from rebalance.engine.checkpoint import remove_needless

        remove_needless(self.unfinished, key)
        # A cache that only others may write is still good to read.
        with contextlib.suppress(OSError):
            os.utime(path)
        return affinity

    def store(self, affinity: Affinity) -> None:
        """Keep an affinity under its ``key``; failing to is no error, but said in `problems`."""
        path = self.path_of(affinity.key)
        try:
            make_folder(self.folder)
            self._write_whole(affinity, path)
            self._make_room(keep=path)
        except (OSError, ValueError, RuntimeError) as error:
            failed = error if isinstance(error, OSError) else no_room_behind(error)
            if failed is None:
                raise
            self.problems.append(
                f"The affinity can't be saved for the next run: can't write to {self.folder} "
                f"({failed.strerror or failed}). Set {FOLDER_VARIABLE} to another folder."
            )

    def _write_whole(self, affinity: Affinity, path: Path) -> None:
        from rebalance.record.affinity_file import write_affinity

        handle, unfinished = tempfile.mkstemp(
            prefix=f"{path.name}.", suffix=".tmp", dir=self.folder
        )
        os.close(handle)
        try:
            write_affinity(affinity, Path(unfinished))
            if Path(unfinished).stat().st_size > self.limit:
                self.problems.append(
                    "The affinity can't be saved for the next run: it exceeds the size of the "
                    f"cache. Increase {SIZE_VARIABLE}."
                )
                return
            os.replace(unfinished, path)
        finally:
            Path(unfinished).unlink(missing_ok=True)

    def _make_room(self, keep: Path) -> None:
        entries = self.entries()
        total = sum(entry.size for entry in entries)
        for entry in reversed(entries):
            if total <= self.limit:
                break
            if entry.path != keep:
                entry.path.unlink(missing_ok=True)
                total -= entry.size
        for path in self._files(_UNFINISHED):
            try:
                if time.time() - path.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
                    path.unlink()
            except FileNotFoundError:
                continue

    def _files(self, pattern: re.Pattern[str]) -> Iterator[Path]:
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if pattern.fullmatch(path.name):
                    yield path

    def entries(self) -> list[CacheEntry]:
        """What the cache holds, the last used first."""
        found = []
        for path in self._files(_ENTRY):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append(CacheEntry(path, status.st_size, status.st_mtime))
        return sorted(found, key=lambda entry: (-entry.last_used, entry.path.name))

    def checkpoints(self) -> list[CacheEntry]:
        """What interrupted runs left, and runs that are under way; the last used first."""
        from rebalance.engine.checkpoint import find_checkpoints

        found = [
            CacheEntry(path, status.st_size, status.st_mtime)
            for path, status in find_checkpoints(self.unfinished)
        ]
        return sorted(found, key=lambda entry: (-entry.last_used, entry.path.name))

    def clear(self) -> tuple[int, int]:
        """Delete every entry and every checkpoint that is not in use, and nothing else.

        Returns
        -------
        tuple of int
            Number of affinities deleted, and bytes.

        Raises
        ------
        OutputError
            If a file can't be deleted.
        """
        from rebalance.engine.checkpoint import remove_abandoned

        try:
            entries = self.entries()
            _, unfinished = remove_abandoned(self.unfinished)
            for path in [entry.path for entry in entries] + list(self._files(_UNFINISHED)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"The cache can't be emptied: {error.strerror or error}.",
                path=error.filename or self.folder,
                hint=f"Get permission to write in {self.folder}, or set {FOLDER_VARIABLE} to "
                "another folder.",
            ) from error
        return len(entries), sum(entry.size for entry in entries) + unfinished
