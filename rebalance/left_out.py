"""Class numbers: how many particles each has, and how they are named in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.model import IntArray


def count_classes(class_id: IntArray) -> dict[int, int]:
    """Particles of each class number that occurs, by rising number.

    Parameters
    ----------
    class_id : int64 (P,)
    """
    if len(class_id) == 0:
        return {}
    low, high = int(class_id.min()), int(class_id.max())
    if high - low < 10 * len(class_id) + 1_000:
        counts = np.bincount(class_id - low)
        numbers = np.flatnonzero(counts)
        return dict(zip((numbers + low).tolist(), counts[numbers].tolist(), strict=True))
    numbers, counts = np.unique(class_id, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def name_classes(numbers: Sequence[int], most: int = 10) -> str:
    """``class 3``, ``classes 3, 5 and 8–80``, or the first of them and how many more."""
    if not numbers:
        return "none"
    if len(numbers) == 1:
        return f"class {numbers[0]}"
    pieces = _pieces(numbers)
    if len(pieces) > most:
        more = sum(len(piece) for piece in pieces[most:])
        return f"classes {', '.join(map(_piece_name, pieces[:most]))} and {more:,} more"
    *first, last = map(_piece_name, pieces)
    return f"classes {', '.join(first)} and {last}" if first else f"classes {last}"


def _pieces(numbers: Sequence[int]) -> list[Sequence[int]]:
    """Cut into runs of neighbours; two neighbours alone are two pieces."""
    ends = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
    runs = [
        numbers[start:end] for start, end in zip([0, *ends], [*ends, len(numbers)], strict=True)
    ]
    return [
        piece for run in runs for piece in ([run] if len(run) > 2 else [[number] for number in run])
    ]


def _piece_name(piece: Sequence[int]) -> str:
    return str(piece[0]) if len(piece) == 1 else f"{piece[0]}–{piece[-1]}"
