"""How evenly the central slices of particles sample the directions of Fourier space: SCF*."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from rebalance.blas import single_threaded
from rebalance.engine.threads import default_threads
from rebalance.kernels.sphere_cpu import add_slices, passed_by
from rebalance.model import BoolArray, DoubleArray, FourierSampling, IntArray
from rebalance.orientations.pose_cells import FEW, merged, pose_cells
from rebalance.seeds import generator
from rebalance.views.uniformity import fourier_directions, uniformity

RADIUS = 50.0
"""Fourier pixels from the origin at which directions are sampled."""

N_DIRECTIONS = 5_000
"""min(2πR², 5,000) in the authors' paper."""

SIDE_VIEWS = 8 / np.pi**2
"""SCF* of many side views around one axis: good enough."""

DRAWS = 5
"""Draws for each number of particles."""

_VIEWS_AT_ONCE = 2_048
_BLOCKS = 4
"""Cubes along a radius, in which neighboring directions are combined."""
_UNIFORMITY_CELL = 1.0
"""Degrees."""
_SIZES, _FEWEST = 8, 1_000
"""Numbers of particles for which SCF* is also calculated, and the smallest."""


class SlicePasses:
    """Which directions of Fourier space each particle's slice passes, to score many subsets.

    Particles are summed over cells of at most 0.3°, which are far narrower than a slice at R = 50;
    up to 250,000 poses, copies under the group counted, are kept one by one. All of the particles
    score as one by one to 0.001; a thousand of millions to 0.01, whether chosen or drawn at random,
    so that these two compare.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors from which particles look; NaN for one without a pose.
    operations : float64 (G, 3, 3), optional
        Rotations of the point group; by default the identity.
    threads : int, optional
        All there are by default. Nothing depends on it.
    few : int
        Poses × copies that are kept one by one.

    Attributes
    ----------
    directions : float64 (D, 3)
        Unit vectors over half a sphere of Fourier space.
    n_particles : int
        That have a pose.
    """

    def __init__(
        self,
        direction: DoubleArray,
        operations: DoubleArray | None = None,
        *,
        threads: int | None = None,
        few: int = FEW,
    ) -> None:
        group = np.eye(3)[None] if operations is None else np.asarray(operations, np.float64)
        self.operations = np.ascontiguousarray(group)
        threads = default_threads() if threads is None else threads
        self.directions = fourier_directions(N_DIRECTIONS)
        self._cells = pose_cells(direction, self.operations, threads, few)
        self.n_particles = int(self._cells.count.sum())
        self._start, self._passed = self._passes(threads)

    def slices(self, keep: BoolArray | None = None) -> IntArray:
        """Particles and copies whose slice passes each direction.

        Parameters
        ----------
        keep : bool (P,), optional
            Particles that count; by default all.

        Returns
        -------
        int64 (D,)
        """
        return self._slices(self._cells.count if keep is None else self._count(keep))

    def score(self, keep: BoolArray | None = None) -> float:
        """SCF* of the particles that are kept; bool (P,), by default all."""
        return scf_star_of(self.slices(keep))

    def at_random(self, n: int, rng: np.random.Generator, draws: int = DRAWS) -> DoubleArray:
        """SCF* of so many particles drawn at random.

        Parameters
        ----------
        n : int
            Of those that have a pose.
        rng : Generator
        draws : int

        Returns
        -------
        float64 (draws,)

        Raises
        ------
        ValueError
            If there are fewer.
        """
        if not 0 <= n <= self.n_particles:
            raise ValueError(f"{n:,} of {self.n_particles:,} particles can't be drawn")
        found = np.zeros(draws)
        for draw in range(draws if len(self._cells) else 0):
            count = rng.multivariate_hypergeometric(self._cells.count, n, method="marginals")
            found[draw] = scf_star_of(self._slices(count))
        return found

    def uniformity(self, keep: BoolArray | None = None) -> float:
        """Our own U of the particles that are kept, with their copies, over cells of 1°."""
        count = self._cells.count if keep is None else self._count(keep)
        if not count.any():
            return 0.0
        view, weight = merged(self._cells.view, count, _UNIFORMITY_CELL)
        copies = np.einsum("gij,mj->gmi", self.operations, view).reshape(-1, 3)
        with single_threaded():
            return uniformity(copies, weights=np.tile(weight, len(self.operations)))

    def _count(self, keep: BoolArray) -> IntArray:
        if len(keep) != len(self._cells.cell):
            raise ValueError(f"keep is of {len(keep):,} particles, not {len(self._cells.cell):,}")
        cell = self._cells.cell[keep]
        return np.bincount(cell[cell >= 0], minlength=len(self._cells))

    def _slices(self, count: IntArray) -> IntArray:
        slices = np.zeros(len(self.directions), dtype=np.int64)
        add_slices(self._start, self._passed, count, slices)
        return slices

    def _passes(self, threads: int) -> tuple[IntArray, npt.NDArray[np.int16]]:
        view, none = self._cells.view, np.zeros(0, dtype=np.int16)
        blocks = _blocks(self.directions)

        def find(begin: int) -> tuple[IntArray, npt.NDArray[np.int16]]:
            piece = view[begin : begin + _VIEWS_AT_ONCE]
            n = np.zeros(len(piece), dtype=np.int64)
            arguments = (piece, self.operations, *blocks, 0.5 / RADIUS, n)
            passed_by(*arguments, none)
            passed = np.empty(n.sum(), dtype=np.int16)
            passed_by(*arguments, passed)
            return n, passed

        with ThreadPoolExecutor(max(threads, 1)) as pool:
            parts = list(pool.map(find, range(0, len(view), _VIEWS_AT_ONCE)))
        start = np.zeros(len(view) + 1, dtype=np.int64)
        if not parts:
            return start, none
        np.cumsum(np.concatenate([part[0] for part in parts]), out=start[1:])
        return start, np.concatenate([part[1] for part in parts])


