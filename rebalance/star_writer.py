"""Star files of our own making, written by starfile, with numbers as RELION prints them.

What RELION itself wrote is never printed anew: `rebalance.formats` copies it row by row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def number(value: float) -> str:
    """A float with six decimals, five if negative, and exponents if it is tiny or huge."""
    size = abs(value)
    if 1e-3 <= size <= 1e5 or value == 0:
        return f"{value:.6f}" if value >= 0 else f"{value:.5f}"
    if math.isfinite(value):
        return f"{value:.6e}" if value > 0 else f"{value:.5e}"
    return "-nan" if math.isnan(value) else str(value)


def loop_block(
    name: str, columns: Mapping[str, npt.ArrayLike], *, version: int | None = 30001
) -> str:
    """A ``loop_`` block.

    Parameters
    ----------
    name : str
        After ``data_``.
    columns : mapping of str to array of one dimension
        By label without ``_rln``. Texts are free of tabs and line breaks.
    version : int or None
        Of the comment before the block; None writes none, as RELION 3.0.
    """
    import pandas as pd

    table = {f"rln{label}": _printed(column) for label, column in columns.items()}
    return _block(name, pd.DataFrame(table), version)


def pair_block(
    name: str, values: Mapping[str, float | int | str], *, version: int | None = 30001
) -> str:
    """A block of one value per label."""
    cells = {
        f"rln{label}": number(value) if isinstance(value, float) else value
        for label, value in values.items()
    }
    return _block(name, cells, version)


def image_names(indices: npt.NDArray[np.int64], stack: str | Sequence[str]) -> list[str]:
    """Names of images in stacks, ``000001@stack``; indices count from 1."""
    stacks = [stack] * len(indices) if isinstance(stack, str) else stack
    return [f"{index:06d}@{name}" for index, name in zip(indices.tolist(), stacks, strict=True)]


def _printed(column: npt.ArrayLike) -> npt.NDArray[Any] | list[str]:
    array = np.asarray(column)
    return [number(value) for value in array.tolist()] if array.dtype.kind == "f" else array


def _block(name: str, content: Any, version: int | None) -> str:
    import starfile

    text = starfile.to_string({name: content})
    comment = "" if version is None else f"# version {version}\n\n"
    # starfile's first line has the time of day in it; one seed is to give the same bytes.
    _, _, block = text.partition("\n")
    return f"\n{comment}{block.lstrip()}"
