"""Finds the axes of a point group in a map made without symmetry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.kernels.poses_cpu import correlate_turned
from rebalance.model import BoolArray, DoubleArray, FloatArray
from rebalance.point_groups import operations_of
from rebalance.views.fourier_map import FourierMap, hemisphere

ComplexArray = npt.NDArray[np.complex64]

N_ROTATIONS, N_DIRECTIONS = 1_500, 400
"""Orientations that are tried; directions, where there is but one axis."""
N_REFINED, N_TRIED = 8, 24
"""How many of them are refined, and by how many steps a round."""

_FIRST_STEP, _LAST_STEP, _SHORTER = 8.0, 0.5, 0.6
"""Degrees."""
_N_POINTS, _N_SHELLS = 120, 6
_MOST_OPERATIONS = 6
"""Of a large group, in the first round."""


def find_axes(
    volume: FloatArray,
    grid: FourierMap,
    symmetry: str,
    rng: np.random.Generator,
    axis: DoubleArray | None = None,
) -> tuple[float, DoubleArray]:
    """The orientation of a point group in which a map is most similar to its rotated copies.

    Random orientations are tried, and the best of them refined by random steps that get shorter.

    Parameters
    ----------
    volume : float32 (side, side, side)
    grid : FourierMap
        That of the map.
    symmetry : str
    rng : numpy.random.Generator
    axis : float64 (3,), optional
        Where the highest axis of Dn is known to be.

    Returns
    -------
    float
        Mean correlation of the map with its copies, each shell of frequencies counting by its area.
    float64 (G, 3, 3)
        The rotations of the group in the frame of the map, the identity first.
    """
    from scipy.spatial.transform import Rotation

    operations = operations_of(symmetry)
    if len(operations) == 1:
        return 1.0, operations.copy()
    spectrum = grid.spectrum(volume)
    points, weights = _points(spectrum, grid)
    others = operations[1:]
    chosen = others[np.linspace(0, len(others) - 1, min(len(others), _MOST_OPERATIONS)).astype(int)]

    def scores(frames: DoubleArray, group: DoubleArray) -> DoubleArray:
        turns = np.einsum("nji,gjk,nkl->ngil", frames, group, frames)
        out = np.empty(turns.shape[0] * turns.shape[1])
        turns = np.ascontiguousarray(turns.reshape(-1, 3, 3))
        correlate_turned(spectrum, points, weights, turns, out)
        return out.reshape(len(frames), -1).mean(axis=1)

    if axis is not None:
        frames = _about(axis)
    elif symmetry.startswith("C"):
        # How a group with one axis is turned about it doesn't matter.
        frames = hemisphere(N_DIRECTIONS)[1]
    else:
        frames = Rotation.random(N_ROTATIONS, random_state=rng).as_matrix()
    found = scores(frames, chosen)
    best, best_frame = -np.inf, np.eye(3)
    for start in np.argsort(-found, kind="stable")[:N_REFINED]:
        score, frame, step = found[start], frames[start], _FIRST_STEP
        while step > _LAST_STEP:
            turns = Rotation.from_rotvec(np.radians(step) * rng.standard_normal((N_TRIED, 3)))
            tried = turns.as_matrix() @ frame
            values = scores(tried, chosen)
            at = int(values.argmax())
            if values[at] > score:
                score, frame = values[at], tried[at]
            else:
                step *= _SHORTER
        if score > best:
            best, best_frame = float(score), frame
    best = float(scores(best_frame[None], others)[0])
    return best, np.einsum("ji,gjk,kl->gil", best_frame, operations, best_frame)


def _about(axis: DoubleArray) -> DoubleArray:
    """Frames whose z lies along an axis, turned about it in steps; float64 (n, 3, 3)."""
    x = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    x /= np.linalg.norm(x)
    y = np.cross(axis, x)
    angle = np.arange(N_DIRECTIONS) * (np.pi / N_DIRECTIONS)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    z = np.broadcast_to(axis, (N_DIRECTIONS, 3))
    return np.stack([c * x + s * y, c * y - s * x, z], axis=1)


def _points(spectrum: ComplexArray, grid: FourierMap) -> tuple[DoubleArray, DoubleArray]:
    """Points on shells, and weights that give each shell its area whatever its power."""
    shells = np.arange(1, min(_N_SHELLS, grid.n_rings) + 1)
    directions, _ = hemisphere(_N_POINTS)
    points = (directions[None] * (grid.STEP * shells)[:, None, None]).reshape(-1, 3)
    at = np.round(points).astype(int)
    at *= np.where(at[:, :1] < 0, -1, 1)
    power = np.abs(spectrum[at[:, 2], at[:, 1], at[:, 0]]) ** 2
    mean = power.reshape(len(shells), -1).mean(axis=1)
    weight = shells**2 / (mean + 1e-12 * mean.max(initial=1e-30))
    return points, np.repeat(weight, _N_POINTS)


def asymmetric_unit(directions: DoubleArray, operations: DoubleArray) -> BoolArray:
    """Which directions lie in one unit of the group, where opposite ones count as the same.

    The unit is what is nearer to some direction without symmetry than to any copy of it.

    Returns
    -------
    bool (D,)
    """
    middle = np.array([0.41, 0.27, 0.87]) / np.linalg.norm([0.41, 0.27, 0.87])
    copies = operations @ middle
    cosine = np.abs(directions @ copies.T)
    inside = cosine[:, 0] >= cosine.max(axis=1) - 1e-9
    return np.asarray(inside)
