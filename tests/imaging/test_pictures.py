"""Pictures without an object in their middle are told from those of one, whatever their scale."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.imaging.pictures import (
    FEWEST,
    POINTS,
    are_enough,
    densest,
    deviations,
    measure_pictures,
    points,
)
from rebalance.model import BoolArray, DoubleArray, FloatArray

BOX, RADIUS = 32, 14.0
N = 40
COUNTS = np.full(N, 80)


def pictures(n: int = N, seed: int = 0) -> FloatArray:
    """Blobs of four Gaussians about the middle, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((BOX, BOX)) - BOX // 2
    images = rng.standard_normal((n, BOX, BOX)) * 0.1
    for image in images:
        for cy, cx in rng.normal(0, 2.5, (4, 2)):
            image += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 2.0**2))
    return images.astype(np.float32)


def with_junk() -> FloatArray:
    """A film, noise, a hole and a shade among them, at 3, 7, 11 and 15."""
    images, rng = pictures(), np.random.default_rng(1)
    y, x = (np.indices((BOX, BOX)) - BOX // 2) / RADIUS
    images[3] = 4 * np.tanh(5 * x)
    images[7] = 0.05 * rng.standard_normal((BOX, BOX))
    images[11] = -6 * np.exp(-(x**2 + y**2) / 0.1)
    images[15] = 3 * (y**2 - 0.5 * x**2)
    return images


def shows_no_object(images: FloatArray, radius: float, counts: object) -> BoolArray:
    found = deviations(measure_pictures(images, radius), counts)  # type: ignore[arg-type]
    return are_enough(np.sum(list(points(found).values()), axis=0))


def named(images: FloatArray, counts: object = COUNTS) -> list[int]:
    return np.flatnonzero(shows_no_object(images, RADIUS, counts)).tolist()


def of(images: FloatArray, counts: object = COUNTS) -> dict[str, DoubleArray]:
    return deviations(measure_pictures(images, RADIUS), counts)  # type: ignore[arg-type]


def test_what_shows_no_object_is_named_and_what_shows_one_is_not() -> None:
    images = with_junk()
    assert named(pictures()) == []
    assert named(images) == [3, 7, 11, 15]
    found = of(images)
    for junk, name in ((3, "strong"), (7, "flat"), (11, "strong"), (15, "dim")):
        assert points(found)[name][junk] > 0.3
        assert points(found)[name][[0, 1, 2]].max() < 0.1


def test_no_one_thing_is_enough() -> None:
    huge = {name: np.array([1e6]) for name in POINTS}
    assert all(0 < given[0] < 1 for given in points(huge).values())
    images = pictures()
    images[5] *= 2
    assert of(images)["strong"][5] > 0.4
    images[6] += 1
    assert of(images)["level"][6] > 0.8
    assert named(images) == []


@pytest.mark.parametrize("change", [lambda x: -x, lambda x: 100 * x, lambda x: x + 3])
def test_sign_scale_and_level_that_all_share_change_nothing(change: object) -> None:
    images = with_junk()
    other = change(images)  # type: ignore[operator]
    assert named(other) == named(images)
    for name, values in of(images).items():
        np.testing.assert_allclose(of(other)[name], values, atol=2e-3)


def test_where_each_picture_has_a_level_of_its_own_hardly_any_is_named_for_that() -> None:
    images, rng = pictures(), np.random.default_rng(2)
    levels = rng.normal(0, 5 * images.std(), (N, 1, 1)).astype(np.float32)
    assert len(named(images + levels)) <= 1


def test_noise_of_few_particles_may_be_a_view_and_a_film_is_none() -> None:
    images = with_junk()
    counts = COUNTS.copy()
    counts[[3, 7]] = 2
    assert named(images, counts) == [3, 11, 15]
    # Those whose number is not known are judged as if they were few.
    assert named(images, None) == named(images, np.full(N, 5))


def test_noise_of_a_single_particle_is_no_contrast() -> None:
    images = pictures()
    rng = np.random.default_rng(4)
    images[9] += 0.5 * rng.standard_normal((BOX, BOX)).astype(np.float32)
    counts = COUNTS.copy()
    many = of(images, counts)["strong"][9]
    counts[9] = 1
    assert of(images, counts)["strong"][9] == 0 < many


def test_all_averages_of_as_many_particles_may_lack_the_same() -> None:
    # In a noisy job averages of few particles are flat, and they are views.
    images = pictures()
    images[:12] *= 0.2
    images[0] *= 0.2
    counts = np.where(np.arange(N) < 12, 70, 90)
    scattered = np.random.default_rng(5).permutation(N) + 70
    found = of(images, counts)["flat"][1:12]
    assert of(images, scattered)["flat"][1:12].min() > 1.5 * found.max()


def test_a_bright_neighbour_at_the_rim_takes_nothing_from_the_object() -> None:
    images = pictures()
    y, x = np.indices((BOX, BOX)) - BOX // 2
    images[6] += 3 * np.exp(-((x - 12) ** 2 + y**2) / 4.0)
    assert named(images) == []
    assert of(images)["dim"][6] < 0.5


def test_shells_are_not_said_to_show_no_object() -> None:
    rng = np.random.default_rng(3)
    y, x = np.indices((BOX, BOX)) - BOX // 2
    ring = np.exp(-((np.hypot(x, y) - 11) ** 2) / 4)
    images = (ring + 0.2 * rng.standard_normal((N, BOX, BOX))).astype(np.float32)
    assert named(images) == []


def test_the_densest_half_is_of_the_views_though_most_are_junk() -> None:
    rng = np.random.default_rng(6)
    values = np.concatenate([rng.normal(5, 0.1, 45), rng.uniform(6, 40, 55)])
    assert densest(values) == pytest.approx(5, abs=0.3)
    assert abs(np.median(values) - 5) > 0.3
    assert densest(np.array([])) == 0
    assert densest(np.array([2.0])) == 2


@pytest.mark.parametrize("n", [0, 1, FEWEST - 1])
def test_few_averages_are_not_judged(n: int) -> None:
    images = np.random.default_rng(4).standard_normal((n, BOX, BOX)).astype(np.float32)
    assert not shows_no_object(images, RADIUS, None).any()
    assert len(shows_no_object(images, RADIUS, None)) == n


def test_empty_pictures_give_numbers() -> None:
    images = np.zeros((FEWEST, BOX, BOX), dtype=np.float32)
    assert not shows_no_object(images, RADIUS, None).any()
    assert all(np.isfinite(values).all() for values in of(images, None).values())
