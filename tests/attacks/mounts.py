"""Small disks, and disks that can't be written, where this process may mount any."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

PAGE = 4096
"""Bytes by which such a disk fills."""


@cache
def why_no_mount() -> str:
    """The reason why nothing can be mounted here; empty if it can."""
    with TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), PAGE):
                return ""
        except (OSError, subprocess.CalledProcessError):
            return "no disk can be mounted here (that takes root)"


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[None]:
    """A disk of so many bytes in place of a folder, which is shown again at the end."""
    _mount("-t", "tmpfs", "-o", f"size={n_bytes},mode=755", "rebalance-attack", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


@contextmanager
def on_a_disk(folder: Path, room: int) -> Iterator[None]:
    """What is in a folder is on a disk of its own, with room for so many bytes more."""
    with TemporaryDirectory() as aside:
        kept = shutil.copytree(folder, Path(aside) / "kept")
        pages = [-(-path.stat().st_size // PAGE) for path in kept.rglob("*") if path.is_file()]
        with small_disk(folder, sum(pages) * PAGE + room):
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            yield


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder with all that is in it, which can't be written."""
    _mount("--bind", str(folder), str(folder))
    try:
        remount(folder, "ro,bind")
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def remount(folder: Path, how: str) -> None:
    """Mount a disk in another way: ``rw``, ``size=1000000``."""
    _mount("-o", f"remount,{how}", str(folder))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
