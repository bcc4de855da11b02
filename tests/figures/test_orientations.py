"""Pictures of poses say what was found, and nothing in them is cut off."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from rebalance.figures.colour_scales import NONE
from rebalance.figures.fourier_sampling import NO_SLICE, fourier_sampling_map, scf_star_curve
from rebalance.figures.orientations import azimuth_elevation, bin_sizes, viewing_directions
from rebalance.figures.sphere_discs import bins_at, disc_directions
from rebalance.model import FourierSampling, SphereBins
from rebalance.orientations.bins import bin_of, sphere_bins
from rebalance.orientations.sampling import fourier_sampling
from rebalance.point_groups import operations_of
from tests.orientations.view_sets import band, cap, uniform

Check = Callable[[Figure], None]


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def colours_of(figure: Figure) -> np.ndarray:
    return np.concatenate(
        [np.asarray(image.get_array()).reshape(-1, 4) for a in figure.axes for image in a.images]
    )


def has(figure: Figure, colour: str) -> bool:
    from matplotlib.colors import to_rgba

    return bool((np.abs(colours_of(figure) - to_rgba(colour)).max(axis=1) < 1e-3).any())


@pytest.fixture(params=[("C1", False), ("C1", True), ("D7", True), ("I", False)])
def bins(request: pytest.FixtureRequest) -> SphereBins:
    group, antipodal = request.param
    return sphere_bins(60, operations_of(group), group, antipodal)


@pytest.fixture(scope="module")
def gaps() -> FourierSampling:
    return fourier_sampling(cap(4_000, np.random.default_rng(3), 40.0))


def test_bins_are_drawn_where_they_are(bins: SphereBins) -> None:
    for below in (False, True):
        at = disc_directions(below=below)[::9, ::7]
        found = bins_at(bins, at)
        np.testing.assert_array_equal(found.ravel(), bin_of(bins, at.reshape(-1, 3)))
        assert (found == -1).any()


@pytest.mark.parametrize("antipodal", [False, True])
def test_healpix_pixels_are_drawn_where_they_are(antipodal: bool) -> None:
    pytest.importorskip("healpix")
    bins = sphere_bins(96 if antipodal else 192, antipodal=antipodal, scheme="healpix")
    at = disc_directions(below=True)[::5, ::5]
    np.testing.assert_array_equal(bins_at(bins, at).ravel(), bin_of(bins, at.reshape(-1, 3)))


@pytest.mark.parametrize("balanced", [False, True])
def test_viewing_directions(bins: SphereBins, balanced: bool, check_texts: Check) -> None:
    counts = np.geomspace(1, 250_000, 60).astype(np.int64)
    counts[[5, 20]] = 0
    after = np.minimum(counts, 90) if balanced else None
    figure = viewing_directions(counts, after, bins, "P3_J42")
    check_texts(figure)
    words = texts(figure)
    assert f"{counts.sum():,} particles" in words
    assert "2 of 60 bins empty" in words
    assert f"point group {bins.symmetry}" in words
    assert ("After: " in words) == balanced
    assert has(figure, NONE)
    full = viewing_directions(np.maximum(counts, 1), None, bins)
    assert not has(full, NONE)


def test_even_views_and_no_views_are_drawn_too(bins: SphereBins, check_texts: Check) -> None:
    check_texts(viewing_directions(np.full(60, 700), None, bins))
    figure = viewing_directions(np.zeros(60, dtype=np.int64), None, bins)
    check_texts(figure)
    assert "No particle has a pose" in texts(figure)


def test_azimuth_and_elevation(check_texts: Check) -> None:
    rng = np.random.default_rng(5)
    direction = band(20_000, rng, 2.9)
    direction[::50] = np.nan
    kept = rng.random(20_000) < 0.3
    for keep in (None, kept):
        figure = azimuth_elevation(direction, None if keep is None else direction[keep], "job042")
        check_texts(figure)
        assert re.search("within [36]° of elevation", texts(figure))
        assert "19,600 particles" in texts(figure)
        drawn = [np.ma.filled(a.images[0].get_array(), 0) for a in figure.axes if a.images]
        assert drawn[0].sum() == 19_600
        assert drawn[0][29:31].sum() == 19_600
        if keep is not None:
            assert drawn[1].sum() == np.count_nonzero(kept & np.isfinite(direction[:, 0]))
    check_texts(azimuth_elevation(np.full((3, 3), np.nan)))


def test_azimuth_and_elevation_are_where_they_belong() -> None:
    azimuth, elevation = np.deg2rad(100.0), np.deg2rad(-40.0)
    one = np.array([np.cos(azimuth), np.sin(azimuth), np.tan(elevation)]) * np.cos(elevation)
    table = np.ma.filled(azimuth_elevation(one[None]).axes[0].images[0].get_array(), 0)
    assert np.argwhere(table).tolist() == [[50 // 3, 280 // 3]]


def test_the_map_marks_gaps_and_says_how_large(gaps: FourierSampling, check_texts: Check) -> None:
    figure = fourier_sampling_map(gaps, job="job042")
    check_texts(figure)
    assert f"SCF* {gaps.scf_star:.2f} for 4,000 particles; 35 % of directions" in texts(figure)
    assert has(figure, NO_SLICE)
    even = fourier_sampling(uniform(20_000, np.random.default_rng(2)))
    assert not has(fourier_sampling_map(even), NO_SLICE)
    both = fourier_sampling_map(gaps, even, "a job with a rather long name that goes on and on")
    check_texts(both)
    assert "for the 20,000 kept" in texts(both)
    fewer = fourier_sampling(cap(2_000, np.random.default_rng(4), 40.0))
    drawn = gaps.thinned_scf_star.mean(axis=1)[np.argmin(np.abs(gaps.thinned_to - 2_000))]
    assert f"about {drawn:.2f} with the same number at random" in texts(
        fourier_sampling_map(gaps, fewer)
    )


def test_the_curve_has_marks_and_round_numbers(gaps: FourierSampling, check_texts: Check) -> None:
    for selected, random in (
        (None, None),
        ((900, 0.52), (0.31, 0.01)),
        ((1_500, 0.81), (0.80, 0.02)),
        ((1_500, 0.4), None),
    ):
        figure = scf_star_curve(gaps, selected, random, "job042")
        check_texts(figure)
        axes = figure.axes[0]
        ticks = [label.get_text() for label in axes.get_xticklabels()]
        assert ticks == ["1,000", "2,000"]
        words = "\n".join(text.get_text() for text in axes.texts)
        assert "0.81 = side views all around" in words
        assert ("balanced" in words) == (selected is not None)
        assert ("random dropping" in words) == (random is not None)


def test_the_curve_of_few_particles_is_a_point(check_texts: Check) -> None:
    few = fourier_sampling(uniform(30, np.random.default_rng(1)))
    check_texts(scf_star_curve(few))
    none = fourier_sampling(np.zeros((0, 3)))
    check_texts(scf_star_curve(none))
    check_texts(fourier_sampling_map(none))


def test_bins_by_size(check_texts: Check) -> None:
    before = np.random.default_rng(4).integers(0, 3_000, 192)
    before[:9] = 0
    for cap_at in (1, 40, 2_999):
        figure = bin_sizes(before, np.minimum(before, cap_at), cap_at, "job042")
        check_texts(figure)
        cut = np.count_nonzero(before > cap_at)
        assert f"{cut} of {np.count_nonzero(before)} bins reduced" in texts(figure)
    check_texts(bin_sizes(before, None, None))
    check_texts(bin_sizes(np.zeros(12, dtype=np.int64), None, None))
