"""Bins of equal area on the sphere of viewing directions, modulo a point group."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from rebalance.engine.threads import default_threads
from rebalance.errors import OptionError
from rebalance.kernels.sphere_cpu import power_cells
from rebalance.model import BoolArray, DoubleArray, IntArray, SphereBins
from rebalance.orientations.units import fibonacci_sphere, inner_direction, nearest_copy

N_BINS = 192

FEWEST, MOST = 4, 20_000
"""Bins."""

_ROWS_AT_ONCE = 1 << 18
_RELAXED = 40
"""Steps of Lloyd's method; each moves the centers to the middle of their cells."""
_ROUNDS = 4
"""Steps that alternate with equalizing the areas."""
_COARSE, _FINE = 90, 720
"""Points over which areas are integrated."""
_EQUAL = 2e-4
"""As a fraction of the mean area."""
_TURN = np.array([[2.0, -9.0, 6.0], [6.0, 6.0, 7.0], [-9.0, 2.0, 6.0]]) / 11
"""The identity: a rotation in every group."""


def sphere_bins(
    n: int = N_BINS,
    operations: DoubleArray | None = None,
    symmetry: str = "C1",
    antipodal: bool = False,
    scheme: str = "fibonacci",
) -> SphereBins:
    """Bins of equal area: where particles look from, counted.

    Without symmetry, centers are the points of a Fibonacci spiral. Otherwise they begin as those
    that lie in one unit of the group, and move to the middles of their cells (Lloyd's method,
    copies with them), which keeps cells round. Then each gets a weight, by Newton's method on the
    areas of its power cell, so that all areas are equal.

    Parameters
    ----------
    n : int
        Distinct bins; with ``scheme="healpix"``, 12 · nside², half as many where antipodal.
    operations : float64 (G, 3, 3), optional
        Rotations of the point group, the identity first; by default it alone.
    symmetry : str
        The group's name, for what is written and drawn.
    antipodal : bool
        Opposite directions are in one bin.
    scheme : {"fibonacci", "healpix"}
        Pixels of HEALPix [1]_ need the package ``healpix``.

    Returns
    -------
    SphereBins

    Raises
    ------
    OptionError
        If the number, the scheme, or HEALPix with a point group isn't possible; or the package
        is not installed.

    References
    ----------
    .. [1] K. M. Górski et al., "HEALPix: a framework for high-resolution discretization and fast
       analysis of data distributed on the sphere", Astrophys. J. 622 (2005) 759.
    """
    group = np.eye(3)[None] if operations is None else np.ascontiguousarray(operations, np.float64)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not FEWEST <= n <= MOST:
        raise OptionError(
            f"{n!r} bins: expected a whole number from {FEWEST} to {MOST:,}.", setting="bins"
        )
    if scheme == "healpix":
        return _healpix_bins(int(n), group, symmetry, antipodal)
    if scheme != "fibonacci":
        raise OptionError(f"scheme = {scheme!r}: expected fibonacci or healpix.", setting="scheme")
    centre, weight = _equal_bins(int(n), group.tobytes(), len(group), antipodal)
    return SphereBins(centre, group, symmetry, antipodal, scheme, weight)


def bin_of(bins: SphereBins, direction: DoubleArray, threads: int | None = None) -> IntArray:
    """The bin of each direction.

    Parameters
    ----------
    bins : SphereBins
    direction : float64 (P, 3)
        Unit vectors; NaN for a particle without a pose.
    threads : int, optional
        All there are by default. The result doesn't depend on it.

    Returns
    -------
    int64 (P,)
        −1 for NaN.
    """
    from scipy.spatial import cKDTree

    workers = default_threads() if threads is None else threads
    found = np.full(len(direction), -1, dtype=np.int64)
    if bins.scheme == "healpix":
        place = _HealpixPlaces(len(bins), bins.antipodal)
    else:
        at, owner = copies_of(bins)
        tree = cKDTree(at)
    for start in range(0, len(direction), _ROWS_AT_ONCE):
        piece = np.asarray(direction[start : start + _ROWS_AT_ONCE], dtype=np.float64)
        known = np.flatnonzero(np.isfinite(piece).all(axis=1))
        if bins.scheme == "healpix":
            found[start + known] = place.bin_of(piece[known])
            continue
        # |d − c|² − w is a distance in four dimensions.
        lifted = np.zeros((len(known), 4))
        lifted[:, :3] = piece[known]
        found[start + known] = owner[tree.query(lifted, workers=workers)[1]]
    return found


