"""Particles of known view: how uniform the views of any selection of them are, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rebalance.blas import single_threaded
from rebalance.model import DoubleArray, FloatArray, IntArray, ParticleTable
from rebalance.orientations.sampling import SlicePasses
from rebalance.orientations.view_angles import (
    Symmetry,
    angle_between_views,
    modal_view,
    symmetry_operations,
    unit,
)
from rebalance.views.uniformity import (
    KERNEL_WIDTH,
    fourier_directions,
    isotropic_density,
    slice_kernel,
)

T = TypeVar("T")

N_DIRECTIONS = 1_000
N_BINS = 200
"""Cells of equal area on half a sphere, about 10° wide."""
_MOST_VIEWS = 20_000
"""If there are more distinct views, they are rounded to the nearest of this many, 1° apart."""

MIXED_BEYOND = 30.0
"""Degrees. If the median particle of a class is farther than this from the most common view, the
class shows no view. Random views are 60° from any one, with opposite views counted as the same.
"""


class NoColumns:
    """Handle of a particle table of which only the class numbers are known."""

    column_names: tuple[str, ...] = ()

    def read_column(self, name: str) -> DoubleArray:
        raise KeyError(name)


class KnownViews:
    """Particles of known view.

    Parameters
    ----------
    particles : ParticleTable or int64 (P,)
        The table, or the class number of each particle alone.
    view : float64 (P, 3)
        Directions of projection; NaN where one is unknown: such a particle is counted nowhere.
    symmetry : str or float64 (G, 3, 3)
    axial : bool
        A view and its opposite belong together (mirror images are compared).
    class_view : mapping of class number to float64 (3,), optional
        The view of each class, where it is known better than from its particles.
    """

    def __init__(
        self,
        particles: ParticleTable | npt.ArrayLike,
        view: npt.ArrayLike,
        symmetry: Symmetry = "C1",
        *,
        axial: bool = True,
        class_view: Mapping[int, DoubleArray] | None = None,
    ) -> None:
        if not isinstance(particles, ParticleTable):
            particles = ParticleTable(np.asarray(particles, dtype=np.int64), NoColumns())
        self.particles = particles
        self.view = unit(view)
        self.symmetry = symmetry
        self.axial = axial
        self.class_view = class_view
        self._remembered: dict[Hashable, Any] = {}
        if len(self.view) != len(particles):
            raise ValueError(f"{len(particles)} particles have {len(self.view)} views")
        self.is_known = np.asarray(np.isfinite(self.view).all(axis=1))

    def __len__(self) -> int:
        return len(self.particles)

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made before under a key, e.g. the oracle's curve: many results share it."""
        if key not in self._remembered:
            self._remembered[key] = make()
        found: T = self._remembered[key]
        return found

    @cached_property
    def _distinct(self) -> tuple[DoubleArray, IntArray]:
        """Distinct known views, and which of them each particle has (−1: unknown)."""
        row = np.full(len(self), -1, dtype=np.int64)
        known = self.view[self.is_known]
        distinct, inverse = np.unique(known, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        if len(distinct) > _MOST_VIEWS:
            from scipy.spatial import cKDTree

            grid = fourier_directions(_MOST_VIEWS)
            # A slice is that of the opposite view too, so that half a sphere of views is enough.
            nearest = cKDTree(np.concatenate([grid, -grid])).query(known)[1] % _MOST_VIEWS
            used, inverse = np.unique(nearest, return_inverse=True)
            distinct = grid[used]
        row[self.is_known] = inverse
        return distinct, row

    @cached_property
    def _kernel(self) -> FloatArray:
        """Density that each distinct view and its symmetric copies lay on Fourier directions."""
        views = self._distinct[0]
        operations = symmetry_operations(self.symmetry)
        directions = fourier_directions(N_DIRECTIONS)
        total = np.zeros((len(views), N_DIRECTIONS), dtype=np.float32)
        for operation in operations:
            # The copies of a view at a direction are the view at copies of the direction.
            total += slice_kernel(views, directions @ operation)
        return total / np.float32(len(operations))

    @cached_property
    def _bins(self) -> FloatArray:
        """Share of each distinct view's symmetric copies in bins of half a sphere."""
        views = self._distinct[0]
        operations = symmetry_operations(self.symmetry)
        centres = fourier_directions(N_BINS)
        share = np.zeros((len(views), N_BINS), dtype=np.float32)
        for operation in operations:
            nearest = np.abs(views @ operation.T @ centres.T).argmax(axis=1)
            share[np.arange(len(views)), nearest] += 1
        return share / np.float32(len(operations))

    @cached_property
    def slice_passes(self) -> SlicePasses:
        """Which directions of Fourier space the slice of each particle passes, for SCF*."""
        return SlicePasses(
            np.where(self.is_known[:, None], self.view, np.nan), symmetry_operations(self.symmetry)
        )

    @property
    def distinct_view(self) -> IntArray:
        """int64 (P,): which of the distinct views each particle has; −1: unknown."""
        return self._distinct[1]

    def counts(self, selected: npt.ArrayLike) -> FloatArray:
        """Particles of each distinct view in each selection; float32 (S, V).

        Parameters
        ----------
        selected : bool (S, P)
        """
        selected = np.asarray(selected, dtype=np.bool_)
        distinct, row = self._distinct
        n = len(distinct)
        return np.stack(
            [np.bincount(row[one & self.is_known], minlength=n) for one in selected]
        ).astype(np.float32)

    def counts_up_to(self, level: npt.ArrayLike, n_levels: int) -> FloatArray:
        """Particles of each distinct view in selections that nest; float32 (n_levels, V).

        Parameters
        ----------
        level : int64 (P,)
            The first selection that a particle is in, 0 … n_levels − 1; any other number: none.
        n_levels : int
        """
        level = np.asarray(level, dtype=np.int64)
        distinct, row = self._distinct
        used = self.is_known & (level >= 0) & (level < n_levels)
        place = level[used] * len(distinct) + row[used]
        joined = np.bincount(place, minlength=n_levels * len(distinct)).astype(np.float32)
        # Whole numbers up to 2²⁴ are exact in float32.
        return joined.reshape(n_levels, len(distinct)).cumsum(axis=0)

    @cached_property
    def _densities_and_bins(self) -> FloatArray:
        return np.concatenate([self._kernel, self._bins], axis=1)

    def scores(self, counts: FloatArray) -> tuple[DoubleArray, DoubleArray]:
        """`uniformity` and `entropy` of many selections at once.

        Parameters
        ----------
        counts : float32 (S, V)

        Returns
        -------
        uniformity, entropy : float64 (S,)
        """
        with single_threaded():
            laid = counts @ self._densities_and_bins
        return self.scores_of_sums(laid, counts.sum(axis=1, dtype=np.float64))

    def summed(self, view: IntArray, start: IntArray, stop: IntArray) -> FloatArray:
        """What runs of particles lay on Fourier directions and on bins, float32 (M, D + B).

        Parameters
        ----------
        view : int64 (R,)
            `distinct_view` of particles, in the order that the runs are of.
        start, stop : int64 (M,)
        """
        from scipy.sparse import csr_array

        which = [np.arange(a, b) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
        ends = np.concatenate(([0], np.cumsum(stop - start)))
        column = view[np.concatenate(which)] if len(which) else view[:0]
        shape = len(start), len(self._densities_and_bins)
        ones = np.ones(len(column), dtype=np.float32)
        laid: FloatArray = csr_array((ones, column, ends), shape=shape) @ self._densities_and_bins
        return laid

    def scores_of_sums(
        self, sums: FloatArray, kept: DoubleArray
    ) -> tuple[DoubleArray, DoubleArray]:
        """Uniformity and entropy from what ``kept`` (S,) particles lay in all, (S, D + B)."""
        from scipy.special import entr

        laid = sums.astype(np.float64)
        density, filled = laid[:, :N_DIRECTIONS], laid[:, N_DIRECTIONS:]
        with np.errstate(divide="ignore", invalid="ignore"):
            uniformity = 1.0 / np.mean(
                isotropic_density(KERNEL_WIDTH) / (density / kept[:, None]), axis=1
            )
            entropy = entr(filled / kept[:, None]).sum(axis=1) / np.log(N_BINS)
        return np.where(kept > 0, uniformity, 0.0), np.where(kept > 0, entropy, 0.0)

    def uniformity(self, selected: npt.ArrayLike) -> DoubleArray:
        """Uniformity U of the views of each selection (`uniformity`).

        Parameters
        ----------
        selected : bool (S, P)

        Returns
        -------
        float64 (S,)
            0 for no particles.
        """
        return self.scores(self.counts(selected))[0]

    def entropy(self, selected: npt.ArrayLike) -> DoubleArray:
        """Entropy of the views of each selection over bins of equal area, ÷ that of an even one.

        Parameters
        ----------
        selected : bool (S, P)

        Returns
        -------
        float64 (S,)
            0 (all in one bin) to 1; few particles can't reach 1.
        """
        return self.scores(self.counts(selected))[1]

    @cached_property
    def modal_views(self) -> dict[int, DoubleArray]:
        """The modal view of each class that has particles of known view."""
        class_id = self.particles.class_id
        return {
            int(number): modal_view(
                self.view[self.is_known & (class_id == number)], self.symmetry, axial=self.axial
            )
            for number in np.unique(class_id[self.is_known])
        }

    @cached_property
    def class_spread(self) -> dict[int, float]:
        """Degrees: median angle of a class's particles to its modal view."""
        class_id = self.particles.class_id
        return {
            number: float(
                np.median(
                    angle_between_views(
                        self.view[self.is_known & (class_id == number)],
                        centre[None],
                        self.symmetry,
                        axial=self.axial,
                    )
                )
            )
            for number, centre in self.modal_views.items()
        }

    @cached_property
    def _same_view(self) -> IntArray:
        """A number for each particle: equal ones have equal views, to the last digit."""
        known = self.view[self.is_known]
        number = np.full(len(self), -1, dtype=np.int64)
        number[self.is_known] = np.unique(known, axis=0, return_inverse=True)[1].reshape(-1)
        return number

    @cached_property
    def _known_of_class(self) -> dict[int, IntArray]:
        """Particles of known view of each class, in order of row."""
        known = np.flatnonzero(self.is_known)
        class_id = self.particles.class_id[known]
        order = np.argsort(class_id, kind="stable")
        numbers, start = np.unique(class_id[order], return_index=True)
        parts = np.split(known[order], start[1:])
        return {int(number): rows for number, rows in zip(numbers, parts, strict=True)}

    def off_modal_view(self, class_id: IntArray) -> tuple[DoubleArray, IntArray]:
        """Angles of the particles of some classes to the modal view of all of them.

        Parameters
        ----------
        class_id : int64 (N,)
            Their numbers.

        Returns
        -------
        angle : float64 (D,)
            Degrees, of each distinct view of known particles.
        n_particles : int64 (D,)
            Of that view.
        """
        rows = [self._known_of_class[n] for n in class_id.tolist() if n in self._known_of_class]
        if not rows:
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        return self.remembered(
            ("off", np.sort(class_id).tobytes()), lambda: self._off(np.sort(np.concatenate(rows)))
        )

    def _off(self, rows: IntArray) -> tuple[DoubleArray, IntArray]:
        same = self._same_view[rows]
        centre = modal_view(self.view[rows], self.symmetry, axial=self.axial, same=same)
        _, first, count = np.unique(same, return_index=True, return_counts=True)
        angle = angle_between_views(
            self.view[rows[first]], centre[None], self.symmetry, axial=self.axial
        )
        return angle[:, 0], count

    def views_of_classes(self, class_id: IntArray) -> DoubleArray:
        """The view of each class, float64 (N, 3): as stated, else the modal one; NaN for none.

        A class without particles of known view has none, nor one of mixed views (`MIXED_BEYOND`).
        """
        views = np.full((len(class_id), 3), np.nan)
        for row, number in enumerate(map(int, class_id)):
            if self.class_view is not None:
                if number in self.class_view:
                    views[row] = self.class_view[number]
            elif self.class_spread.get(number, np.inf) <= MIXED_BEYOND:
                views[row] = self.modal_views[number]
        return unit(views)

    def angles_of_classes(self, class_id: IntArray) -> DoubleArray:
        """Degrees between the views of classes, (N, N); NaN for a class without one."""
        return self._angles(self.views_of_classes(class_id))

    def angles_of_modal_views(self, class_id: IntArray) -> DoubleArray:
        """Degrees between the modal views of classes, mixed ones too, (N, N)."""
        return self._angles(np.stack([self.modal_views[int(number)] for number in class_id]))

    def _angles(self, views: DoubleArray) -> DoubleArray:
        known = np.isfinite(views).all(axis=1)
        angle = np.full((len(views), len(views)), np.nan)
        angle[np.ix_(known, known)] = angle_between_views(
            views[known], views[known], self.symmetry, axial=self.axial
        )
        return angle
