"""Directional correlations are those of the definition, and react to what happens to the maps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rebalance.errors import InputError, OptionError
from rebalance.half_maps.cells import sort_axes
from rebalance.half_maps.signal import area_and_crossing, half_map_signal
from rebalance.half_maps.sums import shell_sums, transformed_planes
from rebalance.kernels.shell_sums_cpu import cell_of
from rebalance.model import HalfMapSignal
from rebalance.views.uniformity import fourier_directions
from tests.half_maps.made_up import VOXEL, frequencies, molecule, shaped, with_noise
from tests.reference_half_maps import area_and_resolution, correlations


def random_maps(box: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Two maps whose correlation falls with frequency, so that curves cross somewhere."""
    _, length = frequencies(box)
    signal = shaped(rng.normal(size=(box, box, box)), 2 * np.exp(-length / box * 4))
    return with_noise(signal, 0.5, rng)


def curves(maps: list[np.ndarray], axes: np.ndarray, cone: float, band: float) -> np.ndarray:
    """Conical and toroidal curves about given axes, (2, A, S)."""
    spectra = [transformed_planes(lambda i, j, one=one: one[i:j], len(one), 1) for one in maps]
    sums = shell_sums(*spectra, axes, cone, band, 1)
    both, one, two = np.moveaxis(np.stack([sums.conical, sums.toroidal]), -1, 0)
    with np.errstate(invalid="ignore"):
        return both / np.sqrt(one * two)


