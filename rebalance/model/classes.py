"""Which 2D classes there are, and which of them are used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rebalance.model.arrays import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Classes:
    """The 2D classes of a data set, with or without images, and which of them are used.

    Every step uses `takes_part`. Any further reason to leave a class out belongs here.

    Parameters
    ----------
    class_id : int64 (N,)
    n_particles : int64 (N,), optional
        Particles of each; None if unknown. A class without particles is not used.
    is_empty : bool (N,)
        The average is empty; all False where there are no images.
    left_out : tuple of int
        Class numbers that are left out, increasing; they may include some without an average.
    junk : tuple of int
        Those left out as junk.
    set_aside : tuple of int
        Class numbers that are not grouped, but whose particles are kept, increasing.
    """

    class_id: IntArray
    n_particles: IntArray | None
    is_empty: BoolArray
    left_out: tuple[int, ...] = ()
    junk: tuple[int, ...] = ()
    set_aside: tuple[int, ...] = ()

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
        set_aside: Iterable[int] = (),
    ) -> Classes:
        """Make classes from lists, arrays or sets of numbers.

        Parameters
        ----------
        class_id : int (N,)
        n_particles : int (N,), optional
        is_empty : bool (N,), optional
        left_out, junk, set_aside : iterable of int
            In any order, with repeats. Junk is also left out; what is left out is not set aside.
        """
        numbers = np.asarray(class_id, dtype=np.int64)
        counts = None if n_particles is None else np.asarray(n_particles, dtype=np.int64)
        empty = np.zeros(len(numbers)) if is_empty is None else is_empty
        classes = cls(numbers, counts, np.asarray(empty, dtype=np.bool_))
        return classes.without(left_out).without_junk(junk).setting_aside(set_aside)

    def __len__(self) -> int:
        return len(self.class_id)

    @property
    def takes_part(self) -> BoolArray:
        """bool (N,): not empty, left out or set aside, and with particles where these are known."""
        return self._is_usable & ~np.isin(self.class_id, self.set_aside)

    @property
    def is_aside(self) -> BoolArray:
        """bool (N,): set aside, and would be used otherwise."""
        return self._is_usable & np.isin(self.class_id, self.set_aside)

    @property
    def _is_usable(self) -> BoolArray:
        some = ~self.is_empty & ~np.isin(self.class_id, self.left_out)
        return some if self.n_particles is None else some & (self.n_particles > 0)

    def without(self, numbers: Iterable[int]) -> Classes:
        """These classes with more of them left out."""
        left_out = _union(self.left_out, numbers)
        aside = tuple(number for number in self.set_aside if number not in left_out)
        return replace(self, left_out=left_out, set_aside=aside)

    def without_junk(self, numbers: Iterable[int]) -> Classes:
        """These classes with more of them left out as junk."""
        junk = _union(self.junk, numbers)
        return replace(self.without(junk), junk=junk)

    def setting_aside(self, numbers: Iterable[int]) -> Classes:
        """These classes with more of them set aside, but for those that are left out."""
        aside = {int(number) for number in numbers} - set(self.left_out)
        return replace(self, set_aside=_union(self.set_aside, aside))


def _union(some: Iterable[int], more: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in (*some, *more)}))
