"""Finished tiles on disk, so that a run that was killed goes on where it was.

One file an affinity, named by its key: a header with that key, then one record a tile, appended as
soon as the tile is done. Each record ends in a digest of the key and the record, by which a torn or
foreign one is known. Work of under `BEGUN_AFTER_SECONDS` never gets a file. The file is locked by
the process that writes it; the lock ends with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import struct
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from rebalance.contracts import Block
from rebalance.engine.schedule import Tile

BEGUN_AFTER_SECONDS = 2.0
"""Work that takes less is not worth a file; what is done by then is written at once."""

ABANDONED_AFTER_SECONDS = 30 * 24 * 3600
"""A checkpoint not used for this long is deleted by the next run that makes one."""

_MAGIC = b"rebalance tiles 1\n"
_HEADER = struct.Struct(f"<{len(_MAGIC)}s32s")
# First and last row and column (excluded), and whether there are alignments.
_RECORD = struct.Struct("<5Q")
_DIGEST_BYTES = 16
_SUFFIX = ".tiles"
_VALUE_BYTES, _ALIGNMENT_BYTES = 4, 13


class Checkpoints:
    """The checkpoints of a folder.

    Parameters
    ----------
    folder : Path
        Made when it is needed.
    limit : int, optional
        Bytes; work whose checkpoint would be larger gets none.
    say : callable, optional
        Called with a sentence, without a full stop, when a run goes on from a checkpoint, when that
        is torn, and when another process has it.

    Attributes
    ----------
    problems : list of str
        What went wrong and was got over: a foreign file, a folder that can't be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit: int | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.limit = limit
        self.problems: list[str] = []
        self.say: Callable[[str], None] = say or (lambda _: None)

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[Checkpoint]:
        """The checkpoint of an affinity; deleted at the end, unless the work failed.

        Parameters
        ----------
        key : str
            Of the affinity: SHA-256 in hexadecimal.
        """
        checkpoint = Checkpoint(self, key)
        try:
            yield checkpoint
            checkpoint.remove()
        finally:
            checkpoint.close()


class Checkpoint:
    """The finished tiles of one affinity; see `Checkpoints.open`."""

    def __init__(self, owner: Checkpoints, key: str) -> None:
        self.path = owner.folder / f"{key}{_SUFFIX}"
        self.say = owner.say
        self._owner = owner
        self._key = bytes.fromhex(key)
        self._stream: BinaryIO | None = None
        self._early: list[tuple[Tile, Block]] = []
        self._began = time.monotonic()
        self._is_off = False

    def finished(self, schedule: Collection[Tile]) -> Iterator[tuple[Tile, Block]]:
        """Tiles that an interrupted run of the same key left, each once.

        Whatever is torn, or not of this key and schedule, is said, dropped and never given.
        """
        self._is_off = self._is_too_large(schedule)
        # os.path, as a folder that may not be looked into has no checkpoint either.
        if self._is_off or not os.path.exists(self.path) or not self._lock_file():
            return
        assert self._stream is not None
        stream, wanted = self._stream, set(schedule)
        try:
            header = stream.read(_HEADER.size)
            if header != _HEADER.pack(_MAGIC, self._key):
                if header:
                    self._say_problem("is for another affinity and was replaced")
                self._start_anew()
                return
            good = stream.tell()
            while record := self._read_record(stream, wanted):
                wanted.discard(record[0])
                good = stream.tell()
                yield record
            if os.fstat(stream.fileno()).st_size > good:
                # Said on the screen only: results are those of an undisturbed run.
                self.say(
                    f"The checkpoint {self.path} is incomplete: {len(schedule) - len(wanted):,} "
                    "finished tiles are used, and the rest is computed again"
                )
                stream.truncate(good)
            stream.seek(good)
        except OSError as error:
            self._give_up(error)

    def add(self, tile: Tile, block: Block) -> None:
        """Keep a tile that is done; failing to is no error, but said among the problems."""
        if self._is_off:
            return
        if self._stream is None:
            self._early.append((tile, block))
            if time.monotonic() - self._began < BEGUN_AFTER_SECONDS:
                return
            if not self._create():
                return
        try:
            assert self._stream is not None
            for record in self._early or [(tile, block)]:
                self._write(self._stream, *record)
            # To the system, which keeps it if this process is killed.
            self._stream.flush()
        except OSError as error:
            self._give_up(error)
        self._early.clear()

    def remove(self) -> None:
        """The affinity is complete: nothing is left to go on from."""
        # One that may not be deleted is by a later run that may.
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Let go of the file, and with it of its lock."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
        self._stream = None

    def _is_too_large(self, schedule: Collection[Tile]) -> bool:
        if self._owner.limit is None:
            return False
        return self._owner.limit < _HEADER.size + sum(_record_bytes(tile, 1) for tile in schedule)

    def _create(self) -> bool:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            remove_abandoned(self.path.parent, ABANDONED_AFTER_SECONDS)
            if not self._lock_file():
                return False
            self._start_anew()
        except OSError as error:
            self._give_up(error)
        return self._stream is not None

    def _start_anew(self) -> None:
        assert self._stream is not None
        self._stream.seek(0)
        self._stream.truncate()
        self._stream.write(_HEADER.pack(_MAGIC, self._key))

    def _lock_file(self) -> bool:
        """Open the file for this process alone; False, and said, if that can't be done."""
        try:
            self._stream = _open_locked(self.path)
        except BlockingIOError:
            self._is_off = True
            self._early.clear()
            self.say(
                "Another process is computing the same affinity, so this one keeps no checkpoint"
            )
        except OSError as error:
            self._give_up(error)
        return self._stream is not None

    def _read_record(self, stream: BinaryIO, wanted: set[Tile]) -> tuple[Tile, Block] | None:
        head = stream.read(_RECORD.size)
        if len(head) < _RECORD.size:
            return None
        top, bottom, left, right, is_aligned = _RECORD.unpack(head)
        if is_aligned > 1 or max(top, bottom, left, right) >= 2**31:
            return None
        tile = Tile(range(top, bottom), range(left, right))
        if tile not in wanted:
            return None
        body = stream.read(_record_bytes(tile, is_aligned) - len(head))
        payload, digest = body[:-_DIGEST_BYTES], body[-_DIGEST_BYTES:]
        if digest != self._digest(head + payload).digest():
            return None
        return tile, _to_block(payload, (len(tile.rows), len(tile.columns)), bool(is_aligned))

    def _write(self, stream: BinaryIO, tile: Tile, block: Block) -> None:
        arrays: list[npt.NDArray[Any]] = [np.asarray(block.values, dtype="<f4")]
        is_aligned = (
            block.rotation is not None and block.shift is not None and block.mirror is not None
        )
        if is_aligned:
            arrays += [
                np.asarray(block.rotation, dtype="<f4"),
                np.asarray(block.shift, dtype="<f4"),
                np.asarray(block.mirror, dtype=np.bool_),
            ]
        head = _RECORD.pack(
            tile.rows.start, tile.rows.stop, tile.columns.start, tile.columns.stop, is_aligned
        )
        digest = self._digest(head)
        stream.write(head)
        for array in arrays:
            # Whole tiles of a GPU have megabytes: they are not copied.
            content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
            digest.update(content)
            stream.write(content)
        stream.write(digest.digest())

    def _digest(self, content: bytes) -> hashlib.blake2b:
        return hashlib.blake2b(content, key=self._key, digest_size=_DIGEST_BYTES)

    def _say_problem(self, what: str) -> None:
        self._owner.problems.append(f"The checkpoint {self.path} {what}.")

    def _give_up(self, error: OSError) -> None:
        self._is_off = True
        self._early.clear()
        self.close()
        self._owner.problems.append(
            "No checkpoint is kept, so an interrupted run starts over: can't write to "
            f"{self.path.parent} ({error.strerror or error})."
        )


