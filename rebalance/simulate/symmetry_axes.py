"""Finds the symmetry axes of a molecule: from its equal chains, or by trying known conventions.

A model from the Protein Data Bank lies anyhow in space. Chains that superpose on each other give
the rotations of its point group in its own frame; from these follows the turn that lays them onto
the group's standard orientation. A map is expected to be symmetric about its axes already, but
programs differ in where a twofold or fivefold axis points.
"""

from __future__ import annotations

import numpy as np

from rebalance.model import DoubleArray, FloatArray
from rebalance.point_groups import operations_of
from rebalance.simulate.atoms import Atoms
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.viewing_directions import uniform, view_frames
from rebalance.simulate.volume import Volume

SYMMETRIC = 0.9
"""Smallest correlation of projections that a symmetry operation relates."""

_LARGEST_RMSD = 4.0
_SHORTEST_CHAIN = 10
_TOLERANCE = 0.15
_N_VIEWS = 8
_AS_IT_IS = 0.97
_STEP = 15.0


def turn_onto_axes(atoms: Atoms, symmetry: str) -> DoubleArray | None:
    """The rotation that lays a model's symmetry axes onto the standard ones of its group.

    Parameters
    ----------
    atoms : Atoms
    symmetry : str

    Returns
    -------
    float64 (3, 3) or None
        None if the chains don't show this symmetry.
    """
    group = operations_of(symmetry)
    if len(group) == 1:
        return np.eye(3)
    found = chain_rotations(atoms, len(group))
    if len(found) < len(group):
        return None
    return _match(found, group)


def chain_rotations(atoms: Atoms, n_copies: int) -> DoubleArray:
    """Rotations that lay one chain onto each of its copies; float64 (n, 3, 3), n = 0 if none.

    The chain is the longest that is there at least ``n_copies`` times.
    """
    from scipy.spatial.transform import Rotation

    traces = {}
    for chain in np.unique(atoms.chain[atoms.trace]):
        rows = np.flatnonzero(atoms.trace & (atoms.chain == chain))
        _, first = np.unique(atoms.residue[rows], return_index=True)
        traces[int(chain)] = rows[first]
    by_length = sorted(traces, key=lambda chain: -len(traces[chain]))
    for chain in by_length:
        own = traces[chain]
        if len(own) < _SHORTEST_CHAIN:
            break
        found = []
        for other in by_length:
            common, a, b = np.intersect1d(
                atoms.residue[own], atoms.residue[traces[other]], return_indices=True
            )
            if len(common) < max(_SHORTEST_CHAIN, 0.8 * len(own)):
                continue
            here, there = atoms.position[own[a]], atoms.position[traces[other][b]]
            rotation, distance = Rotation.align_vectors(
                there - there.mean(axis=0), here - here.mean(axis=0)
            )
            if distance / np.sqrt(len(common)) < _LARGEST_RMSD:
                found.append(rotation.as_matrix())
        if len(found) >= n_copies:
            return np.array(found)
    return np.zeros((0, 3, 3))


def _match(found: DoubleArray, group: DoubleArray) -> DoubleArray | None:
    """The turn W for which every W·f·Wᵀ is in the group, nearly; None if there is none."""
    from scipy.spatial.transform import Rotation

    axis, order = _axes(group)
    main = int(np.argmax(order))
    across = np.abs(axis @ axis[main])
    others = np.flatnonzero((order > 1) & (across < 0.99))
    own_axis, own_order = _axes(found)
    best, best_miss = None, _TOLERANCE
    for i in np.flatnonzero(np.isclose(own_order, order[main], rtol=0.1)):
        if not len(others):
            pairs = [(own_axis[i : i + 1], axis[main : main + 1])]
        else:
            second = int(others[0])
            pairs = [
                (np.array([own_axis[i], side * own_axis[j]]), axis[[main, second]])
                for j in np.flatnonzero(np.isclose(own_order, order[second], rtol=0.1))
                for side in (1, -1)
                if np.isclose(side * own_axis[i] @ own_axis[j], axis[main] @ axis[second], atol=0.1)
            ]
        for mine, standard in pairs:
            if len(mine) == 1:
                turn = view_frames(mine)[0]
                turn = view_frames(standard)[0].T @ turn
            else:
                turn = Rotation.align_vectors(standard, mine)[0].as_matrix()
            turned = turn @ found @ turn.T
            # Both ways: every rotation found is one of the group, and every one is found.
            apart = np.linalg.norm(turned[:, None] - group, axis=(2, 3))
            miss = max(apart.min(axis=1).max(), apart.min(axis=0).max())
            if miss < best_miss:
                best, best_miss = turn, miss
    return best


