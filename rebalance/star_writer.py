"""Star tables as RELION's C++ prints them, so that what is simulated looks like the real thing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def number(value: float) -> str:
    """A float in 12 columns: six decimals, five if negative, exponents for tiny and huge ones."""
    size = abs(value)
    if 1e-3 <= size <= 1e5 or value == 0:
        return f"{value:12.6f}" if value >= 0 else f"{value:12.5f}"
    if math.isfinite(value):
        return f"{value:12.6e}" if value > 0 else f"{value:12.5e}"
    return f"{'-nan' if math.isnan(value) else value:>12}"


def cells(column: npt.ArrayLike) -> list[str]:
    """A column as RELION prints it: floats and integers right-aligned in 12, text in 10."""
    array = np.asarray(column)
    if array.dtype.kind == "f":
        return [number(value) for value in array.tolist()]
    if array.dtype.kind in "iu":
        return [f"{value:12d}" for value in array.tolist()]
    return [f"{value:>10}" for value in array.tolist()]


def loop(name: str, columns: Mapping[str, npt.ArrayLike], *, version: int | None = 30001) -> str:
    """A ``loop_`` block.

    Parameters
    ----------
    name : str
        After ``data_``.
    columns : mapping of str to array of one dimension
        By label without ``_rln``.
    version : int or None
        Of the comment before the block; None writes none, as RELION 3.0.
    """
    labels = [f"_rln{label} #{place} \n" for place, label in enumerate(columns, start=1)]
    rows = zip(*(cells(column) for column in columns.values()), strict=True)
    body = "".join(" ".join(row) + " \n" for row in rows)
    return f"{_opening(name, version)}loop_ \n{''.join(labels)}{body} \n"


def listing(
    name: str, values: Mapping[str, float | int | str], *, version: int | None = 30001
) -> str:
    """A block of one value per label."""
    width = max(len(label) for label in values) + 4
    lines = [
        f"{'_rln' + label:<{width}} {_padded(cells([value])[0])}\n"
        for label, value in values.items()
    ]
    return f"{_opening(name, version)}{''.join(lines)} \n"


def indexed(indices: npt.NDArray[np.int64], stack: str | Sequence[str]) -> list[str]:
    """Names of images in stacks, ``000001@stack``; indices count from 1."""
    stacks = [stack] * len(indices) if isinstance(stack, str) else stack
    return [f"{index:06d}@{name}" for index, name in zip(indices.tolist(), stacks, strict=True)]


def _opening(name: str, version: int | None) -> str:
    comment = "" if version is None else f"# version {version}\n\n"
    return f"\n{comment}data_{name}\n\n"


def _padded(cell: str) -> str:
    return cell if cell.startswith(" ") else f"{cell:<12}".rstrip()
