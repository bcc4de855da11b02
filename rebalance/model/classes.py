"""Which 2D classes there are, and which of them take part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rebalance.model.arrays import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Classes:
    """The 2D classes of a data set, with or without images, and which of them take part.

    Every step asks `takes_part`, and nobody decides it anew: a further reason for which a class is
    in no superclass belongs here.

    Parameters
    ----------
    class_id : int64 (N,)
    n_particles : int64 (N,), optional
        Particles of each; None where they are not known. A class without any takes no part.
    is_empty : bool (N,)
        The average is empty; all False where there are no images.
    left_out : tuple of int
        Class numbers that are left out, rising; there may be some without an average among them.
    junk : tuple of int
        Those of them that are left out as junk.
    """

    class_id: IntArray
    n_particles: IntArray | None
    is_empty: BoolArray
    left_out: tuple[int, ...] = ()
    junk: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.class_id)
        for name in ("n_particles", "is_empty"):
            column = getattr(self, name)
            if column is not None and column.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), not {column.shape}")

    @classmethod
    def of(
        cls,
        class_id: npt.ArrayLike,
        n_particles: npt.ArrayLike | None = None,
        *,
        is_empty: npt.ArrayLike | None = None,
        left_out: Iterable[int] = (),
        junk: Iterable[int] = (),
    ) -> Classes:
        """Classes from whatever holds the numbers: lists, arrays, sets.

        Parameters
        ----------
        class_id : int (N,)
        n_particles : int (N,), optional
        is_empty : bool (N,), optional
        left_out, junk : iterable of int
            In any order, more than once; junk is left out too.
        """
        numbers = np.asarray(class_id, dtype=np.int64)
        counts = None if n_particles is None else np.asarray(n_particles, dtype=np.int64)
        empty = np.zeros(len(numbers)) if is_empty is None else is_empty
        classes = cls(numbers, counts, np.asarray(empty, dtype=np.bool_))
        return classes.without(left_out).without_junk(junk)

    def __len__(self) -> int:
        return len(self.class_id)

    @property
    def takes_part(self) -> BoolArray:
        """bool (N,): not empty, not left out, and with particles where these are known."""
        some = ~self.is_empty & ~np.isin(self.class_id, self.left_out)
        return some if self.n_particles is None else some & (self.n_particles > 0)

    def without(self, numbers: Iterable[int]) -> Classes:
        """These classes with more of them left out."""
        return replace(self, left_out=_union(self.left_out, numbers))

    def without_junk(self, numbers: Iterable[int]) -> Classes:
        """These classes with more of them left out as junk."""
        junk = _union(self.junk, numbers)
        return replace(self, left_out=_union(self.left_out, junk), junk=junk)


def _union(some: Iterable[int], more: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in (*some, *more)}))