def _record_bytes(tile: Tile, is_aligned: int) -> int:
    pair = _VALUE_BYTES + is_aligned * _ALIGNMENT_BYTES
    return _RECORD.size + len(tile.rows) * len(tile.columns) * pair + _DIGEST_BYTES


def _to_block(payload: bytes, shape: tuple[int, int], is_aligned: bool) -> Block:
    stream = io.BytesIO(payload)
    pairs = shape[0] * shape[1]

    def take(dtype: str, per_pair: int = 1) -> npt.NDArray[Any]:
        count = pairs * per_pair * np.dtype(dtype).itemsize
        return np.frombuffer(stream.read(count), dtype=dtype)

    values = take("<f4").reshape(shape)
    if not is_aligned:
        return Block(values)
    return Block(
        values,
        take("<f4").reshape(shape),
        take("<f4", 2).reshape(*shape, 2),
        take("?").reshape(shape),
    )


def _open_locked(path: Path) -> BinaryIO:
    """Open a file, made if it is not there, under a lock; BlockingIOError if another has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had the lock before may have deleted what was opened here.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), os.stat(path)):
                    return os.fdopen(handle, "r+b")
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def find_checkpoints(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The checkpoints of a folder, in use or not."""
    for path in folder.glob(f"{'[0-9a-f]' * 64}{_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat()


def remove_needless(folder: Path, key: str) -> None:
    """Delete the checkpoint of an affinity that is complete: a kill came before its end.

    Parameters
    ----------
    folder : Path
    key : str
        Of the affinity.
    """
    path = folder / f"{key}{_SUFFIX}"
    if os.path.exists(path):
        with contextlib.suppress(OSError), _open_locked(path):
            path.unlink()


def remove_abandoned(folder: Path, older_than: float = 0.0) -> tuple[int, int]:
    """Delete checkpoints that no process is writing.

    Parameters
    ----------
    folder : Path
    older_than : float
        Seconds since the last tile was added.

    Returns
    -------
    tuple of int
        Number of checkpoints deleted, and bytes.
    """
    number = size = 0
    for path, status in find_checkpoints(folder):
        if time.time() - status.st_mtime < older_than:
            continue
        with contextlib.suppress(OSError):
            with _open_locked(path):
                path.unlink()
            number, size = number + 1, size + status.st_size
    return number, size
