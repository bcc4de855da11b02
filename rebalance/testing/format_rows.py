"""Rows of two particle tables compared, column by column and line by line, and told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import ParticleTable
from rebalance.testing.outcome import broken, require


def same_rows(where: str, table: ParticleTable, rows: Any, again: ParticleTable) -> None:
    at = np.flatnonzero(rows)
    require(len(again) == len(at), f"{where}: {len(again)} rows, expected {len(at)}.")
    _same_column(where, "class_id", table.class_id[rows], again.class_id, at)
    missing = [name for name in table.column_names if name not in again.column_names]
    require(not missing, f"{where}: the column {missing[:1]} is gone.")
    for name in table.column_names:
        _same_column(where, name, table.column(name)[rows], again.column(name), at)


def _same_column(where: str, name: str, expected: Any, found: Any, at: Any) -> None:
    expected, found = np.asarray(expected), np.asarray(found)
    require(
        found.dtype.kind == expected.dtype.kind and found.shape == expected.shape,
        f"{where}: {name} is {found.dtype} {found.shape}, was {expected.dtype} {expected.shape}.",
    )
    if expected.dtype.kind in "OUS":
        differs = expected != found
    else:
        differs = (expected != found) & ~((expected != expected) & (found != found))
    while differs.ndim > 1:
        differs = differs.any(axis=-1)
    if differs.any():
        row = int(np.argmax(differs))
        broken(f"{where}: {name} of particle {at[row]} is {found[row]}, was {expected[row]}.")


def text_lines(path: Path | None) -> list[bytes] | None:
    """The lines of a text file; None of a binary one."""
    if path is None or not path.is_file():
        return None
    content = path.read_bytes()
    return None if b"\0" in content else content.splitlines(keepends=True)


def named_path(path: Path) -> str:
    """The last part of a path, as shown."""
    return f"{path.name or path}{'/' if path.is_dir() else ''}"
