"""Paths that people and files name: what is there, what is the same, the short name of a job."""

from __future__ import annotations

import difflib
import filecmp
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.mrc_file import SUFFIXES


def require_exists(path: Path, what: str = "file or folder") -> None:
    """InputError, with the nearest name next to it, unless the path exists."""
    try:
        if path.is_file() or path.is_dir():
            return
        is_special = path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"This is not a possible {what}: {error}.", path=path) from error
    if is_special:
        raise InputError(
            f"This is a device or a pipe, but a {what} was expected.",
            path=path,
            hint="Save its output to a file, and give that.",
        )
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"This {what} does not exist, nor does its folder {folder}.", path=path)
    near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()], n=1)
    raise InputError(
        f"This {what} does not exist.",
        path=path,
        hint=f"Did you mean {folder / near[0]}?" if near else "Check the name.",
    )


_JOB = re.compile(r"(?:^|[^A-Za-z0-9])(job\d{3,}|J\d+)(?=$|[^A-Za-z0-9])")


def job_name(path: Path) -> str:
    """A short name: job013 or J42 if folder or file say so, else the folder or file name.

    Only letters, digits, points, hyphens and underscores are left in it.
    """
    path = path.absolute()
    folder = path if path.is_dir() else path.parent
    for place in (folder.name, path.stem):
        found = _JOB.search(place)
        if found:
            return found[1]
    says_nothing = re.search(r"_it\d+_|^particles|^class_averages|^templates", path.stem)
    name = folder.name if path.is_dir() or says_nothing else path.stem
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "job"


def folders_of(path: Path) -> list[Path]:
    """The folder of a file, and that of the file it is a link to; not resolved."""
    path = path.absolute()
    return list(dict.fromkeys((path.parent, path.resolve().parent)))


def is_file(path: Path) -> bool:
    """True for a file that is there; False too for names that no system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def same_file(one: Path, other: Path) -> bool:
    """True for one file by two names."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def different_files(candidates: Iterable[Path]) -> list[Path]:
    """Those that are files, without links to and copies of an earlier one."""
    found: list[Path] = []
    for path in dict.fromkeys(candidates):
        if is_file(path) and not any(same_file(path, one) or _equal(path, one) for one in found):
            found.append(path)
    return found


def _equal(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def stacks_beside(path: Path) -> list[str]:
    """Names of the MRC stacks that are next to a file, or beside what it is a link to."""
    return sorted(dict.fromkeys(_stacks_beside(path)))


def _stacks_beside(path: Path) -> Iterator[str]:
    for folder in folders_of(path):
        try:
            stacks = (entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
            yield from (stack.name for stack in stacks if is_file(stack))
        except OSError:
            continue


def results_folder_said(folder: Path) -> tuple[str, str] | None:
    """What is said of a results folder of this program, and what to give; None of any other."""
    if not all((folder / name).is_file() for name in ("run.json", "summary.json")):
        return None
    return (
        "These are results of rebalance, not a classification.",
        "Give the job that they were made from, or one of the tables in the folder.",
    )
