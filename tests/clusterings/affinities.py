"""Affinities made up in memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rebalance.model import Affinity


def affinity(
    values: npt.ArrayLike,
    class_id: npt.ArrayLike | None = None,
    empty: Iterable[int] = (),
) -> Affinity:
    """An affinity; rows of empties are made 0 off the diagonal, as the engine does."""
    values = np.array(values, dtype=np.float32)
    n = len(values)
    is_empty = np.zeros(n, dtype=bool)
    is_empty[list(empty)] = True
    values[is_empty, :] = values[:, is_empty] = 0.0
    np.fill_diagonal(values, 1.0)
    numbers = np.arange(1, n + 1) if class_id is None else np.asarray(class_id)
    return Affinity(values=values, class_id=numbers.astype(np.int64), is_empty=is_empty)


def random_values(n: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """No two pairs alike."""
    values = rng.random((n, n))
    values = (values + values.T) / 2
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32)


def groups_of(
    sizes: list[int], rng: np.random.Generator, within: float = 0.8, between: float = 0.3
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Clear groups in random order, and which average is in which."""
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    same = truth[:, None] == truth[None, :]
    noise = rng.uniform(-0.1, 0.1, same.shape)
    values = np.where(same, within, between) + (noise + noise.T) / 2
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32), truth


def partition(label: npt.ArrayLike, names: npt.ArrayLike | None = None) -> set[frozenset[int]]:
    """The grouping without its numbers; averages of label −1 are not in it."""
    label = np.asarray(label)
    names = np.arange(len(label)) if names is None else np.asarray(names)
    return {frozenset(names[label == k].tolist()) for k in set(label.tolist()) - {-1}}
