"""Bins are of equal area under every group, and a direction is in the nearest."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from rebalance.errors import OptionError
from rebalance.model import DoubleArray
from rebalance.orientations.bins import bin_of, sphere_bins
from rebalance.orientations.units import fibonacci_sphere
from rebalance.point_groups import operations_of
from tests.reference_orientations import bins_by_loops

GROUPS = ("C1", "C2", "C7", "D1", "D2", "D7", "T", "O", "I")


def uniform(n: int, rng: np.random.Generator) -> DoubleArray:
    direction = rng.normal(size=(n, 3))
    return direction / np.linalg.norm(direction, axis=1, keepdims=True)


def turned(group: str, seed: int = 5) -> DoubleArray:
    turn = Rotation.random(random_state=seed).as_matrix()
    return turn @ operations_of(group) @ turn.T


@pytest.mark.parametrize("antipodal", [False, True])
@pytest.mark.parametrize("group", GROUPS)
def test_uniform_directions_fill_the_bins_evenly(group: str, antipodal: bool) -> None:
    bins = sphere_bins(192, operations_of(group), group, antipodal)
    number = bin_of(bins, uniform(1_000_000, np.random.default_rng(11)))
    count = np.bincount(number, minlength=192)
    even = 1_000_000 / 192
    assert len(bins) == 192
    assert chi2.sf(((count - even) ** 2 / even).sum(), 191) > 1e-4


@pytest.mark.parametrize(
    ("n", "group", "antipodal"),
    [
        (4, "C1", False),
        (4, "I", True),
        (5, "C60", False),
        (12, "D60", True),
        (48, "C3", False),
        (500, "D7", False),
        (3_000, "C1", False),
    ],
)
def test_areas_are_equal_for_few_and_for_many(n: int, group: str, antipodal: bool) -> None:
    bins = sphere_bins(n, turned(group), group, antipodal)
    # An even set of points counts areas to within the points on the edges of cells.
    points = fibonacci_sphere(1_000_000) @ Rotation.random(random_state=1).as_matrix()
    count = np.bincount(bin_of(bins, points), minlength=n)
    assert count.std() / count.mean() < 0.003 + 1.5 * np.sqrt(n / 1_000_000) ** 1.5


def test_without_symmetry_centres_are_the_fibonacci_points() -> None:
    bins = sphere_bins(192)
    np.testing.assert_allclose(bins.centre, fibonacci_sphere(192), atol=1e-15)
    np.testing.assert_array_equal(bin_of(bins, bins.centre), np.arange(192))


@pytest.mark.parametrize(("group", "antipodal"), [("C1", False), ("D2", True), ("T", False)])
def test_bins_are_as_the_slow_reference_says(group: str, antipodal: bool) -> None:
    operations = turned(group)
    bins = sphere_bins(20, operations, group, antipodal)
    direction = uniform(200, np.random.default_rng(3))
    direction[[4, 90]] = np.nan
    direction[7, 1] = np.nan
    assert bins.weight is not None
    expected = bins_by_loops(direction, bins.centre, bins.weight, operations, antipodal)
    found = bin_of(bins, direction)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int64


@pytest.mark.parametrize("group", GROUPS)
def test_copies_are_in_one_bin(group: str) -> None:
    operations = turned(group)
    direction = uniform(50, np.random.default_rng(8))
    apart, together = (sphere_bins(30, operations, group, either) for either in (False, True))
    for bins, signs in ((apart, (1,)), (together, (1, -1))):
        expected = bin_of(bins, direction)
        for turn in operations:
            for sign in signs:
                np.testing.assert_array_equal(bin_of(bins, sign * direction @ turn.T), expected)
    assert (bin_of(apart, -direction) != bin_of(apart, direction)).any()


def test_cells_are_round() -> None:
    for group in ("C1", "D2", "O"):
        bins = sphere_bins(192, operations_of(group), group)
        points = fibonacci_sphere(200_000)
        number = bin_of(bins, points)
        copies = np.einsum("gij,kj->gki", bins.operations, bins.centre)
        likeness = np.max([np.einsum("ni,ni->n", points, c[number]) for c in copies], axis=0)
        radius = np.arccos(np.clip(likeness.min(), -1, 1))
        disc = np.sqrt(4 / (192 * len(bins.operations)))
        assert radius < 1.5 * disc


def test_bins_are_the_same_again_and_whatever_the_number_of_threads() -> None:
    from rebalance.orientations import bins as room

    first = sphere_bins(60, operations_of("D3"), "D3")
    room._equal_bins.cache_clear()
    again = sphere_bins(60, operations_of("D3"), "D3")
    assert first.centre.tobytes() == again.centre.tobytes()
    direction = uniform(300_000, np.random.default_rng(2))
    one, three = (bin_of(first, direction, threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_no_directions_and_none_with_a_pose() -> None:
    bins = sphere_bins(8)
    assert bin_of(bins, np.zeros((0, 3))).shape == (0,)
    np.testing.assert_array_equal(bin_of(bins, np.full((2, 3), np.nan)), [-1, -1])


@pytest.mark.parametrize("n", [3, 0, -1, 192.0, True, 20_001])
def test_numbers_that_make_no_sense_are_refused(n: object) -> None:
    with pytest.raises(OptionError, match="expected a whole number from 4 to 20,000"):
        sphere_bins(n)  # type: ignore[arg-type]


def test_a_scheme_that_there_is_not() -> None:
    with pytest.raises(OptionError, match="expected fibonacci or healpix"):
        sphere_bins(192, scheme="icosahedral")


def test_healpix_has_only_some_numbers_and_no_point_group() -> None:
    with pytest.raises(OptionError, match=r"(?s)12 · nside².*Use 192 or 300"):
        sphere_bins(200, scheme="healpix")
    with pytest.raises(OptionError, match=r"(?s)6 · nside².*Use 54 or 96"):
        sphere_bins(60, antipodal=True, scheme="healpix")
    with pytest.raises(OptionError, match="equal areas for C1 only, not for D7"):
        sphere_bins(192, operations_of("D7"), "D7", scheme="healpix")


def test_without_its_package_healpix_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "healpix", None)
    with pytest.raises(OptionError, match=r"(?s)not installed.*pip install healpix"):
        sphere_bins(192, scheme="healpix")


@pytest.mark.parametrize("antipodal", [False, True])
def test_healpix_pixels_are_of_equal_area_and_opposites_one(antipodal: bool) -> None:
    pytest.importorskip("healpix")
    n = 96 if antipodal else 192
    bins = sphere_bins(n, antipodal=antipodal, scheme="healpix")
    assert len(bins) == n
    direction = uniform(400_000, np.random.default_rng(4))
    number = bin_of(bins, direction)
    count = np.bincount(number, minlength=n)
    even = 400_000 / n
    assert chi2.sf(((count - even) ** 2 / even).sum(), n - 1) > 1e-4
    np.testing.assert_array_equal(bin_of(bins, bins.centre), np.arange(n))
    assert (bin_of(bins, -direction) == number).all() == antipodal
    direction[3] = np.nan
    assert bin_of(bins, direction)[3] == -1