def copies_of(bins: SphereBins) -> tuple[DoubleArray, IntArray]:
    """All copies of the centers in four dimensions, and the bin of each.

    The bin of a direction d is that of the copy nearest to (d, 0).

    Returns
    -------
    float64 (M, 4), int64 (M,)
    """
    at = _copies(bins.centre, bins.operations, bins.antipodal)
    weight = np.zeros(len(bins)) if bins.weight is None else bins.weight
    height = np.tile(np.sqrt(weight.max() - weight), len(at) // len(bins))
    return np.column_stack([at, height]), np.arange(len(at)) % len(bins)


def _copies(centre: DoubleArray, operations: DoubleArray, antipodal: bool) -> DoubleArray:
    at = np.einsum("gij,kj->gki", operations, centre).reshape(-1, 3)
    return np.concatenate([at, -at]) if antipodal else at


# Equal areas -------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _equal_bins(
    n: int, group: bytes, order: int, antipodal: bool
) -> tuple[DoubleArray, DoubleArray]:
    operations = np.frombuffer(group).reshape(order, 3, 3)
    if order == 1 and not antipodal:
        cells = _Cells(fibonacci_sphere(n), operations, antipodal)
    else:
        cells = _Cells(_first_centres(n, operations, antipodal), operations, antipodal)
        for step in range(_RELAXED):
            cells.move(look_around=step in (0, 2, 5, 10, 20, 30))
        for _ in range(_ROUNDS):
            cells.equalise(_COARSE, 1e-2)
            cells.move(look_around=True)
    cells.equalise(_FINE, _EQUAL)
    for array in (cells.centre, cells.weight):
        array.setflags(write=False)
    return cells.centre, cells.weight


class _Cells:
    """Power cells of centers and their copies under a group."""

    def __init__(self, centre: DoubleArray, operations: DoubleArray, antipodal: bool) -> None:
        self.centre, self.operations, self.antipodal = centre, operations, antipodal
        self.weight = np.zeros(len(centre))
        self.copies = len(operations) * (2 if antipodal else 1)
        self.owner = np.arange(len(centre) * self.copies) % len(centre)
        self._look_around()

    def move(self, *, look_around: bool) -> None:
        """Each center to the middle of its cell."""
        if look_around:
            self._look_around()
        moment = self._measure(self.weight, _COARSE)[1]
        self.centre = moment / np.linalg.norm(moment, axis=1, keepdims=True)

    def equalise(self, n_angles: int, enough: float) -> None:
        """Weights that make all areas equal to within a share of their mean."""
        from scipy.sparse import coo_array
        from scipy.sparse.linalg import spsolve

        self._look_around()
        n = len(self.centre)
        even = 4 * np.pi / (n * self.copies)
        area, _, change = self._measure(self.weight, n_angles)
        while area.min() == 0:
            # A center that moved has left its cell; without weights none does.
            self.weight = self.weight / 2 if np.ptp(self.weight) > 1e-9 else 0 * self.weight
            area, _, change = self._measure(self.weight, n_angles)
        rows = np.repeat(np.arange(n), self.neighbour.shape[1])
        columns = self.owner[self.neighbour].ravel()
        for _ in range(30):
            off = area - area.mean()
            if np.abs(off).max() < enough * even:
                break
            both = (np.concatenate([rows, rows]), np.concatenate([rows, columns]))
            values = np.concatenate([change.ravel(), -change.ravel()])
            slope = coo_array((values, both), shape=(n, n)).tocsc()
            step = np.zeros(n)
            # One weight is free: only differences count.
            step[1:] = spsolve(slope[1:, 1:], -off[1:])
            for _ in range(12):
                weight = self.weight + step
                tried = self._measure(weight, n_angles)
                better = np.abs(tried[0] - even).max() < np.abs(area - even).max()
                if tried[0].min() > 0.1 * even and better:
                    break
                step = step / 2
            else:
                break
            self.weight = weight - weight.mean()
            area, _, change = tried
        self._look_around()

    def _look_around(self) -> None:
        """Find the neighbors of each center: as many as surely bound its cell."""
        from scipy.spatial import cKDTree

        at = _copies(self.centre, self.operations, self.antipodal)
        tree = cKDTree(at)
        spread = float(np.ptp(self.weight))
        n_neighbours = min(24, len(at) - 1)
        while True:
            distance, found = tree.query(self.centre, k=n_neighbours + 1)
            # Itself is the nearest.
            self.neighbour = np.ascontiguousarray(found[:, 1:], dtype=np.int64)
            if n_neighbours == len(at) - 1:
                return
            self._measure(self.weight, _COARSE)
            # A neighbor further off than twice the radius of a cell can't cut it.
            radius = 2 * np.sin(np.minimum(self.reach / 2, np.pi / 2))
            if (distance[:, -1] > radius + np.sqrt(radius**2 + spread)).all():
                return
            n_neighbours = min(2 * n_neighbours, len(at) - 1)

    def _measure(
        self, weight: DoubleArray, n_angles: int
    ) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
        n = len(self.centre)
        at = _copies(self.centre, self.operations, self.antipodal)
        area, moment, self.reach = np.empty(n), np.empty((n, 3)), np.empty(n)
        change = np.empty(self.neighbour.shape)
        power_cells(
            *(self.centre, weight, at, self.owner, self.neighbour),
            *(n_angles, area, moment, change, self.reach),
        )
        return area, moment, change


