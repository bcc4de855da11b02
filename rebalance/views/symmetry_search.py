"""Finds the point group of a map made without symmetry.

A group is accepted if the map is similar to its rotated copies and, rebuilt with the group, fits
the averages that did not contribute as well as before. A wrong group would blur it.
"""

from __future__ import annotations

import numpy as np

from rebalance import seeds
from rebalance.model import DoubleArray, FloatArray
from rebalance.point_groups import operations_of
from rebalance.views.expectation import Mapper
from rebalance.views.judge import fit_of
from rebalance.views.starts import CENTRED, Run, pose_search, symmetric
from rebalance.views.symmetry_axes import find_axes

AUTO = "auto"

LEAST_LIKENESS = 0.65
"""Mean correlation of a map with its turned copies from which a group is tried."""
LARGEST_LOSS = 0.03
"""How much worse averages may fit, in Fisher's z, the map that was made with the group. True groups
lose 0.02 at most, others 0.05 at least."""
ALIKE, LARGEST_LOSS_IF_ALIKE = 0.9, 0.08
"""A map that is so much like its copies may lose more: with symmetry it follows noise less."""

_PRIMES = (2, 3, 5, 7)
_LARGER = {
    (2,): ("C4", "C8", "D2", "D4"),
    (3,): ("C9",),
    (2, 3): ("C6", "C12", "D3", "D6", "T", "O"),
    (2, 5): ("C10", "D5"),
    (2, 7): ("C14", "D7"),
    (2, 3, 5): ("I",),
}
"""Groups whose axes have these primes and no others."""

_AXES = 1_001


def with_symmetry(
    run: Run,
    weight: FloatArray,
    symmetry: str,
    seed: int,
    mapper: Mapper = map,
    least_likeness: float = -1.0,
) -> tuple[float, Run] | None:
    """How like its turned copies a map is, and the run made with the group; None if too unlike.

    The axes of a group with several are found in two steps: first that of the highest order, then
    the others on the map that has it.

    Parameters
    ----------
    run : Run
        Without symmetry.
    weight : float32 (N,)
    symmetry : str
    seed : int
    mapper : callable
    least_likeness : float
        Least mean correlation of the map with its copies.
    """
    first = _highest_axis(symmetry)
    axis = None
    if first is not None:
        with_axis = with_symmetry(run, weight, first, seed, mapper, least_likeness)
        if with_axis is None:
            return None
        run = with_axis[1]
        if symmetry[0] in "CD":
            axis = _axis_of(run.operations[1])
    grid = pose_search(run.samples[:1], CENTRED).grid
    rng = seeds.generator(seed, _AXES)
    likeness, operations = find_axes(grid.regridded(run.volume), grid, symmetry, rng, axis)
    if likeness < least_likeness:
        return None
    return likeness, symmetric(run, weight, operations, mapper)


def find_symmetry(run: Run, weight: FloatArray, seed: int, mapper: Mapper = map) -> str:
    """The largest point group supported by the averages; C1 if none.

    Parameters
    ----------
    run : Run
        Without symmetry.
    weight : float32 (N,)
    seed : int
    mapper : callable
        How groups are handed out.
    """
    fit = np.arctanh(fit_of(run, weight, seed))

    def holds(symmetry: str) -> bool:
        found = with_symmetry(run, weight, symmetry, seed, least_likeness=LEAST_LIKENESS)
        if found is None:
            return False
        likeness, with_group = found
        loss = fit - np.arctanh(fit_of(with_group, weight, seed))
        most = LARGEST_LOSS_IF_ALIKE if likeness >= ALIKE else LARGEST_LOSS
        return float(np.average(loss, weights=weight.astype(np.float64))) <= most

    primes = [f"C{n}" for n in _PRIMES]
    held = [name for name, yes in zip(primes, mapper(holds, primes), strict=True) if yes]
    if not held:
        return "C1"
    there = {int(name[1:]) for name in held}
    larger = [name for needed, names in _LARGER.items() if {*needed} <= there for name in names]
    held += [name for name, yes in zip(larger, mapper(holds, larger), strict=True) if yes]
    return max(held, key=lambda name: len(operations_of(name)))


def _axis_of(rotation: DoubleArray) -> DoubleArray:
    """The axis of a rotation, float64 (3,)."""
    from scipy.spatial.transform import Rotation

    vector = Rotation.from_matrix(np.array(rotation)).as_rotvec()
    return np.asarray(vector / np.linalg.norm(vector))


def _highest_axis(symmetry: str) -> str | None:
    """The cyclic group of the axis that is found first; None where there is no smaller one."""
    if symmetry.startswith("C"):
        order = int(symmetry[1:])
        divisor = next((n for n in range(2, order) if order % n == 0), None)
        return None if divisor is None else f"C{order // divisor}"
    if symmetry.startswith("D") and symmetry != "D1":
        return f"C{symmetry[1:]}"
    return {"T": "C3", "O": "C4", "I": "C5"}.get(symmetry)
