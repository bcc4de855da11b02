"""The promises of `rotational-cc`: right, invariant, and its stored transforms true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.imaging.masks import mask_about
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_features import shift_grid
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, Transform
from tests import phantom_images, reference


def affinity_of(images: np.ndarray, **options: object) -> rebalance.Affinity:
    return rebalance.affinity(phantom_images.stack_of(images), options=options)


def check_against_reference(
    averages: ClassAverages,
    pairs: list[tuple[int, int]],
    *,
    whitening: float,
    largest: float,
    median: float,
) -> None:
    """The definition of right: close to the polished reference."""
    options = SearchOptions(whitening=whitening)
    search = resolve_search(averages, options)
    ours = rebalance.affinity(averages, "rotational-cc", options=options)
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    used = sorted({index for pair in pairs for index in pair})
    masked = mask_about(averages.images[used], search.centre[used], search.grid.radius)
    n_angles = band.n_angles(search.grid.max_shift)
    polar = {
        index: reference.polar_transform(
            image, band, n_angles, search.centre[index], search.whitening
        )
        for index, image in zip(used, masked, strict=True)
    }
    errors = []
    for i, j in pairs:
        value, _ = reference.best_alignment(polar[i], polar[j], band, search.grid.max_shift)
        errors.append(ours.values[i, j] - np.clip(value, 0, 1))
    assert np.abs(errors).max() <= largest
    assert np.median(np.abs(errors)) <= median


CLOSE = pytest.mark.parametrize(
    ("whitening", "largest", "median"), [(0.0, 0.005, 0.001), (0.5, 0.005, 0.001)]
)


def random_pairs(n: int, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    i, j = np.triu_indices(n, 1)
    chosen = rng.choice(len(i), min(count, len(i)), replace=False)
    return [(int(i[at]), int(j[at])) for at in chosen]


@CLOSE
def test_affinity_is_that_of_the_reference_on_simulated_views(
    whitening: float, largest: float, median: float, rng: np.random.Generator
) -> None:
    images = phantom_images.projections(8, rng)
    images += rng.normal(0, 0.2 * images.std(), images.shape).astype(np.float32)
    check_against_reference(
        phantom_images.stack_of(images),
        random_pairs(8, 6, rng),
        whitening=whitening,
        largest=largest,
        median=median,
    )


@CLOSE
def test_affinity_is_that_of_the_reference_on_70s(
    whitening: float, largest: float, median: float, real_data: Path, rng: np.random.Generator
) -> None:
    averages = rebalance.read(real_data / "relion31_70s").class_averages
    assert averages is not None
    used = averages.subset(~averages.is_empty)
    check_against_reference(
        used, random_pairs(len(used), 8, rng), whitening=whitening, largest=largest, median=median
    )


@CLOSE
def test_affinity_is_that_of_the_reference_on_ribosomes(
    whitening: float, largest: float, median: float, real_data: Path, rng: np.random.Generator
) -> None:
    averages = rebalance.read(real_data / "slicem_ribosomes" / "mixture_2D.mrcs").class_averages
    assert averages is not None
    check_against_reference(
        averages,
        random_pairs(len(averages), 4, rng),
        whitening=whitening,
        largest=largest,
        median=median,
    )


def test_affinity_is_symmetric_with_unit_diagonal_in_zero_to_one(rng: np.random.Generator) -> None:
    values = affinity_of(phantom_images.projections(7, rng)).values
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, values.T)
    np.testing.assert_array_equal(np.diag(values), 1)
    assert values.min() >= 0
    assert values.max() <= 1


@pytest.mark.parametrize("mirror", [False, True])
def test_known_motion_is_recovered(mirror: bool, rng: np.random.Generator) -> None:
    from scipy.spatial.transform import Rotation

    for _ in range(5):
        motion = Transform(rng.uniform(-180, 180), tuple(rng.uniform(-3, 3, 2)), mirror)
        frame = Rotation.random(random_state=int(rng.integers(1000))).as_matrix()
        still, copy = phantom_images.moved(frame, motion)
        found = affinity_of(np.stack((copy, still)), max_shift="6px")
        assert found.values[0, 1] > 0.99
        assert found.alignment is not None
        transform = found.alignment.pair(0, 1)
        assert transform.mirror is mirror
        assert abs((transform.rotation - motion.rotation + 180) % 360 - 180) < 1
        assert np.hypot(*np.subtract(transform.shift, motion.shift)) < 0.5


def test_mirror_image_is_another_view_when_mirrors_are_off(rng: np.random.Generator) -> None:
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    pair = np.stack(phantom_images.moved(frame, Transform(40.0, (1.0, 0.0), True)))
    with_mirrors, without = (
        affinity_of(pair, mirror=mirror).values[0, 1] for mirror in (True, False)
    )
    assert with_mirrors > 0.99
    assert without < with_mirrors - 0.05


@pytest.mark.parametrize(
    "change",
    [
        lambda image: 3.5 * image,
        lambda image: image + 20,
        lambda image: np.roll(image, (2, -3), (0, 1)),
        lambda image: np.rot90(image),
        lambda image: image[:, ::-1],
    ],
    ids=["scale", "offset", "shift", "rotation", "mirror"],
)
def test_affinity_does_not_change_with_what_is_no_difference(
    change: object, rng: np.random.Generator
) -> None:
    # An odd box turns by 90° about its middle pixel.
    images = phantom_images.projections(5, rng, box=65)
    before = affinity_of(images, max_shift="7px", mask_diameter="64px").values
    changed = images.copy()
    changed[2] = change(images[2])  # type: ignore[operator]
    after = affinity_of(changed, max_shift="7px", mask_diameter="64px").values
    np.testing.assert_allclose(after, before, atol=0.004)


@pytest.mark.parametrize("center", [False, True])
def test_stored_transform_gives_the_stored_affinity(center: bool, rng: np.random.Generator) -> None:
    images = phantom_images.projections(5, rng)
    if center:
        images = np.stack([np.roll(image, rng.integers(-6, 7, 2), (0, 1)) for image in images])
    averages = phantom_images.stack_of(images)
    options = SearchOptions(center=center)
    search = resolve_search(averages, options)
    found = rebalance.affinity(averages, "rotational-cc", options=options)
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    masked = mask_about(averages.images, search.centre, search.grid.radius)
    assert found.alignment is not None
    for i, j in [(0, 1), (0, 4), (2, 3), (3, 4)]:
        laid = found.alignment.pair(i, j).apply(masked[j], order=5)
        a, b = (
            reference.polar_transform(image, band, 400, whitening=search.whitening)
            for image in (masked[i], laid)
        )
        assert abs(np.sum(a.conj() * b).real - found.values[i, j]) < 0.015


def test_noise_does_not_look_like_a_view(rng: np.random.Generator) -> None:
    views_and_noise = np.concatenate(
        (
            phantom_images.projections(3, rng),
            rng.normal(size=(2, phantom_images.BOX, phantom_images.BOX)),
        )
    ).astype(np.float32)
    values = affinity_of(views_and_noise).values
    assert values[:3, 3:].max() < values[:3, :3].min()


def test_same_seedless_bytes_whatever_the_tile(rng: np.random.Generator) -> None:
    averages = phantom_images.stack_of(phantom_images.projections(40, rng))
    metric = RotationalCC()
    features = metric.prepare(averages, SearchOptions())
    whole = metric.tile(features, range(40), range(40))
    for rows, columns in [(range(3, 9), range(10, 37)), (range(33), range(39, 40))]:
        part = metric.tile(features, rows, columns)
        cut = np.ix_(rows, columns)
        assert part.values.tobytes() == whole.values[cut].tobytes()
        assert part.shift.tobytes() == whole.shift[cut].tobytes()  # type: ignore[union-attr,index]


def test_coarse_grid_covers_the_disc_sorted_by_length(rng: np.random.Generator) -> None:
    shifts, n = shift_grid(9.0, 2.0)
    used = shifts[:, :n].T
    length = np.hypot(*used.T)
    assert (np.diff(length) >= -1e-6).all()
    assert length[0] == 0
    assert length.max() <= 9.0 + 1e-6
    points = rng.uniform(-9, 9, (400, 2))
    points = points[np.hypot(*points.T) <= 8.0]
    nearest = np.hypot(*(points[:, None] - used[None]).transpose(2, 0, 1)).min(axis=1)
    assert nearest.max() <= 2.0 / np.sqrt(3) + 1e-6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_shift": "40"}, "`pixel_size`"),
        ({"mask_diameter": "100px"}, "mask_diameter"),
        ({"low_pass": "1px"}, "low_pass"),
        ({"high_pass": "2px"}, "high_pass"),
        ({"max_shift": "-1px"}, "max_shift"),
        ({"max_shift": "wide"}, "max_shift"),
        ({"max_shfit": "3px"}, "max_shift"),
        ({"mirror": "perhaps"}, "mirror"),
    ],
)
def test_wrong_option_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        affinity_of(phantom_images.projections(2, np.random.default_rng(0)), **options)


def test_search_too_fine_for_the_kernels_is_refused() -> None:
    averages = phantom_images.stack_of(np.random.default_rng(0).normal(size=(2, 400, 400)))
    fine = {"mask_diameter": "400px", "low_pass": "2.3px"}
    with pytest.raises(OptionError, match="max_shift"):
        rebalance.affinity(averages, options={**fine, "max_shift": "200px"})
    assert rebalance.affinity(averages, options={**fine, "max_shift": "4px"}).values[0, 1] < 0.5


def test_lengths_in_angstrom_and_pixels_are_one(rng: np.random.Generator) -> None:
    images = phantom_images.projections(3, rng)
    averages = phantom_images.stack_of(images, pixel_size=5.0)
    in_angstrom = {"mask_diameter": "250", "low_pass": "15A", "max_shift": "20Å"}
    in_pixels = {"mask_diameter": "50px", "low_pass": "3px", "max_shift": "4 px"}
    a, b = (rebalance.affinity(averages, options=o).values for o in (in_angstrom, in_pixels))
    np.testing.assert_array_equal(a, b)