def _first_centres(n: int, operations: DoubleArray, antipodal: bool) -> DoubleArray:
    """Points of a Fibonacci spiral in one unit of the group: n of them."""
    inner = inner_direction(operations, antipodal)
    copies = len(operations) * (2 if antipodal else 1)
    for more in range(16 * copies):
        # Turned, so that none lies on an axis or a mirror of the group, where its copies would too.
        points = fibonacci_sphere(n * copies + more) @ _TURN
        inside = points[_in_unit(points, operations, inner, antipodal)]
        if len(inside) >= n:
            break
    keep = np.round(np.linspace(0, len(inside) - 1, n)).astype(np.int64)
    return np.ascontiguousarray(inside[keep])


def _in_unit(
    points: DoubleArray, operations: DoubleArray, inner: DoubleArray, antipodal: bool
) -> BoolArray:
    nearest, opposite = nearest_copy(points, operations, inner, antipodal)
    return np.asarray((nearest == 0) & ~opposite)


# HEALPix -----------------------------------------------------------------------------------------


def _healpix_bins(n: int, group: DoubleArray, symmetry: str, antipodal: bool) -> SphereBins:
    if len(group) > 1:
        raise OptionError(
            f"HEALPix pixels have equal areas for C1 only, not for {symmetry}.",
            hint="Use the scheme fibonacci: its bins have equal areas for every point group.",
            setting="scheme",
        )
    base = 6 if antipodal else 12
    nside = max(round(np.sqrt(n / base)), 1)
    if base * nside**2 != n:
        below = max(int(np.sqrt(n / base)), 1)
        near = " or ".join(f"{base * side**2:,}" for side in (below, below + 1))
        half = " (opposite pixels share a bin)" if antipodal else ""
        raise OptionError(
            f"{n} bins are not possible: HEALPix has {base} · nside² of them{half}.",
            hint=f"Use {near}, or the scheme fibonacci.",
            setting="bins",
        )
    return SphereBins(_HealpixPlaces(n, antipodal).centre, group, symmetry, antipodal, "healpix")


class _HealpixPlaces:
    """Pixels of HEALPix in ring order; opposite ones are one bin where antipodal."""

    def __init__(self, n: int, antipodal: bool) -> None:
        self._healpix = _healpix()
        self.nside = round(np.sqrt(n / (6 if antipodal else 12)))
        pixels = np.arange(12 * self.nside**2)
        centre = np.column_stack(self._healpix.pix2vec(self.nside, pixels))
        first = pixels
        if antipodal:
            # The opposite of a pixel's middle is that of another.
            first = np.minimum(pixels, self._pixel(-centre))
        kept, self._bin = np.unique(first, return_inverse=True)
        self.centre = np.ascontiguousarray(centre[kept])

    def bin_of(self, direction: DoubleArray) -> IntArray:
        return np.asarray(self._bin[self._pixel(direction)], dtype=np.int64)

    def _pixel(self, direction: DoubleArray) -> IntArray:
        return np.asarray(self._healpix.vec2pix(self.nside, *direction.T), dtype=np.int64)


def _healpix() -> Any:
    try:
        import healpix
    except ImportError:
        raise OptionError(
            "HEALPix bins need the package healpix, which is not installed.",
            hint="Install it with `pip install healpix`, or use fibonacci bins.",
            setting="scheme",
        ) from None
    return healpix
