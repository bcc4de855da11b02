"""Axes of a point group are turned to where RELION looks for them, and all else with them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import rebalance
from benchmarks.poses import views_of
from rebalance.model import DoubleArray, Views
from rebalance.point_groups import operations_of
from rebalance.simulate import simulate_class_averages
from rebalance.simulate.viewing_directions import uniform, view_frames
from rebalance.views.standard_frame import in_standard_frame, turn_between_groups

GROUPS = ("C2", "C3", "C7", "D2", "D3", "D7", "T", "O", "I")


def random_turn(rng: np.random.Generator) -> DoubleArray:
    turn: DoubleArray = view_frames(uniform(1, rng))[0]
    return turn


def blob(centre: DoubleArray, n: int = 40) -> np.ndarray:
    axis = np.arange(n) - n // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    away = sum((a - c) ** 2 for a, c in zip((x, y, z), centre, strict=True))
    return np.exp(-away / (2 * 2.0**2)).astype(np.float32)


def views_with(symmetry: str, frame: DoubleArray, rng: np.random.Generator) -> Views:
    """Views in a frame of which ``frame`` is the turn to the standard one."""
    n = 20
    views = views_of(np.arange(n), view_frames(uniform(n, rng)), rng.normal(size=(n, 2)))
    return replace(
        views,
        symmetry=symmetry,
        operations=frame.T @ operations_of(symmetry) @ frame,
        sampled=uniform(6, rng),
        map=blob(np.array([8.0, -3.0, 5.0])),
    )


@pytest.mark.parametrize("symmetry", GROUPS)
def test_the_group_is_in_standard_orientation_and_poses_are_the_same(
    symmetry: str, rng: np.random.Generator
) -> None:
    views = views_with(symmetry, random_turn(rng), rng)
    turned = in_standard_frame(views)
    np.testing.assert_allclose(turned.operations, operations_of(symmetry), atol=1e-6)
    # One turn of all: angles between any two views stay, and so does what an average shows.
    frame = turned.rotation[0].T @ views.rotation[0]
    np.testing.assert_allclose(np.linalg.det(frame), 1)
    np.testing.assert_allclose(turned.rotation @ frame, views.rotation, atol=1e-9)
    np.testing.assert_allclose(turned.sampled @ frame, views.sampled, atol=1e-9)
    np.testing.assert_array_equal(turned.shift, views.shift)
    expected = blob(frame @ np.array([8.0, -3.0, 5.0]))
    assert np.corrcoef(turned.map.ravel(), expected.ravel())[0, 1] > 0.99


def test_views_without_symmetry_or_in_the_frame_already_stay(rng: np.random.Generator) -> None:
    for symmetry, frame in (("C1", random_turn(rng)), ("D2", np.eye(3))):
        views = views_with(symmetry, frame, rng)
        assert in_standard_frame(views) is views


def test_views_that_are_not_known_stay(rng: np.random.Generator) -> None:
    """Of too few averages nothing is known, not even where the axes are."""
    views = replace(views_with("D2", np.eye(3), rng), operations=np.eye(3)[None])
    assert in_standard_frame(views) is views


def test_rotations_of_other_groups_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="not the rotations of one group"):
        turn_between_groups(operations_of("C4"), operations_of("D2"))


def test_views_of_a_symmetric_molecule_are_found_in_the_standard_frame() -> None:
    options = {"n_averages": 40, "n_particles": 2000, "n_views": 20, "n_preferred": 0, "box": 32}
    options |= {"preferred_share": 0.0, "pixel_size": 8.0, "snr": 0.3, "seed": 12}
    simulated = simulate_class_averages(options)
    views = rebalance.find_views(simulated.class_averages, symmetry="C2")
    np.testing.assert_allclose(views.operations, operations_of("C2"), atol=1e-6)


@pytest.mark.skipif(shutil.which("relion_refine") is None, reason="RELION is not installed")
@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [*((g, g, True) for g in ("C3", "D2", "D3", "O")), ("I", "I1", True), ("T", "T", False)],
)
def test_what_relion_calls_the_groups(ours: str, theirs: str, same: bool) -> None:
    done = subprocess.run(
        ["relion_refine", "--sym", theirs, "--print_symmetry_ops"], capture_output=True, text=True
    )
    found = re.findall(r"R\(\s*\d+\s*\)=.*?\n((?:.*\n){3})", done.stdout)
    matrices = np.array([[line.split() for line in one.splitlines()] for one in found], dtype=float)
    group = operations_of(ours)
    assert len(matrices) == len(group)
    distance = np.abs(matrices[:, None] - group).max(axis=(2, 3))
    assert (distance.min(axis=1).max() < 1e-4) == same