def _axes(rotations: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Axis and order 360°/angle of each rotation; order 0 for the identity."""
    from scipy.spatial.transform import Rotation

    # A copy: older versions of SciPy refuse a read-only array.
    vector = Rotation.from_matrix(np.array(rotations)).as_rotvec()
    angle = np.linalg.norm(vector, axis=1)
    turns = angle > 0.02
    axis = np.where(turns[:, None], vector / np.maximum(angle, 1e-12)[:, None], [0.0, 0.0, 1.0])
    return axis, np.where(turns, 2 * np.pi / np.maximum(angle, 0.02), 0.0)


def operators_of_map(volume: Volume, symmetry: str) -> DoubleArray:
    """The group's rotations in the orientation that suits a density best.

    Each kind of axis is tried along z, at steps of 15° about it: programs differ in where the
    twofold axis of Dn, the threefold of T and the fivefold of I point.

    Returns
    -------
    float64 (G, 3, 3)
    """
    group = operations_of(symmetry)
    if len(group) == 1 or symmetry_correlation(volume, group) >= _AS_IT_IS:
        return group
    # A few rotations tell one setting from another; all are compared afterwards.
    few = np.r_[0, np.linspace(1, len(group) - 1, min(4, len(group) - 1)).astype(int)]
    settings = _settings(group)
    values = [symmetry_correlation(volume, turn @ group[few] @ turn.T) for turn in settings]
    turn = settings[int(np.argmax(values))]
    return turn @ group @ turn.T


def symmetry_correlation(volume: Volume, group: DoubleArray) -> float:
    """Mean correlation of projections along v and g·v, over some views and all rotations g.

    Every frequency up to half of Nyquist's counts as its wave number, so that the round shape
    that molecules of any symmetry have doesn't decide.
    """
    rng = np.random.default_rng(0)
    frames = view_frames(uniform(_N_VIEWS, rng))
    box = len(volume.density)
    still = _sharpened(project(volume, frames, box, volume.voxel_size))
    values = []
    for turn in group[1:]:
        moved = _sharpened(project(volume, frames @ turn, box, volume.voxel_size))
        values.append((still * moved).sum(axis=1).mean())
    return float(np.mean(values)) if values else 1.0


def symmetrised(volume: Volume, group: DoubleArray) -> Volume:
    """The mean of a density over a group, by cubic interpolation."""
    from scipy import ndimage

    total = np.zeros_like(volume.density)
    middle = np.full(3, len(total) // 2)
    for turn in group:
        # Arrays have z first.
        matrix = turn[::-1, ::-1]
        total += ndimage.affine_transform(volume.density, matrix, middle - matrix @ middle)
    return Volume((total / len(group)).astype(np.float32), volume.voxel_size, volume.diameter)


def _settings(group: DoubleArray) -> list[DoubleArray]:
    """Turns that lay each kind of axis onto z, with the molecule turned about it in steps."""
    axis, order = _axes(group)
    kinds = {round(kind): axis[i] for i, kind in enumerate(order.tolist()) if kind > 1}
    about_z = in_plane(np.arange(0, 360, _STEP))
    return [turn @ view_frames(kind[None])[0] for kind in kinds.values() for turn in about_z]


def _sharpened(images: FloatArray) -> DoubleArray:
    """Images as vectors of length 1, ramp-filtered up to half of Nyquist."""
    box = images.shape[-1]
    frequency = np.hypot(np.fft.fftfreq(box)[:, None], np.fft.rfftfreq(box))
    ramp = np.where(frequency < 0.25, frequency, 0)
    flat = np.fft.irfft2(np.fft.rfft2(images) * ramp, s=(box, box)).reshape(len(images), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-30)
