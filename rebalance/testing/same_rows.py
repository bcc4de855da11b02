"""Whether rows that were read are those that were there before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import ParticleTable
from rebalance.testing.outcome import broken, require


def same_rows(where: str, table: ParticleTable, rows: Any, again: ParticleTable) -> None:
    """Require that a table has some rows of another, in order and with all columns."""
    at = np.flatnonzero(rows)
    require(len(again) == len(at), f"{where}: {len(again)} rows, expected {len(at)}.")
    same_column(where, "class_id", table.class_id[rows], again.class_id, at)
    missing = [name for name in table.column_names if name not in again.column_names]
    require(not missing, f"{where}: the column {missing[:1]} is gone.")
    for name in table.column_names:
        same_column(where, name, table.column(name)[rows], again.column(name), at)


def same_column(where: str, name: str, expected: Any, found: Any, at: Any) -> None:
    """Require that values are as expected; ``at`` numbers their particles."""
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


def some_values(values: Any) -> str:
    """The first and last of some values, as shown."""
    return "none" if values is None else np.array2string(np.asarray(values), threshold=8)


def named_path(path: Path) -> str:
    """The last part of a path, as shown."""
    return f"{path.name or path}{'/' if path.is_dir() else ''}"
