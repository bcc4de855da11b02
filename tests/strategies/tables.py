"""Particle tables and superclasses made up in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.clusterings import from_labels
from rebalance.model import Classes, ParticleTable, Superclasses


class Columns:
    """A table handle over plain arrays."""

    def __init__(self, columns: Mapping[str, npt.ArrayLike]) -> None:
        self._columns = {name: np.asarray(values) for name, values in columns.items()}

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def read_column(self, name: str) -> npt.NDArray[Any]:
        return self._columns[name]


def table(class_id: npt.ArrayLike, **columns: npt.ArrayLike) -> ParticleTable:
    return ParticleTable(np.asarray(class_id, dtype=np.int64), Columns(columns))


def superclasses(groups: list[list[int]], class_id: npt.ArrayLike) -> Superclasses:
    """Superclasses of the given class numbers, sized by the particles in ``class_id``."""
    numbers = [number for group in groups for number in group]
    labels = {number: k for k, group in enumerate(groups) for number in group}
    counts = [np.count_nonzero(np.asarray(class_id) == number) for number in numbers]
    return from_labels(Classes.of(numbers, counts), labels)


def of_sizes(*sizes: int) -> tuple[ParticleTable, Superclasses]:
    """Classes 1, 2, … of these sizes, one superclass each, rows shuffled."""
    class_id = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    np.random.default_rng(len(class_id)).shuffle(class_id)
    return table(class_id), superclasses([[k] for k in range(1, len(sizes) + 1)], class_id)
