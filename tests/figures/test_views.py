"""Where averages look from is drawn where it is, in one unit of its point group, and legibly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection
from matplotlib.path import Path
from scipy.spatial.transform import Rotation

from rebalance import figures
from rebalance.figures.hemisphere import Hemisphere, from_disc, on_disc, symmetry_axes
from rebalance.figures.view_density import smoothed
from rebalance.figures.view_words import verdict
from rebalance.model import ClassAverages, Superclasses, ViewBalance, Views
from rebalance.point_groups import operations_of
from tests.made_up_views import made_up_views

GROUPS = ("C1", "C2", "C3", "C6", "D1", "D2", "D3", "D7", "T", "O", "I")


def directions(n: int, rng: np.random.Generator) -> np.ndarray:
    found = rng.normal(size=(n, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def superclasses(n: int, k: int) -> Superclasses:
    label = np.arange(n) % k
    return Superclasses(
        label,
        np.arange(1, n + 1),
        np.bincount(label),
        np.arange(1, k + 1),
        np.ones(k),
        np.argsort(label, kind="stable"),
    )


@pytest.fixture(params=GROUPS)
def drawn(request: pytest.FixtureRequest, rng: np.random.Generator) -> Hemisphere:
    turn = Rotation.random(random_state=5).as_matrix()
    group = turn @ operations_of(request.param) @ turn.T
    return Hemisphere.of(group, directions(30, rng), np.ones(30))


def test_the_projection_keeps_areas_and_has_an_inverse(rng: np.random.Generator) -> None:
    upper = directions(40_000, rng)
    upper[:, 2] = np.abs(upper[:, 2])
    at = on_disc(upper)
    np.testing.assert_allclose(from_disc(at), upper, atol=1e-9)
    share = np.mean(np.hypot(*at.T) < 0.5)
    assert share == pytest.approx(0.25, abs=0.01)
    assert np.isnan(from_disc(np.array([1.1, 0.0]))).all()


def test_copies_and_opposites_have_one_place(drawn: Hemisphere, rng: np.random.Generator) -> None:
    views = directions(60, rng)
    expected = drawn.folded(views)
    group = drawn.frame.T @ drawn.copies @ drawn.frame
    for operation in (*group, *-group):
        np.testing.assert_allclose(drawn.folded(views @ operation.T), expected, atol=1e-5)
    # What is drawn is a copy of what was given.
    images = np.einsum("gij,mj->gmi", drawn.copies, views @ drawn.frame.T)
    off = np.abs(np.concatenate([images, -images]) - expected).max(axis=2).min(axis=0)
    np.testing.assert_allclose(off, 0, atol=1e-9)


def test_the_outline_holds_all_places_and_no_more_room_than_they_need(
    drawn: Hemisphere, rng: np.random.Generator
) -> None:
    edge = Path(drawn.outline)
    inside = edge.contains_points(on_disc(drawn.folded(directions(3_000, rng))), radius=1e-2)
    assert inside.mean() > 0.99
    x, y = drawn.outline.T
    area = abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    assert area * len(drawn.copies) == pytest.approx(np.pi, rel=0.01)


def test_axes_have_the_orders_of_the_group() -> None:
    counts = {
        name: dict(
            zip(*np.unique(symmetry_axes(operations_of(name))[1], return_counts=True), strict=True)
        )
        for name in ("C1", "C4", "D2", "D3", "O", "I")
    }
    assert counts == {
        "C1": {},
        "C4": {4: 1},
        "D2": {2: 3},
        "D3": {2: 3, 3: 1},
        "O": {2: 6, 3: 4, 4: 3},
        "I": {2: 15, 3: 10, 5: 6},
    }


@pytest.mark.parametrize("symmetry", ["C1", "C5", "D2", "O"])
def test_the_density_of_even_views_is_1_and_is_that_of_the_group(
    symmetry: str, rng: np.random.Generator
) -> None:
    views = made_up_views(3, rng, symmetry=symmetry)
    even = replace(views, posterior=np.full_like(views.posterior, 1 / len(views.sampled)))
    at = directions(200, rng)
    # The sampled directions are 8° apart, and least even at the rim of their half sphere.
    np.testing.assert_allclose(smoothed(even, [1, 0, 0], at), 1, atol=0.12)
    found = smoothed(views, [3, 1, 0], at)
    for operation in (*views.operations[1:], -np.eye(3)):
        np.testing.assert_allclose(smoothed(views, [3, 1, 0], at @ operation.T), found, rtol=1e-3)
    assert smoothed(views, [3, 1, 0], directions(20_000, rng)).mean() == pytest.approx(1, abs=0.05)
    assert not smoothed(views, [0, 0, 0], at).any()


@pytest.mark.parametrize(
    "options",
    [
        {"n": 60},
        {"n": 40, "symmetry": "D2", "no_part": 3, "misfits": 4},
        {"n": 300, "symmetry": "C7", "trusted": False},
        {"n": 2, "symmetry": "I"},
        {"n": 3, "misfits": 3},
    ],
)
def test_texts_stay_inside_and_apart(options: dict, rng: np.random.Generator, check_texts) -> None:
    n = options["n"]
    views = made_up_views(rng=rng, **options)
    counts = rng.integers(1, 5_000, n)
    check_texts(figures.class_average_views(views, superclasses(n, min(n, 12)), counts, job="job"))
    balance = ViewBalance(views.class_id, counts, 0.31, counts // 3, 0.72, 0.3, 0.01)
    check_texts(figures.particles_over_views(views, balance, job="job" * 30))
    check_texts(figures.particles_over_views(views, ViewBalance(views.class_id, counts, 0.31)))
    averages = ClassAverages(rng.normal(size=(n, 32, 32)).astype(np.float32), views.class_id)
    pictures = np.zeros((n, 16, 16), dtype=np.float32)
    check_texts(
        figures.reprojections_beside(averages, views, pictures, superclasses(n, min(n, 12)))
    )


def circles(figure) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    (found,) = (c for c in figure.axes[0].collections if isinstance(c, EllipseCollection))
    return found.get_offsets(), found.get_widths(), found.get_facecolors()


def test_areas_go_as_particles_and_misfits_are_no_circles(rng: np.random.Generator) -> None:
    views = made_up_views(8, rng, misfits=2)
    counts = np.array([10, 10, 400, 100, 400, 900, 100, 1_600])
    figure = figures.class_average_views(views, superclasses(8, 2), counts)
    at, wide, colors = circles(figure)
    assert len(at) == 6
    np.testing.assert_allclose(wide**2 / (wide**2).sum(), np.sort(counts[2:])[::-1] / 3_500)
    assert len(np.unique(colors, axis=0)) == 2
    (crosses,) = (line for line in figure.axes[0].lines if line.get_marker() == "x")
    assert len(crosses.get_xdata()) == 2


def test_the_worst_fit_comes_first_and_the_best_of_many_are_left_out(
    rng: np.random.Generator,
) -> None:
    from rebalance.figures.artists import Label

    views = made_up_views(150, rng)
    averages = ClassAverages(rng.normal(size=(150, 8, 8)).astype(np.float32), views.class_id)
    figure = figures.reprojections_beside(averages, views, np.zeros((150, 8, 8), np.float32))
    names = [label.text for label in figure.findobj(Label) if "." not in label.text]
    assert names == [str(number) for number in views.class_id[np.argsort(views.fit)][:120]]


def test_the_verdict_says_why(rng: np.random.Generator) -> None:
    views: Views = made_up_views(5, rng)
    assert verdict(views).startswith("Trusted. 3 of 4 searches from random starts")
    bad = replace(views, trusted=False, reason="There are too few averages.")
    assert verdict(bad) == "Not trusted. There are too few averages."
