"""Directions of view: where they lie on the sphere, how popular each is, and the frames for them.

A view and its opposite give mirror images of each other, so the pictures of a molecule are
numbered by *axis*: a direction up to its sign.
"""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate.symmetry import angles


def spread_axes(n: int, rng: np.random.Generator) -> DoubleArray:
    """Axes that keep away from each other, turned at random as a whole.

    Returns
    -------
    float64 (n, 3)
        Unit vectors; a Fibonacci lattice on half of the sphere, its seam evened out.
    """
    step = np.arange(n)
    z = 1 - (step + 0.5) / n
    angle = step * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - z**2)
    lattice = np.column_stack([ring * np.cos(angle), ring * np.sin(angle), z])
    for cooling in np.linspace(1, 0, 60, endpoint=False) if n > 1 else ():
        # Axes repel each other and each other's opposites; the nearest by far the most.
        cosine = lattice @ lattice.T
        np.fill_diagonal(cosine, 0)
        push = -(np.sign(cosine) * np.abs(cosine) ** 16) @ lattice
        largest = np.linalg.norm(push, axis=1).max()
        lattice += cooling * 0.3 / np.sqrt(n) * push / max(largest, 1e-12)
        lattice /= np.linalg.norm(lattice, axis=1, keepdims=True)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return lattice @ turn


def around(directions: DoubleArray, degrees: float, rng: np.random.Generator) -> DoubleArray:
    """One direction drawn near each given one, from the von Mises-Fisher distribution.

    Parameters
    ----------
    directions : float64 (n, 3)
        Unit vectors.
    degrees : float
        Root mean square angle between the drawn and the given direction, for small angles.

    Returns
    -------
    float64 (n, 3)
    """
    n = len(directions)
    if degrees == 0 or n == 0:
        return directions.copy()
    # On the sphere the cosine has a closed-form inverse distribution; for small angles the mean
    # squared angle is 2 / concentration.
    concentration = 2 / np.deg2rad(degrees) ** 2
    cosine = 1 + np.log1p(rng.random(n) * np.expm1(-2 * concentration)) / concentration
    sine = np.sqrt(np.clip(1 - cosine**2, 0, None))
    angle = rng.uniform(0, 2 * np.pi, n)
    frame = view_frames(directions)
    local = np.column_stack([sine * np.cos(angle), sine * np.sin(angle), cosine])
    return np.einsum("nji,nj->ni", frame, local)


def uniform(n: int, rng: np.random.Generator) -> DoubleArray:
    """Directions uniform on the sphere, float64 (n, 3)."""
    vector = rng.standard_normal((n, 3))
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def popularity(
    axes: DoubleArray,
    preferred: DoubleArray,
    share: float,
    width: float,
    *,
    ratio: float = 0.5,
    group: DoubleArray | None = None,
) -> DoubleArray:
    """Share of the particles that each axis gets, when a share of them sits in preferred caps.

    Parameters
    ----------
    axes : float64 (n, 3)
    preferred : float64 (c, 3)
        Centers of the caps.
    share : float
        Part of the particles in the caps; the rest is uniform.
    width : float
        Degrees; standard deviation of a cap.
    ratio : float
        What each next cap holds ÷ what the one before holds.
    group : float64 (G, 3, 3), optional
        Point group modulo which directions are the same.

    Returns
    -------
    float64 (n,)
        Sums to 1.
    """
    n = len(axes)
    weight = np.full(n, 1 / n)
    if len(preferred) and share > 0:
        angle = angles(axes, preferred, np.eye(3)[None] if group is None else group)
        cap = np.exp(-0.5 * (angle / np.deg2rad(width)) ** 2)
        cap /= cap.sum(axis=0)
        weight = (1 - share) * weight + share * (cap @ cap_shares(len(preferred), ratio))
    return weight / weight.sum()


def cap_shares(n: int, ratio: float = 0.5) -> DoubleArray:
    """How the preferred particles divide among n caps: each next one ``ratio`` times as many."""
    shares = ratio ** np.arange(n)
    return shares / shares.sum()


def view_frames(directions: DoubleArray) -> DoubleArray:
    """A rotation for each direction that turns it onto the beam.

    Parameters
    ----------
    directions : float64 (n, 3)
        Unit vectors.

    Returns
    -------
    float64 (n, 3, 3)
        For `projection.project`; the last row is the direction. Same direction, same frame; the
        frame is RELION's for the direction's rot and tilt, with psi = 0.
    """
    x, y, z = directions.T
    ring = np.hypot(x, y)
    # At the poles rot is arbitrary: 0.
    safe = np.where(ring > 1e-9, ring, 1.0)
    cos_rot, sin_rot = np.where(ring > 1e-9, (x / safe, y / safe), ([[1.0], [0.0]]))
    rows = [
        np.column_stack([z * cos_rot, z * sin_rot, -ring]),
        np.column_stack([-sin_rot, cos_rot, np.zeros_like(z)]),
        directions,
    ]
    return np.stack(rows, axis=1)


def carried(frame: DoubleArray, directions: DoubleArray) -> DoubleArray:
    """Frames for directions near that of a frame, by the smallest turn from it.

    Parameters
    ----------
    frame : float64 (3, 3)
    directions : float64 (n, 3)
        Unit vectors; none opposite to ``frame[2]``.

    Returns
    -------
    float64 (n, 3, 3)
        Projections along them look alike without any further in-plane rotation.
    """
    # Rodrigues for the turn Q that takes each direction onto frame[2]; the frame follows it.
    target = frame[2]
    axis = np.cross(directions, target)
    cosine = directions @ target
    cross = np.zeros((len(directions), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = axis
    cross[:, [1, 2, 0], [2, 0, 1]] = -axis
    turn = np.eye(3) + cross + (cross @ cross) / (1 + cosine)[:, None, None]
    return frame @ turn


def euler_angles(rotations: DoubleArray) -> DoubleArray:
    """RELION's (rot, tilt, psi) in degrees of rotation matrices; float64 (n, 3)."""
    view = rotations[:, 2]
    tilt = np.arccos(np.clip(view[:, 2], -1, 1))
    at_pole = np.hypot(view[:, 0], view[:, 1]) < 1e-9
    rot = np.where(at_pole, 0.0, np.arctan2(view[:, 1], view[:, 0]))
    in_plane = rotations @ view_frames(view).transpose(0, 2, 1)
    psi = np.arctan2(in_plane[:, 0, 1], in_plane[:, 0, 0])
    return np.rad2deg(np.column_stack([rot, tilt, psi]))
