"""Small dataclasses of the model whose every number is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import (
    Affinity,
    Alignment,
    ClassAverages,
    ParticleTable,
    Selection,
    Superclasses,
)


class Columns:
    """A table in memory, as a format keeps one behind a `ParticleTable`."""

    column_names = ("number", "name")

    def read_column(self, name: str) -> npt.NDArray[Any]:
        return {"number": np.array([0.5, 1.5, 2.5]), "name": np.array(["a", "b", "c"])}[name]


def particles() -> ParticleTable:
    return ParticleTable(np.array([7, 5, 7]), Columns())


def averages(n: int = 4) -> ClassAverages:
    images = np.random.default_rng(1).normal(size=(n, 16, 16)).astype(np.float32)
    return ClassAverages(images, np.arange(n) + 5, 1.25)


def affinity(*, aligned: bool = True, **changed: Any) -> Affinity:
    """Of classes 9, 5, 7 and 6; 5 is empty. Affinities 0.1, 0.2, … in the order of the pairs."""
    values = np.eye(4, dtype=np.float32)
    values[np.triu_indices(4, 1)] = np.arange(1, 7) / 10
    alignment = Alignment(
        rotation=np.arange(6, dtype=np.float32),
        shift=np.arange(12, dtype=np.float32).reshape(6, 2),
        mirror=np.arange(6) % 2 == 1,
        n=4,
    )
    return Affinity(
        np.maximum(values, values.T),
        np.array([9, 5, 7, 6]),
        np.array([False, True, False, False]),
        "rotational-cc",
        alignment=alignment if aligned else None,
        **changed,
    )


def superclasses() -> Superclasses:
    """Classes 9 and 6 are superclass 0, 7 is superclass 1, 5 is left out as junk."""
    return Superclasses(
        label=np.array([0, -1, 1, 0]),
        class_id=np.array([9, 5, 7, 6]),
        size=np.array([30, 10]),
        medoid=np.array([6, 7]),
        mean_affinity=np.array([0.3, 1.0]),
        order=np.array([3, 0, 2, 1]),
        clustering="hierarchical",
        left_out=(5,),
        junk=(5,),
        n_particles=np.array([20, 4, 10, 10]),
    )


def selection() -> Selection:
    return Selection(
        selected=np.array([True, False, False]),
        reason=np.array([0, 1, 5], dtype=np.uint8),
        superclass=np.array([0, 0, -1]),
        cap=1,
        before=np.array([2]),
        after=np.array([1]),
        class_id=np.array([9, 6, 5]),
    )
