"""Angles between views, modulo point group and handedness, on cases known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rebalance.errors import OptionError
from rebalance.evaluation import KnownViews, angle_between_views, modal_view, symmetry_operations
from rebalance.orientations.view_angles import unit
from rebalance.views.uniformity import uniformity

X, Y, Z = np.eye(3)


def at(degrees: float) -> np.ndarray:
    """In the plane of x and y."""
    return np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees)), 0.0])


def test_opposite_views_are_the_same_only_if_mirrors_count() -> None:
    assert angle_between_views([X], [-X]) == pytest.approx(0, abs=1e-5)
    assert angle_between_views([X], [-X], axial=False) == pytest.approx(180)
    assert angle_between_views([X], [at(120)]) == pytest.approx(60)
    assert angle_between_views([X], [at(120)], axial=False) == pytest.approx(120)


def test_length_does_not_count() -> None:
    assert angle_between_views([3 * X], [0.1 * at(30)]) == pytest.approx(30)


@pytest.mark.parametrize(
    ("symmetry", "angle", "axial", "expected"),
    [
        ("C1", 50, False, 50),
        ("C4", 90, False, 0),
        ("C4", 50, False, 40),
        ("C3", 120, False, 0),
        ("C3", 60, False, 60),
        ("C3", 60, True, 0),
        ("D2", 180, False, 0),
        ("D2", 130, False, 50),
        ("o", 90, False, 0),
    ],
)
def test_the_nearest_symmetric_copy_counts(
    symmetry: str, angle: float, axial: bool, expected: float
) -> None:
    found = angle_between_views([X], [at(angle)], symmetry, axial=axial)[0, 0]
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("symmetry", ["C1", "C7", "D3", "T", "O", "I"])
def test_every_copy_of_a_view_is_the_same_view(symmetry: str) -> None:
    group = symmetry_operations(symmetry)
    assert angle_between_views(group @ [0.2, 0.5, 0.8], [[0.2, 0.5, 0.8]], symmetry).max() < 1e-4


def test_an_unknown_group_is_named() -> None:
    with pytest.raises(OptionError, match="symmetry = q5: this is not a rotational point group"):
        symmetry_operations("q5")
    with pytest.raises(OptionError, match="C0"):
        symmetry_operations("C0")


def test_the_modal_view_is_where_most_are(rng) -> None:
    crowd = at(10) + 0.02 * rng.standard_normal((30, 3))
    rest = rng.standard_normal((20, 3))
    found = modal_view(np.concatenate([rest, crowd * rng.choice([-1, 1], (30, 1))]))
    assert angle_between_views([found], [at(10)])[0, 0] < 4


def test_the_modal_view_is_found_across_symmetric_copies(rng) -> None:
    view = np.array([0.3, 0.5, 0.8])
    copies = symmetry_operations("D2") @ view
    views = copies[rng.integers(4, size=40)] + 0.02 * rng.standard_normal((40, 3))
    others = np.array([0.9, 0.1, 0.1]) + 0.02 * rng.standard_normal((15, 3))
    found = modal_view(np.concatenate([others, views]), "D2")
    assert angle_between_views([found], [view], "D2")[0, 0] < 4
    assert angle_between_views([modal_view(others)], [others.mean(axis=0)])[0, 0] < 4


def test_weights_stand_for_so_many_views() -> None:
    assert modal_view([X, Y, Z], weights=[1, 5, 0]).tolist() == Y.tolist()


@pytest.mark.parametrize("symmetry", ["C5", "D2", "T", "I"])
def test_symmetric_views_are_as_uniform_as_all_their_copies(symmetry: str, rng) -> None:
    views = rng.standard_normal((40, 3)) + np.array([1.0, 0.0, 0.5])
    copies = np.einsum("gij,pj->gpi", symmetry_operations(symmetry), views).reshape(-1, 3)
    known = KnownViews(np.ones(40, dtype=int), views, symmetry)
    everything = np.ones((1, 40), dtype=bool)
    assert known.uniformity(everything)[0] == pytest.approx(uniformity(copies), rel=1e-5)
    same = KnownViews(np.ones(len(copies), dtype=int), copies)
    of_copies = same.entropy(np.ones((1, len(copies)), dtype=bool))[0]
    assert known.entropy(everything)[0] == pytest.approx(of_copies, rel=1e-5)


def test_entropy_is_0_of_one_view_and_almost_1_of_even_ones(rng) -> None:
    one = KnownViews(np.ones(50, dtype=int), np.tile(X, (50, 1)))
    assert one.entropy(np.ones((1, 50), dtype=bool))[0] == pytest.approx(0, abs=1e-6)
    even = rng.standard_normal((20_000, 3))
    many = KnownViews(np.ones(len(even), dtype=int), even)
    assert many.entropy(np.ones((1, len(even)), dtype=bool))[0] > 0.99
    # Two bins of 200, evenly: log 2 / log 200.
    two = KnownViews(np.ones(50, dtype=int), np.concatenate([np.tile(X, (25, 1)), [Z] * 25]))
    expected = np.log(2) / np.log(200)
    assert two.entropy(np.ones((1, 50), dtype=bool))[0] == pytest.approx(expected, rel=1e-5)


def test_rotating_the_molecule_changes_no_angle(rng) -> None:
    views, turn = rng.standard_normal((6, 3)), Rotation.random(random_state=3).as_matrix()
    group = symmetry_operations("D3")
    turned = turn @ group @ turn.T
    before = angle_between_views(views, views, group)
    assert angle_between_views(views @ turn.T, views @ turn.T, turned) == pytest.approx(
        before, abs=1e-4
    )


@pytest.mark.parametrize("symmetry", ["C1", "D2"])
@pytest.mark.parametrize("axial", [True, False])
def test_candidates_that_are_narrowed_down_hold_the_best(rng, symmetry: str, axial: bool) -> None:
    for _ in range(5):
        views = unit(rng.normal(size=(400, 3)))
        views[:150] = unit(views[0] + rng.normal(scale=0.3, size=(150, 3)))
        angle = angle_between_views(views, views, symmetry, axial=axial)
        best = np.exp(-0.5 * (angle / 10.0) ** 2).sum(axis=1).argmax()
        assert modal_view(views, symmetry, axial=axial) == pytest.approx(views[best], abs=1e-9)