def scf_of(slices: npt.ArrayLike) -> float:
    """Sampling compensation factor: 1 / (mean of 1/s over the directions sampled · mean of s)."""
    slices = np.asarray(slices, dtype=np.float64)
    sampled = slices[slices > 0]
    if len(sampled) == 0:
        return 0.0
    return float(1.0 / (np.mean(1.0 / sampled) * slices.mean()))


def scf_star_of(slices: npt.ArrayLike) -> float:
    """SCF*: the same with gaps counted, from the slices that pass each direction.

    SCF* = SCF / (1 + (Q / P) · mean(s) · SCF / 2), where Q is the share of directions that no
    slice passes and P = 1 − Q.

    Parameters
    ----------
    slices : (D,)

    Returns
    -------
    float
        0 for no slices.
    """
    slices = np.asarray(slices, dtype=np.float64)
    scf = scf_of(slices)
    if scf == 0:
        return 0.0
    sampled = float(np.mean(slices > 0))
    return scf / (1.0 + (1.0 - sampled) / sampled * float(slices.mean()) * scf / 2)


def fourier_sampling(
    direction: DoubleArray,
    operations: DoubleArray | None = None,
    symmetry: str = "C1",
    *,
    seed: int = 0,
    thinned_to: Sequence[int] | None = None,
    draws: int = DRAWS,
    threads: int | None = None,
    passes: SlicePasses | None = None,
) -> FourierSampling:
    """How evenly particles sample Fourier space: SCF* [1]_, [2]_, and that of fewer too.

    The slice of a particle that looks along n passes a Fourier direction u if |u · n| R < 1/2, at
    R = 50 Fourier pixels; copies under the point group count. 5,000 directions lie on a Fibonacci
    spiral over half a sphere.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors from which particles look; NaN for one without a pose.
    operations : float64 (G, 3, 3), optional
        Rotations of the point group; by default the identity.
    symmetry : str
        The group's name.
    seed : int
        Of the particles that are drawn.
    thinned_to : sequence of int, optional
        Numbers of particles, fewer than there are, at which SCF* is found too; by default eight,
        by equal factors from 1,000.
    draws : int
        Of each number.
    threads : int, optional
        All there are by default. The result doesn't depend on it.
    passes : SlicePasses, optional
        Of the same directions and operations, where they are made already.

    Returns
    -------
    FourierSampling

    References
    ----------
    .. [1] P. R. Baldwin and D. Lyumkis, "Non-uniformity of projection distributions attenuates
       resolution in cryo-EM", Prog. Biophys. Mol. Biol. 150 (2020) 160,
       doi:10.1016/j.pbiomolbio.2019.09.002.
    .. [2] P. R. Baldwin and D. Lyumkis, "Tools for visualizing and analyzing Fourier space sampling
       in cryo-EM", Prog. Biophys. Mol. Biol. 160 (2021) 53,
       doi:10.1016/j.pbiomolbio.2020.06.003.
    """
    if passes is None:
        passes = SlicePasses(direction, operations, threads=threads)
    slices = passes.slices()
    total = passes.n_particles
    wanted = thinned_sizes(total) if thinned_to is None else thinned_to
    sizes = np.unique(np.asarray(wanted, np.int64))
    sizes = sizes[(sizes > 0) & (sizes < total)]
    thinned = [passes.at_random(int(n), generator(seed, int(n)), draws) for n in sizes]
    return FourierSampling(
        directions=passes.directions,
        slices=slices.astype(np.float64),
        n_particles=total,
        symmetry=symmetry,
        scf=scf_of(slices),
        scf_star=scf_star_of(slices),
        uniformity=passes.uniformity(),
        unsampled=float(np.mean(slices == 0)),
        thinned_to=sizes.astype(np.int64),
        thinned_scf_star=np.array(thinned, dtype=np.float64).reshape(len(sizes), draws),
    )


def _blocks(
    directions: DoubleArray,
) -> tuple[DoubleArray, npt.NDArray[np.int16], IntArray, DoubleArray, DoubleArray]:
    """Directions in blocks of neighbors, most of which a slice passes by as a whole.

    Returns
    -------
    Directions, order, block, middle and radius as `rebalance.kernels.sphere_cpu.passed_by` has
    them.
    """
    near = np.unique(np.round(directions * _BLOCKS), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(near, kind="stable")
    size = np.bincount(near)
    block = np.concatenate([[0], np.cumsum(size)])
    ordered = np.ascontiguousarray(directions[order])
    middle = np.add.reduceat(ordered, block[:-1]) / size[:, None]
    away = np.linalg.norm(ordered - np.repeat(middle, size, axis=0), axis=1)
    radius = np.maximum.reduceat(away, block[:-1])
    return ordered, order.astype(np.int16), block, middle, radius


def thinned_sizes(total: int) -> IntArray:
    """Numbers of particles at which SCF* of so many is found too; rising, the last is all."""
    if total <= _FEWEST:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.round(np.geomspace(_FEWEST, total, _SIZES + 1)).astype(np.int64))
