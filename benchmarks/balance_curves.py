"""Uniformity of views against particles kept: ours, random dropping, and the oracle.

Comparing at one rebalance factor only flatters whoever throws away more; so the largest allowed
superclass is swept, and curves are compared over the numbers of particles that all reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from rebalance.clusterings import from_labels
from rebalance.model import DoubleArray, FloatArray, IntArray, ParticleTable, Superclasses
from rebalance.strategies import select
from rebalance.views import slice_kernel, uniformity_of_density


class NoColumns:
    """Handle of a table of which only the class numbers are needed."""

    column_names: tuple[str, ...] = ()

    def read_column(self, name: str) -> DoubleArray:
        raise KeyError(name)


class Views:
    """Particles of known view.

    Parameters
    ----------
    class_id : int64 (P,)
    view : float64 (P, 3)
    """

    def __init__(self, class_id: IntArray, view: DoubleArray) -> None:
        self.particles = ParticleTable(class_id, NoColumns())
        self.view = view / np.linalg.norm(view, axis=1, keepdims=True)
        self.kernel: FloatArray = slice_kernel(view)

    def __len__(self) -> int:
        return len(self.particles)

    def uniformity(self, selected: np.ndarray) -> DoubleArray:
        """Uniformity of selections, bool (S, P): one product of matrices for all."""
        kept = np.count_nonzero(selected, axis=1)
        density = selected.astype(np.float32) @ self.kernel / kept[:, None]
        return np.array([uniformity_of_density(row) for row in density])

    @property
    def before(self) -> float:
        return float(self.uniformity(np.ones((1, len(self)), dtype=bool))[0])

    def after_random(self, n_kept: int, seeds: int) -> DoubleArray:
        """Uniformity after dropping particles at random, over seeds."""
        order = [
            np.random.default_rng([seed, n_kept]).permutation(len(self)) for seed in range(seeds)
        ]
        return self.uniformity(np.stack(order) < n_kept)

    def after_balancing(
        self, superclasses: Superclasses, seeds: int, **rule: Any
    ) -> tuple[int, DoubleArray]:
        """Particles kept, and uniformity after balancing, over seeds."""
        selected = np.stack(
            [
                select(self.particles, superclasses, seed=seed, **rule).selected
                for seed in range(seeds)
            ]
        )
        return int(selected[0].sum()), self.uniformity(selected)

    def modal_view(self, class_id: int, width: float = 10.0) -> DoubleArray:
        """The view of the particle of a class that has most others of the class near it."""
        view = self.view[self.particles.class_id == class_id]
        angle = np.rad2deg(np.arccos(np.clip(np.abs(view @ view.T), 0.0, 1.0)))
        return view[np.exp(-0.5 * (angle / width) ** 2).sum(axis=1).argmax()]


def oracle(views: Views, class_id: IntArray, n_superclasses: int) -> Superclasses:
    """Average linkage of the axial angles between the modal views of the classes."""
    modal = np.stack([views.modal_view(int(number)) for number in class_id])
    angle = np.arccos(np.clip(np.abs(modal @ modal.T), 0.0, 1.0))
    np.fill_diagonal(angle, 0.0)
    tree = linkage(squareform(angle, checks=False), "average")
    label = cut_tree(tree, n_clusters=n_superclasses)[:, 0]
    counts = [np.count_nonzero(views.particles.class_id == number) for number in class_id]
    labels = {int(number): int(k) for number, k in zip(class_id, label, strict=True)}
    return from_labels(class_id, labels, n_particles=counts)


@dataclass(frozen=True)
class Curve:
    """Uniformity against particles kept, both by rising number kept."""

    kept: DoubleArray
    uniformity: DoubleArray


def curve(views: Views, superclasses: Superclasses, seeds: int, n_caps: int = 16) -> Curve:
    """Sweep the largest superclass from the largest there is down to the smallest."""
    sizes = superclasses.size
    caps = np.unique(np.geomspace(sizes.min(), sizes.max(), n_caps).round().astype(int))
    points = [views.after_balancing(superclasses, seeds, max_size=int(cap)) for cap in caps]
    return Curve(
        np.array([kept for kept, _ in points], dtype=np.float64),
        np.array([found.mean() for _, found in points]),
    )


def random_curve(views: Views, fewest: float, seeds: int, n_points: int = 12) -> Curve:
    kept = np.unique(np.linspace(fewest, len(views), n_points).round().astype(int))
    return Curve(
        kept.astype(np.float64),
        np.array([views.after_random(int(n), seeds).mean() for n in kept]),
    )


def gains(ours: Curve, chance: Curve, best: Curve) -> tuple[float, float]:
    """How far ours, and the oracle, lie above random dropping, on average over common kept."""
    low = max(curve.kept.min() for curve in (ours, chance, best))
    high = min(curve.kept.max() for curve in (ours, chance, best))
    grid = np.linspace(low, high, 400)
    a, b, c = (np.interp(grid, curve.kept, curve.uniformity) for curve in (ours, chance, best))
    return float((a - b).mean()), float((c - b).mean())
