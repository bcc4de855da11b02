"""Views are told apart modulo a point group and the mirror."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.errors import OptionError
from rebalance.point_groups import operations_of
from rebalance.simulate import load_molecule, project, simulate_class_averages
from rebalance.simulate.symmetry import (
    angles,
    closest,
    separation,
    spread_views,
)
from rebalance.simulate.viewing_directions import uniform, view_frames


def test_angles_are_those_to_the_nearest_image(rng: np.random.Generator) -> None:
    group = operations_of("D3")
    a, b = uniform(20, rng), uniform(6, rng)
    found = angles(a, b, group)
    images = np.concatenate([b @ turn.T for turn in group] + [-b @ turn.T for turn in group])
    every = np.arccos(np.clip(a @ images.T, -1, 1)).reshape(20, 12, 6)
    np.testing.assert_allclose(found, every.min(axis=1), atol=1e-9)


def test_a_view_is_known_from_any_image_and_either_side(rng: np.random.Generator) -> None:
    group = operations_of("O")
    axes = spread_views(3, group, rng)
    near = axes + 0.01 * rng.standard_normal(axes.shape)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    for turn in group:
        np.testing.assert_array_equal(closest(near @ turn.T, axes, group)[0], [0, 1, 2])
        np.testing.assert_array_equal(closest(-near @ turn.T, axes, group)[0], [0, 1, 2])
    # A chiral direction: its opposite is no image of it.
    chiral = np.array([[0.1, 0.35, 0.9]]) / np.linalg.norm([0.1, 0.35, 0.9])
    assert not closest(chiral @ group[5].T, chiral, group)[1][0]
    assert closest(-chiral @ group[5].T, chiral, group)[1][0]


@pytest.mark.parametrize(
    ("name", "n", "least"),
    [("C1", 12, 38.0), ("C1", 40, 19.0), ("D2", 8, 30.0), ("C4", 6, 30.0), ("O", 4, 24.0)],
)
def test_spread_views_keep_apart_modulo_the_group(
    name: str, n: int, least: float, rng: np.random.Generator
) -> None:
    group = operations_of(name)
    axes = spread_views(n, group, rng)
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1)
    assert separation(axes, group) > least


def test_given_directions_stay_and_the_others_avoid_them(rng: np.random.Generator) -> None:
    group = operations_of("C2")
    fixed = np.array([[0, 0, 1], [1.0, 0, 0]])
    axes = spread_views(8, group, rng, fixed)
    np.testing.assert_array_equal(axes[:2], fixed)
    assert separation(axes, group) > 25


@pytest.mark.parametrize("name", ["C3", "D2", "T", "O"])
def test_views_that_the_group_relates_give_one_picture(name: str, rng: np.random.Generator) -> None:
    molecule = load_molecule({"symmetry": name, "box": 48, "pixel_size": 6.0})
    frames = view_frames(uniform(3, rng))
    still = project(molecule.density, frames, 48, 6.0)
    for turn in molecule.operators[1:]:
        moved = project(molecule.density, frames @ turn, 48, 6.0)
        # To the error of interpolation, which is largest outside the molecule.
        np.testing.assert_allclose(moved, still, atol=4e-3 * still.max())
    other = project(molecule.density, frames @ view_frames(uniform(1, rng))[0], 48, 6.0)
    assert np.abs(other - still).max() > 0.05 * still.max()


def test_simulated_views_keep_the_separation_asked_for() -> None:
    options = {"symmetry": "D2", "n_views": 5, "box": 24, "n_particles": 500, "n_averages": 20}
    simulated = simulate_class_averages(options | {"min_separation": 35.0, "pixel_size": 10.0})
    assert separation(simulated.axes, simulated.operators) >= 35
    shown = simulated.kind == "view"
    nearest = closest(simulated.view[shown], simulated.axes, simulated.operators)[0]
    np.testing.assert_array_equal(nearest, simulated.superclass[shown])
    with pytest.raises(OptionError, match=r"n_views = 5: with D2 .* not 70°"):
        simulate_class_averages(options | {"min_separation": 70.0, "pixel_size": 10.0})
