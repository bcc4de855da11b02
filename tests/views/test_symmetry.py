"""Axes of a point group are found on a map that has them, and a group only where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rebalance.point_groups import operations_of
from rebalance.views.fourier_map import FourierMap, hemisphere
from rebalance.views.symmetry_axes import asymmetric_unit, find_axes


def symmetric_map(symmetry: str, seed: int, grid: FourierMap) -> tuple[np.ndarray, np.ndarray]:
    """Blobs under a group in some orientation, and its rotations there."""
    rng = np.random.default_rng(seed)
    frame = Rotation.random(random_state=seed).as_matrix()
    group = np.einsum("ji,gjk,kl->gil", frame, operations_of(symmetry), frame)
    axis = np.arange(grid.side) - grid.side // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    volume = np.zeros((grid.side,) * 3)
    for at in rng.uniform(-grid.side / 5, grid.side / 5, (4, 3)):
        for copy in group @ at:
            distance = (x - copy[0]) ** 2 + (y - copy[1]) ** 2 + (z - copy[2]) ** 2
            volume += np.exp(-0.5 * distance / (grid.side / 16) ** 2)
    return volume.astype(np.float32), group


@pytest.mark.parametrize("symmetry", ["C2", "C5", "D2", "D3", "T", "O", "I"])
def test_axes_are_found_where_they_are(symmetry: str) -> None:
    grid = FourierMap(8)
    volume, truth = symmetric_map(symmetry, 3, grid)
    likeness, found = find_axes(volume, grid, symmetry, np.random.default_rng(4))
    assert likeness > 0.9
    # Every rotation of the group is one of those that were found, to a few degrees.
    between = np.einsum("gji,hjk->ghik", truth, found)
    angle = np.degrees(np.arccos(np.clip((np.trace(between, axis1=2, axis2=3) - 1) / 2, -1, 1)))
    # A larger group that contains this one, a cube for a tetrahedron, may fit as well.
    assert angle.min(axis=1).max() < 6


def test_a_map_without_symmetry_is_unlike_its_turned_copies() -> None:
    grid = FourierMap(8)
    volume, _ = symmetric_map("C1", 5, grid)
    for symmetry in ("C2", "C3", "D2"):
        assert find_axes(volume, grid, symmetry, np.random.default_rng(6))[0] < 0.85


def test_no_symmetry_is_the_identity() -> None:
    grid = FourierMap(5)
    likeness, found = find_axes(np.ones((14,) * 3), grid, "C1", np.random.default_rng(0))
    assert likeness == 1
    np.testing.assert_array_equal(found, np.eye(3)[None])


@pytest.mark.parametrize("symmetry", ["C1", "C4", "D2", "D5", "T", "O", "I"])
def test_a_unit_holds_every_direction_once(symmetry: str) -> None:
    group = operations_of(symmetry)
    directions, _ = hemisphere(4_000)
    inside = asymmetric_unit(directions, group)
    # Opposite directions count as the same.
    copies = len({tuple(np.round(m.ravel(), 6)) for m in group})
    assert inside.mean() == pytest.approx(1 / copies, rel=0.15)
    # Each direction outside has a copy inside.
    for direction in directions[::97]:
        images = np.concatenate([group @ direction, -(group @ direction)])
        assert asymmetric_unit(images, group).any()
