"""A map of the averages: similar ones close together, without overlapping pictures."""

from __future__ import annotations

import numpy as np

from rebalance.arrangement.path_distance import path_distance
from rebalance.blas import single_threaded
from rebalance.model import DoubleArray, FloatArray

NEIGHBOURS, POWER = 4, 3.0
"""Of the path distances: those of the default clustering, so that map and superclasses agree."""

MOST_ALIKE = 5
"""Number of most similar averages that should be near on a map."""

_MOST_STEPS, _FEWEST_STEPS, _SETTLED = 150, 30, 1e-4
_MANY = 400
"""Averages beyond which fewer steps are taken: each takes a time ~ n²."""

_SHORTEST = 0.02
"""Of the distances, the share that weigh no more than the longest of them."""

_MOST_PUSHES, _TOUCHING = 400, 0.01
_GOLDEN = 2.399963

FILLED = 0.8
"""Share of the area that pictures fill before they are moved apart."""


def on_plane(affinity: FloatArray) -> DoubleArray:
    r"""Places whose distances are, as far as a plane allows, those along paths of like averages.

    Of path distances the square root is laid out, so that a crowded view, whose averages have to
    lie side by side, takes no more room than it needs. Classical scaling, then SMACOF with weights
    1/D², by which short distances count as much as long ones: steps of the Guttman transform [1]_

    .. math:: x ← V^+ B(x) x, \quad B_{ij} = -w_{ij} D_{ij} / |x_i - x_j|, \quad V_{ij} = -w_{ij}

    each of which lowers the stress Σ w_ij (D_ij − |x_i − x_j|)²; rows of B and V sum to 0. The long
    axis lies across; the first of the averages lie rather to the left, and above.

    Parameters
    ----------
    affinity : float32 (n, n)
        Of averages in an order in which neighbours are alike, whatever that in the stack.

    Returns
    -------
    float64 (n, 2)
        x to the right, y up; of mean 0, the largest distance from it 1.

    References
    ----------
    .. [1] I. Borg and P. J. F. Groenen, "Modern Multidimensional Scaling", 2nd ed., Springer
       (2005), section 8.6, doi:10.1007/0-387-28981-X.
    """
    n = len(affinity)
    if n < 2:
        return np.zeros((n, 2))
    apart = np.clip(1.0 - affinity.astype(np.float64), 0.0, None)
    np.fill_diagonal(apart, 0.0)
    distance = np.sqrt(path_distance(apart ** (POWER / 2), NEIGHBOURS))
    with single_threaded():
        places = _relaxed(distance, _scaled(distance))
        places = _upright(places)
    largest = float(np.hypot(*places.T).max())
    return places / largest if largest > 0 else places


def _scaled(distance: DoubleArray) -> DoubleArray:
    """Classical scaling (Torgerson): the two leading axes of the doubly centred squares."""
    from scipy.linalg import eigh

    n = len(distance)
    squares = distance**2
    centred = -0.5 * (squares - squares.mean(0) - squares.mean(1)[:, None] + squares.mean())
    value, vector = eigh(centred, subset_by_index=[max(n - 2, 0), n - 1])
    return np.asarray(vector[:, ::-1] * np.sqrt(np.maximum(value[::-1], 0.0)))


def _relaxed(distance: DoubleArray, places: DoubleArray) -> DoubleArray:
    from scipy.spatial.distance import cdist

    n = len(distance)
    off = ~np.eye(n, dtype=np.bool_)
    # Copies of an average have no distance; their weight would be infinite.
    shortest = max(float(np.quantile(distance[off], _SHORTEST)), 1e-9)
    weight = np.where(off, 1.0 / np.maximum(distance, shortest) ** 2, 0.0)
    weight /= weight.sum()
    inverse = np.linalg.inv(np.diag(weight.sum(axis=1)) - weight + 1.0 / n) - 1.0 / n
    pull = weight * distance
    for _ in range(int(np.clip(_MOST_STEPS * (_MANY / n) ** 2, _FEWEST_STEPS, _MOST_STEPS))):
        ratio = pull / np.maximum(cdist(places, places), 1e-9)
        moved = inverse @ (ratio.sum(axis=1)[:, None] * places - ratio @ places)
        change = np.abs(moved - places).max()
        places = moved
        if change < _SETTLED * np.abs(places).max():
            break
    return places


def _upright(places: DoubleArray) -> DoubleArray:
    """Turned to the axes, with the first places on the left and above."""
    centred = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1]
    along = turned.T @ np.linspace(-1.0, 1.0, len(turned))
    return np.asarray(turned * np.where(along * np.array([1.0, -1.0]) < 0, -1.0, 1.0))


def side_by_side(places: DoubleArray, filled: float = FILLED) -> DoubleArray:
    """Middles of round pictures near their places, moved apart until none hides another.

    Parameters
    ----------
    places : float64 (n, 2)
    filled : float
        Share of the discs in the area over which the places are strewn, before they are moved.

    Returns
    -------
    float64 (n, 2)
        In diameters of a picture; the smallest x and y are ½.
    """
    from scipy.spatial import cKDTree

    n = len(places)
    if n == 0:
        return np.empty((0, 2))
    at = places * _pictures_across(places, filled)
    # Equal places would be pushed nowhere; a narrow spiral tells them apart.
    turn = _GOLDEN * np.arange(n)
    at = at + 1e-3 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(_MOST_PUSHES):
        pairs = cKDTree(at).query_pairs(1.0 - _TOUCHING, output_type="ndarray")
        if not len(pairs):
            break
        one, other = pairs[np.lexsort(pairs.T[::-1])].T
        step = at[other] - at[one]
        far = np.maximum(np.hypot(*step.T), 1e-9)
        push = (0.5 * (1.0 - far) / far)[:, None] * step
        np.add.at(at, other, push)
        np.subtract.at(at, one, push)
    return at - at.min(axis=0) + 0.5


def _pictures_across(places: DoubleArray, filled: float) -> float:
    """By how much places are spread so that discs of diameter 1 fill a share of their area."""
    spread = np.sqrt(np.linalg.eigvalsh(np.cov(places.T, bias=True))) if len(places) > 1 else 0.0
    # Of an evenly filled ellipse the half axes are twice these.
    area = float(4 * np.pi * np.prod(np.maximum(spread, 1e-3)))
    return float(np.sqrt(len(places) * np.pi / 4 / (filled * area)))


def kept_neighbours(affinity: FloatArray, places: DoubleArray) -> float | None:
    """How faithful a map is: the share of similar averages that are close together on it.

    Parameters
    ----------
    affinity : float32 (n, n)
    places : float64 (n, 2)

    Returns
    -------
    float or None
        Of the 5 averages that each is most like, the share that are among its 10 nearest; None of
        fewer than 20.
    """
    n = len(affinity)
    if n < 20:
        return None
    from scipy.spatial.distance import cdist

    others = ~np.eye(n, dtype=np.bool_)
    alike = np.argsort(np.where(others, -affinity, 2.0), axis=1, kind="stable")[:, :MOST_ALIKE]
    far = np.where(others, cdist(places, places), np.inf)
    near = np.argsort(far, axis=1, kind="stable")[:, : 2 * MOST_ALIKE]
    return float((alike[:, :, None] == near[:, None, :]).any(axis=2).mean())