@pytest.mark.parametrize(
    ("box", "cone", "band", "n_axes", "masked"),
    [(24, 20.0, 20.0, 40, False), (27, 11.0, 35.0, 15, True), (32, 63.0, 4.0, 30, True)],
)
def test_every_curve_is_that_of_the_definition(
    box: int, cone: float, band: float, n_axes: int, masked: bool, rng: np.random.Generator
) -> None:
    first, second = random_maps(box, rng)
    mask = rng.random((box, box, box)).astype(np.float32) if masked else None
    found = half_map_signal(
        first, second, voxel_size=1.3, mask=mask, n_axes=n_axes, cone=cone, band=band
    )
    factor = 1.0 if mask is None else mask.astype(np.float64)
    fsc, conical, toroidal = correlations(
        first * factor, second * factor, fourier_directions(n_axes), cone, band
    )
    np.testing.assert_allclose(found.fsc, fsc, atol=2e-6)
    np.testing.assert_allclose(found.conical, conical, atol=2e-6)
    np.testing.assert_allclose(found.toroidal, toroidal, atol=2e-6)
    np.testing.assert_allclose(found.frequency, np.arange(1, box // 2 + 1) / (1.3 * box))
    by_walking = [area_and_resolution(curve, 0.143, 1.3 * box) for curve in found.conical]
    np.testing.assert_allclose(np.stack([found.conical_area, found.resolution], axis=1), by_walking)
    areas = [area_and_resolution(curve, 0.143, 1.3 * box)[0] for curve in found.toroidal]
    np.testing.assert_allclose(found.toroidal_area, areas)
    areas = [area for area, _ in by_walking]
    assert found.cfar == pytest.approx(min(areas) / max(areas))


@pytest.mark.parametrize("side", [5, 8])
def test_cells_hold_and_miss_only_what_they_say(side: int, rng: np.random.Generator) -> None:
    axes = fourier_directions(60)
    points = rng.normal(size=(4_000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    cell = np.array([cell_of(*point, side) for point in points])
    assert set(cell) == set(range(3 * side**2))
    angle = np.arccos(np.abs(points @ axes.T))
    cone, band = np.deg2rad(25), np.deg2rad(15)
    cells = sort_axes(axes, cone, band, side)
    for within, whole, crossed in (
        (angle <= cone, cells.in_cone, cells.on_cone),
        (angle >= np.pi / 2 - band, cells.in_band, cells.on_band),
    ):
        for at, number in enumerate(cell):
            inside = set(whole.axis[whole.start[number] : whole.start[number + 1]])
            maybe = set(crossed.axis[crossed.start[number] : crossed.start[number + 1]])
            found = set(np.flatnonzero(within[at]))
            assert inside <= found <= inside | maybe
        assert len(whole.axis) > 0


def test_a_quarter_turn_of_the_maps_turns_the_directions(rng: np.random.Generator) -> None:
    maps = random_maps(20, rng)
    axes = fourier_directions(30)
    expected = curves(maps, axes, 25.0, 20.0)
    # From x to y: axis 2 to axis 1 of the array.
    turned = [np.rot90(one, axes=(2, 1)) for one in maps]
    turned_axes = np.stack([-axes[:, 1], axes[:, 0], axes[:, 2]], axis=1)
    np.testing.assert_allclose(curves(turned, turned_axes, 25.0, 20.0), expected, atol=1e-5)
    # From y to z.
    turned = [np.rot90(one, axes=(1, 0)) for one in maps]
    turned_axes = np.stack([axes[:, 0], -axes[:, 2], axes[:, 1]], axis=1)
    np.testing.assert_allclose(curves(turned, turned_axes, 25.0, 20.0), expected, atol=1e-5)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(curves(turned, axes, 25.0, 20.0), expected, atol=1e-2)


def test_swapped_scaled_and_shifted_maps_give_the_same(rng: np.random.Generator) -> None:
    first, second = random_maps(24, rng)
    expected = half_map_signal(first, second, voxel_size=2.0, n_axes=20)
    rolled = [np.roll(one, (3, -2, 5), (0, 1, 2)) for one in (first, second)]
    for a, b in ((second, first), (first * 1e-6, second * -8e4), rolled):
        found = half_map_signal(a, b, voxel_size=2.0, n_axes=20)
        sign = np.sign(found.fsc[0])
        np.testing.assert_allclose(sign * found.conical, expected.conical, atol=1e-5)
        np.testing.assert_allclose(sign * found.toroidal, expected.toroidal, atol=1e-5)


def test_bytes_do_not_depend_on_threads(rng: np.random.Generator) -> None:
    first, second = random_maps(40, rng)
    one, four = (half_map_signal(first, second, voxel_size=1.0, threads=n) for n in (1, 4))
    assert one.conical.tobytes() == four.conical.tobytes()
    assert one.toroidal.tobytes() == four.toroidal.tobytes()
    assert one.fsc.tobytes() == four.fsc.tobytes()


def test_large_sums_keep_their_precision() -> None:
    """Both maps the same but for one voxel in a million: the correlation is just below 1."""
    rng = np.random.default_rng(3)
    first = rng.normal(size=(100, 100, 100)).astype(np.float32)
    second = first + 0.01 * rng.normal(size=first.shape).astype(np.float32)
    found = half_map_signal(first, second, voxel_size=1.0, n_axes=8)
    np.testing.assert_allclose(found.fsc[10:], 1 / np.sqrt(1 + 1e-4), atol=5e-6)


def test_the_walk_passes_over_empty_shells_and_stops_at_the_first_crossing() -> None:
    nan = np.nan
    curve = np.array(
        [
            [nan, 0.9, nan, 0.5, 0.1, 0.9],
            [0.1, 0.9, 0.9, 0.9, 0.9, 0.9],
            [nan, nan, 0.8, 0.7, 0.6, 0.5],
            [nan, nan, nan, nan, nan, nan],
            [nan, 0.9, 0.143, 0.9, 0.9, 0.9],
            [0.6, nan, nan, -0.3, 0.2, 0.2],
        ]
    )
    area, crossing = area_and_crossing(curve, 0.143)
    tail = 0.8 * 9 + 0.7 * 16 + 0.6 * 25 + 0.5 * 36
    np.testing.assert_allclose(area, [0.9 * 4 + 0.5 * 16, 0, tail, 0, 3.6, 0.6])
    part = (0.6 - 0.143) / 0.9
    np.testing.assert_allclose(crossing, [4 + 0.357 / 0.4, 0, 6, 0, 3, 1 + 3 * part])


def test_even_noise_gives_even_signal(rng: np.random.Generator) -> None:
    found = half_map_signal(*with_noise(molecule(), 0.1, rng), voxel_size=VOXEL)
    assert found.cfar > 0.8
    assert found.tfar > 0.9
    assert found.relative_signal.max() == 1
    # Coarser than the finest frequency, and nearly the same everywhere.
    assert 2 * VOXEL < found.resolution.min() < found.resolution.max() < 1.2 * 2 * VOXEL


def without_wedge(width: float) -> np.ndarray:
    """Gain that takes a double cone about z from the molecule, from shell 5 on."""
    direction, length = frequencies(64)
    along = np.abs(direction[..., 2])
    return ~((along > np.cos(np.deg2rad(width))) & (length > 4.5)) * 1.0


def of_wedge(width: float) -> HalfMapSignal:
    maps = with_noise(shaped(molecule(), without_wedge(width)), 0.1, np.random.default_rng(5))
    return half_map_signal(*maps, voxel_size=VOXEL)


def test_a_missing_wedge_is_found_where_it_is_and_as_wide_as_it_is() -> None:
    widths = [0.0, 8.0, 16.0, 24.0, 40.0]
    found = [of_wedge(width) for width in widths]
    cfar = [one.cfar for one in found]
    assert all(a > b + 0.01 for a, b in pairwise(cfar[:-1]))
    assert cfar[0] > 0.8
    assert cfar[3] < 0.01
    assert cfar[4] <= cfar[3]
    tilt = np.rad2deg(np.arccos(found[4].axes[:, 2]))
    # Cones that lie within the wedge have lost everything from shell 5 on; the rest nothing.
    lost, kept = tilt < 19, tilt > 61
    high = slice(8, 20)
    assert np.abs(found[4].conical[lost, high]).max() < 0.6
    assert np.abs(found[4].conical[lost, high].mean()) < 0.05
    assert found[4].resolution[lost].min() > 3 * found[4].resolution[kept].max()
    np.testing.assert_allclose(
        found[4].conical[kept, high], found[0].conical[kept, high], atol=0.05
    )
    # What looks along z has its plane across the wedge, and keeps all of it.
    assert found[4].relative_signal[tilt < 25].min() > 0.95
    assert found[4].relative_signal[tilt > 80].max() < 0.92


def test_correlations_are_those_of_the_signal_to_noise_ratio_of_each_cone() -> None:
    """FSC = SNR / (1 + SNR), the noise of a cone being the mean over its voxels."""
    box = 64
    rng = np.random.default_rng(8)
    direction, length = frequencies(box)
    noise = np.sqrt(0.2 + 3.0 * direction[..., 2] ** 4)
    first, second = with_noise(rng.normal(size=(box, box, box)), noise, rng)
    found = half_map_signal(first, second, voxel_size=1.0, n_axes=50)
    shells = slice(15, 31)
    inside = (length > 15.5) & (length < 31.5)
    power, towards = noise[inside] ** 2, direction[inside]
    along = np.abs(towards @ found.axes.T)
    for curves, voxels in (
        (found.conical, along >= np.cos(np.deg2rad(20))),
        (found.toroidal, along <= np.sin(np.deg2rad(20))),
    ):
        expected = 1 / (1 + power @ voxels / voxels.sum(axis=0))
        assert np.ptp(expected) > 0.3
        # A shell of a cone has 100 to 350 independent voxels, and there are 16.
        np.testing.assert_allclose(curves[:, shells].mean(axis=1), expected, atol=0.04)


def test_what_is_no_pair_of_half_maps_is_refused(rng: np.random.Generator) -> None:
    first, second = random_maps(16, rng)
    bad = first.copy()
    bad[3, 4, 5] = np.nan
    for a, b, words in (
        (first, first, "the same"),
        (first, 3 * first, "the same"),
        (bad, second, "first half map has values that are not finite"),
        (first, np.zeros_like(first), "second half map is 0 everywhere"),
        (first, second * np.float32(1e15), r"as large as \de\+15"),
    ):
        with pytest.raises(InputError, match=words):
            half_map_signal(a, b, voxel_size=1.0)
    with pytest.raises(InputError, match="mask has no value above 0"):
        half_map_signal(first, second, voxel_size=1.0, mask=np.zeros_like(first))
    for a, b in ((first, second[:15, :15, :15]), (first[:8], second[:8])):
        with pytest.raises(ValueError, match="cubes of one size"):
            half_map_signal(a, b, voxel_size=1.0)
    for options in (
        {"cone": 0.0},
        {"band": 90.0},
        {"threshold": 1.0},
        {"n_axes": 0},
        {"voxel_size": 0.0},
        {"threads": 0},
    ):
        with pytest.raises(OptionError, match=next(iter(options))):
            half_map_signal(first, second, **{"voxel_size": 1.0, **options})
