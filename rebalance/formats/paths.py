"""Paths that people name: whether they are there, and the short name of a job."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from rebalance.errors import InputError


def require_exists(path: Path, what: str = "file or folder") -> None:
    """InputError, with the nearest name beside it, unless the path exists."""
    try:
        if path.is_file() or path.is_dir():
            return
        is_special = path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"There can be no such {what}: {error}.", path=path) from error
    if is_special:
        raise InputError(
            f"This is neither a file nor a folder, but a device or a pipe; a {what} was expected.",
            path=path,
            hint="Save what comes out of it to a file, and give that.",
        )
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"There is no such {what}; nor is there a folder {folder}.", path=path)
    near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()], n=1)
    raise InputError(
        f"There is no such {what}.",
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
