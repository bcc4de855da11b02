"""Class numbers: how many particles each has, and how they are named in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rebalance.model.arrays import IntArray

NO_CLASS = -1
"""Class number of a particle that is in no class."""


def count_classes(class_id: IntArray) -> dict[int, int]:
    """Particles of each class number that occurs, by rising number; `NO_CLASS` is none.

    Parameters
    ----------
    class_id : int64 (P,)
    """
    has_class = class_id != NO_CLASS
    if not has_class.all():
        class_id = class_id[has_class]
    if len(class_id) == 0:
        return {}
    low, high = int(class_id.min()), int(class_id.max())
    if high - low < 10 * len(class_id) + 1_000:
        counts = np.bincount(class_id - low)
        numbers = np.flatnonzero(counts)
        return dict(zip((numbers + low).tolist(), counts[numbers].tolist(), strict=True))
    numbers, counts = np.unique(class_id, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def ranges(numbers: Iterable[int]) -> str:
    """``1, 3–5, 9`` for 1, 3, 4, 5, 9, in any order."""
    return ", ".join(map(_name, _runs(sorted(numbers))))


def name_classes(numbers: Sequence[int], most: int = 10) -> str:
    """``class 3``, ``classes 3, 5 and 8–80``, or the first of them and how many more.

    Parameters
    ----------
    numbers : sequence of int
        Rising.
    most : int
        Numbers and ranges that are named.
    """
    if not numbers:
        return "none"
    if len(numbers) == 1:
        return f"class {numbers[0]}"
    runs = _runs(numbers)
    if len(runs) > most:
        more = sum(len(run) for run in runs[most:])
        return f"classes {', '.join(map(_name, runs[:most]))} and {more:,} more"
    *first, last = map(_name, runs)
    return f"classes {', '.join(first)} and {last}" if first else f"classes {last}"


def _runs(numbers: Sequence[int]) -> list[Sequence[int]]:
    """Cut into runs of neighbors; two neighbors alone are two runs."""
    if not numbers:
        return []
    ends = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
    runs = [
        numbers[start:end] for start, end in zip([0, *ends], [*ends, len(numbers)], strict=True)
    ]
    return [part for run in runs for part in ([run] if len(run) > 2 else [[n] for n in run])]


def _name(run: Sequence[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"
