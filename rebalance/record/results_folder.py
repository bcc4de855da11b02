"""The folder of one run: built next to its place under another name, and renamed whole.

Whatever ends a run early, Ctrl-C, a full disk or a bug, the place holds what it held before.
A kill between the two renames that replace former results leaves those in a hidden folder beside
the place; the next run to that place puts them back before it does anything else.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from rebalance.errors import OutputError, RebalanceError
from rebalance.formats.unchanged_file import UnchangedFile
from rebalance.record.work_folders import (
    FORMER,
    UNFINISHED,
    alone_in,
    forget,
    forget_missing,
    lock_folder,
    lock_new_folder,
    note_started,
    work_folder_prefix,
)
from rebalance.system_errors import NO_ROOM, no_room_behind

RUN_RECORD = "run.json"
"""The file that marks a folder as results of this program."""

AFFINITY_FILE = "affinity.npz"
SUPERCLASS_TABLE = "superclasses.csv"
SUMMARY = "summary.json"
SCAN_TABLE = "scan.csv"
JUNK_TABLE = "junk.csv"
VIEW_TABLE = "views.csv"
BIN_TABLE = "bins.csv"
SAMPLING_TABLE = "fourier_sampling.csv"
THINNED_TABLE = "scf_star.csv"
CURVE_TABLE = "conical_fsc.csv"
DIRECTION_TABLE = "directions.csv"
CURVES = "curves.json"
MAP = "initial_model.mrc"
REPORT = "report.md"
PAGE = "report.html"
FIGURES = "figures"
"""What else a run leaves in its results folder."""

_NOT_A_PERSONS = (".DS_Store", "Thumbs.db", "desktop.ini")


class ResultsFolder:
    """A results folder in the making; use as a context manager.

    Parameters
    ----------
    place : Path
        Where the results go.
    overwrite : bool
        Allow the results of an earlier run to be replaced; anything else is never deleted.
    inputs : iterable of Path
        Files that were read; the folder must not contain one of them, and none may change until
        the results are in place.
    another : str
        How a person gives another place, for what an error says to do.
    noted : bool
        Note the work folder in the user's cache folder, so that it is found after a kill.

    Attributes
    ----------
    place : Path
        Resolved.
    work : Path
        The folder to write into, between entering and `finish`.

    Raises
    ------
    OutputError
        On construction, if something is in the way; on entering, if the place can't be written,
        or if results of an earlier run are put back there and may not be replaced; from the
        block, if the disk is full.
    """

    def __init__(
        self,
        place: Path,
        *,
        overwrite: bool,
        inputs: Iterable[Path] = (),
        another: str = "choose another place with `output`",
        noted: bool = True,
    ) -> None:
        self.place = place.expanduser().resolve()
        self.work = self.place
        self._made_parents: list[Path] = []
        self._former: Path | None = None
        self._lock = self._former_lock = -1
        self._overwrite, self._another, self._noted = overwrite, another, noted
        if noted:
            forget_missing()
        with alone_in(self.place.parent):
            self._is_replaced()
        inputs = tuple(inputs)
        _keep_inputs_out(self.place, inputs, another)
        self._inputs = [
            UnchangedFile(path, of_job=True) for path in dict.fromkeys(inputs) if path.is_file()
        ]

    def __enter__(self) -> ResultsFolder:
        try:
            self._make_parents()
            with alone_in(self.place.parent):
                self._mend_former()
            self._remove_abandoned()
            self._make_work_folder()
            if self._noted:
                note_started(self.work)
            # mkdtemp makes a private folder; results have the permissions of any new folder.
            mask = os.umask(0)
            os.umask(mask)
            self.work.chmod(0o777 & ~mask)
        except OSError as error:
            self._undo()
            raise OutputError(
                f"Results can't be written there: {error.strerror or error}.",
                path=self.place,
                hint=_sentence(self._another),
            ) from error
        except BaseException:
            self._undo()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.work == self.place and self._former is None:
            return
        work = self.work
        self._undo()
        if isinstance(error, OutputError) and error.path and error.path.is_relative_to(work):
            # A person never sees the folder of the work, so it is not named.
            raise OutputError(error.problem, path=self.place, hint=error.hint) from error
        failed = None if isinstance(error, RebalanceError) else no_room_behind(error)
        if failed is None and isinstance(error, OSError) and _is_about(error, work):
            failed = error
        if failed is not None:
            reason = NO_ROOM.get(failed.errno or 0, failed.strerror or str(failed))
            raise OutputError(
                f"Results could not be written: {reason}. No partial results were left.",
                path=self.place,
                hint=f"Free some space, or {self._another}.",
            ) from error

    def finish(self) -> None:
        """Put the folder in its place.

        Raises
        ------
        InputError
            If a file that was read has changed: the record would tell of another.
        OutputError
            If it can't be renamed, or another run has put results there and may not be replaced;
            what was there before is there again.
        """
        self._refuse_changed_inputs()
        try:
            with alone_in(self.place.parent):
                # Asked again: another run may have ended meanwhile.
                if self._is_replaced():
                    # Locked before it has that name: no other run may take it for an orphan.
                    self._former_lock = lock_folder(self.place)
                    former = self.place.with_name(f"{self._prefix(FORMER)}{secrets.token_hex(4)}")
                    if self._noted:
                        note_started(former)
                    os.replace(self.place, former)
                    self._former = former
                os.replace(self.work, self.place)
        except OSError as error:
            raise OutputError(
                f"The results can't be put in place: {error.strerror or error}.",
                path=self.place,
                hint=_sentence(self._another),
            ) from error
        forget(self.work)
        self.work = self.place
        self._made_parents.clear()
        if self._former is not None:
            shutil.rmtree(self._former, ignore_errors=True)
            forget(self._former)
            self._former = None
        self._unlock()

    def _refuse_changed_inputs(self) -> None:
        for file in self._inputs:
            with file.open():
                pass

    def _is_replaced(self) -> bool:
        """Whether there is an earlier run to replace; OutputError if the place is not to be had."""
        return _check_the_place(self.place, self._overwrite, self._another)

    def _make_work_folder(self) -> None:
        """Another run may take it for an orphan, and delete it, until it is locked."""
        while True:
            prefix = self._prefix(UNFINISHED)
            work = Path(tempfile.mkdtemp(prefix=prefix, dir=self.place.parent))
            try:
                self._lock = lock_new_folder(work)
            except FileNotFoundError:
                continue
            self.work = work
            return

    def _prefix(self, role: str) -> str:
        return work_folder_prefix(self.place, role)

    def _mend_former(self) -> None:
        """Former results of a run that was killed while it replaced them.

        Without anything in the place they are put back. Beside finished results they are what was
        to be deleted. Where neither is sure, or a living run holds them, they are left alone.
        """
        for former in sorted(self._orphans(FORMER), key=_age):
            lock = lock_folder(former)
            if lock < 0:
                continue
            try:
                if not os.path.lexists(self.place):
                    if (former / RUN_RECORD).is_file():
                        os.rename(former, self.place)
                        self._is_replaced()
                elif (self.place / RUN_RECORD).is_file() and _is_only_ours(former):
                    shutil.rmtree(former, ignore_errors=True)
            finally:
                os.close(lock)

    def _orphans(self, role: str) -> list[Path]:
        return [
            folder
            for folder in self.place.parent.iterdir()
            if folder.name.startswith(self._prefix(role))
            and folder.is_dir()
            and not folder.is_symlink()
        ]

    def _remove_abandoned(self) -> None:
        """What killed runs left: no one holds the lock."""
        for folder in self._orphans(UNFINISHED):
            lock = lock_folder(folder)
            if lock < 0:
                continue
            try:
                shutil.rmtree(folder, ignore_errors=True)
                forget(folder)
            finally:
                os.close(lock)

    def _unlock(self) -> None:
        for lock in (self._lock, self._former_lock):
            if lock >= 0:
                os.close(lock)
        self._lock = self._former_lock = -1

    def _make_parents(self) -> None:
        missing = []
        folder = self.place.parent
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made_parents.append(folder)

    def _undo(self) -> None:
        if self._former is not None:
            if os.path.lexists(self.place):
                shutil.rmtree(self._former, ignore_errors=True)
            else:
                os.replace(self._former, self.place)
            forget(self._former)
            self._former = None
        if self.work != self.place:
            shutil.rmtree(self.work, ignore_errors=True)
            forget(self.work)
            self.work = self.place
        self._unlock()
        for folder in reversed(self._made_parents):
            try:
                folder.rmdir()
            except OSError:
                break


def _age(folder: Path) -> float:
    """Smallest for the newest results, largest for those that another run has just cleared."""
    try:
        return -folder.stat().st_mtime
    except OSError:
        return 0.0


def _is_only_ours(former: Path) -> bool:
    """False if a file of a person is in it; without a record, its deletion had begun."""
    if not (former / RUN_RECORD).is_file():
        return True
    try:
        return not _files_of_others(former, "")
    except OutputError:
        return False


def _is_about(error: OSError, folder: Path) -> bool:
    named = [name for name in (error.filename, error.filename2) if isinstance(name, str)]
    return any(Path(name).is_relative_to(folder) for name in named)


def _check_the_place(place: Path, overwrite: bool, another: str) -> bool:
    """Whether there is an earlier run to replace; OutputError if the place is not to be had."""
    if not os.path.lexists(place):
        return False
    if not place.is_dir():
        raise OutputError("This is a file, not a folder.", path=place, hint=_sentence(another))
    try:
        content = sorted(path.name for path in place.iterdir())
    except OSError as error:
        raise OutputError(
            f"The folder can't be read: {error.strerror or error}.",
            path=place,
            hint=_sentence(another),
        ) from error
    if not content:
        return True
    if RUN_RECORD not in content:
        raise OutputError(
            f"This folder exists, but has no results of rebalance (no {RUN_RECORD}), so it is not "
            "overwritten.",
            path=place,
            hint=_sentence(another),
        )
    if not overwrite:
        raise OutputError(
            "This folder has the results of an earlier run.",
            path=place,
            hint=f"Use `overwrite=True` to replace them, or {another}.",
        )
    foreign = _files_of_others(place, another)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise OutputError(
            f"The folder also has {', '.join(foreign[:3])}{more}, which rebalance did not write "
            "and will not delete.",
            path=place,
            hint=f"Move these files elsewhere, or {another}.",
        )
    return True


def files_written(folder: Path) -> set[str]:
    """Names of the files that a run wrote into a folder, by its record.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError, RecursionError
        If there is no record, or it is none of ours.
    """
    record = json.loads((folder / RUN_RECORD).read_text(encoding="utf-8"))
    return {RUN_RECORD, *(str(output["name"]) for output in record["outputs"])}


def _files_of_others(place: Path, another: str) -> list[str]:
    try:
        written = files_written(place)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise OutputError(
            f"Its {RUN_RECORD} was not written by rebalance, so the folder is not overwritten.",
            path=place,
            hint=_sentence(another),
        ) from error
    return sorted(
        name
        for path in place.rglob("*")
        if not path.is_dir() or path.is_symlink()
        if (name := path.relative_to(place).as_posix()) not in written
        and path.name not in _NOT_A_PERSONS
    )


def _keep_inputs_out(place: Path, inputs: Iterable[Path], another: str) -> None:
    for path in inputs:
        if path.resolve().is_relative_to(place):
            raise OutputError(
                f"The results would overwrite an input file: {path}.",
                path=place,
                hint=_sentence(another),
            )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
