"""Results in the folder of a job that another program made, and keeps files of its own in.

There a folder can't appear whole: each file does, `run.json` as the last of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from rebalance.errors import OutputError
from rebalance.record.results_folder import RUN_RECORD, ResultsFolder, files_written
from rebalance.record.work_folders import forget
from rebalance.system_errors import NO_ROOM


class JobFolder(ResultsFolder):
    """A `ResultsFolder` whose place is there already; what is in it stays, but for our own files.

    Parameters are those of `ResultsFolder`; ``overwrite`` has no say. What an earlier run left is
    removed by `remove_results`.
    """

    def _is_replaced(self) -> bool:
        return False

    def finish(self) -> None:
        """Put every file in its place.

        Raises
        ------
        InputError
            If a file that was read has changed.
        OutputError
            If one can't be; those before it are removed.
        """
        self._refuse_changed_inputs()
        paths = [path for path in self.work.rglob("*") if not path.is_dir()]
        names = sorted(path.relative_to(self.work) for path in paths)
        placed: list[Path] = []
        try:
            for name in sorted(names, key=lambda one: one.as_posix() == RUN_RECORD):
                (self.place / name).parent.mkdir(parents=True, exist_ok=True)
                placed.append(name)
                os.replace(self.work / name, self.place / name)
        except BaseException as error:
            # Without the record nobody would know whose they are.
            for name in placed:
                with contextlib.suppress(OSError):
                    if not (self.work / name).exists():
                        (self.place / name).unlink(missing_ok=True)
                _remove_empty(self.place, name)
            if not isinstance(error, OSError):
                raise
            raise OutputError(
                f"The results can't be put in place: {error.strerror or error}.", path=self.place
            ) from error
        shutil.rmtree(self.work, ignore_errors=True)
        forget(self.work)
        self.work = self.place
        self._made_parents.clear()
        self._unlock()


def remove_results(folder: Path, more: Iterable[str] = (), *, spared: Iterable[Path] = ()) -> None:
    """Remove the files that an earlier run wrote into a folder, by its record, and no others.

    Parameters
    ----------
    folder : Path
    more : iterable of str
        Names of files that are written beside those of the record.
    spared : iterable of Path
        Files that stay.
    """
    names = {*map(Path, more)}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        names |= {*map(Path, files_written(folder))}
    kept = {path.resolve() for path in spared if "\0" not in str(path)}
    inside = [
        name
        for name in names
        if not name.is_absolute() and ".." not in name.parts
        if (folder / name).resolve() not in kept
    ]
    # The record last: what is left after a kill is still known.
    names_in_order = sorted(inside, key=lambda one: one.as_posix() == RUN_RECORD)
    try:
        for name in names_in_order:
            _remove(folder, name)
    except BaseException:
        # Some of an earlier run's files are of no use, and look as if they were all.
        for name in names_in_order:
            with contextlib.suppress(OSError):
                _remove(folder, name)
        raise


def _remove(folder: Path, name: Path) -> None:
    (folder / name).unlink(missing_ok=True)
    _remove_empty(folder, name)


def _remove_empty(folder: Path, name: Path) -> None:
    """Remove the folders inside of another that a file was in, if nothing else is in them."""
    for parent in name.parents[:-1]:
        with contextlib.suppress(OSError):
            (folder / parent).rmdir()


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file that appears whole, in place of what is there.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = NO_ROOM.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(
            f"It can't be written: {reason}.",
            path=path,
            hint="Check the permissions and the disk, and run the job again.",
        ) from error
    return path
