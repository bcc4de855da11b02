"""Images against the slices of a map are what the slow, plain version finds."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.kernels.poses_cpu import NEGLIGIBLE, insert_slices, sample_slices
from rebalance.views.expectation import PoseSearch
from rebalance.views.fourier_map import FourierMap, hemisphere
from tests import reference

N_RINGS, N_HALF, N_DIRECTIONS = 5, 12, 7


def blobs(rng: np.random.Generator, side: int, n: int = 6) -> np.ndarray:
    """A map without symmetry, smooth enough for its grid."""
    axis = np.arange(side) - side // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    volume = np.zeros((side,) * 3)
    for _ in range(n):
        at = rng.uniform(-side / 6, side / 6, 3)
        distance = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
        volume += rng.uniform(0.5, 1.5) * np.exp(-0.5 * distance / (side / 14) ** 2)
    return volume.astype(np.float32)


def random_images(rng: np.random.Generator, n: int, n_rings: int = N_RINGS) -> np.ndarray:
    shape = (n, n_rings, N_HALF)
    noise = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return noise.astype(np.complex64)


def test_slices_are_those_of_a_plain_sum() -> None:
    rng = np.random.default_rng(1)
    grid = FourierMap(N_RINGS)
    volume = blobs(rng, grid.side)
    search = PoseSearch(random_images(rng, 2), N_DIRECTIONS, N_RINGS)
    real, imaginary = search.slices(volume)
    ring = np.sqrt(np.arange(1, N_RINGS + 1))[:, None]
    for d in range(N_DIRECTIONS):
        plain = reference.slice_of_map(volume, search.frames[d], N_RINGS, N_HALF) * ring
        circle = reference.full_circle(plain)
        orders = np.fft.fft(circle, axis=1)[:, : N_HALF + 1] / (2 * N_HALF)
        orders /= np.sqrt((np.abs(circle) ** 2).mean(axis=1).sum())
        found = (real + 1j * imaginary)[:, :, d].T
        # Trilinear interpolation on a grid padded twice.
        np.testing.assert_allclose(found, orders, atol=0.03)


def expectation_of(rng: np.random.Generator, n_effective: float) -> tuple:
    images = random_images(rng, 4)
    search = PoseSearch(images, N_DIRECTIONS, N_RINGS)
    volume = blobs(rng, search.grid.side)
    weight = rng.uniform(0.5, 1.5, 4).astype(np.float32)
    found = search.expect(volume, n_effective, weight)
    real, imaginary = search.slices(volume)
    orders = (real + 1j * imaginary).transpose(2, 1, 0).astype(np.complex128)
    full = np.zeros((*orders.shape[:2], 2 * N_HALF), dtype=np.complex128)
    full[..., : N_HALF + 1] = orders
    m = np.arange(1, N_HALF)
    full[..., 2 * N_HALF - m] = (-1.0) ** m * full[..., m].conj()
    slices = (np.fft.ifft(full, axis=2) * 2 * N_HALF)[..., :N_HALF]
    correlations = np.array([reference.pose_correlations(one, slices) for one in images])
    return search, weight, found, correlations


def test_the_best_pose_is_that_of_a_search_one_by_one() -> None:
    _, _, found, correlations = expectation_of(np.random.default_rng(2), 20.0)
    flat = correlations.reshape(len(correlations), -1)
    np.testing.assert_allclose(found.best, flat.max(axis=1), atol=1e-5)
    np.testing.assert_array_equal(found.best_pose, flat.argmax(axis=1))


@pytest.mark.parametrize("n_effective", [8.0, 20.0, 60.0])
def test_probabilities_have_the_perplexity_that_is_asked_for(n_effective: float) -> None:
    _, weight, found, correlations = expectation_of(np.random.default_rng(3), n_effective)
    for i, one in enumerate(correlations):
        p = reference.pose_probabilities(one, n_effective)
        p[p < np.exp(-NEGLIGIBLE) * p.max()] = 0
        # β is from a histogram.
        expected = p.sum(axis=2).ravel() / p.sum()
        np.testing.assert_allclose(found.posterior[i], expected, atol=0.03)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0, atol=1e-5)
    summed = found.posterior[:, :N_DIRECTIONS] + found.posterior[:, N_DIRECTIONS:]
    np.testing.assert_allclose(found.weights, weight @ summed, rtol=1e-5)


def test_slices_are_the_sums_of_turned_images() -> None:
    """With one probable pose left, every slice is its image in that pose."""
    rng = np.random.default_rng(4)
    search, weight, found, correlations = expectation_of(rng, 1.01)
    expected = np.zeros((N_DIRECTIONS, N_RINGS, 2 * N_HALF), dtype=np.complex128)
    for i, one in enumerate(correlations):
        p = reference.pose_probabilities(one, 1.01)
        for hand, d, turn in np.argwhere(p > 1e-7):
            image = reference.posed(search.samples[i], turn, bool(hand))
            expected[d] += weight[i] * p[hand, d, turn] * image
    np.testing.assert_allclose(found.slices, expected[..., :N_HALF], atol=0.02)


def test_inserting_is_the_adjoint_of_sampling() -> None:
    rng = np.random.default_rng(5)
    side, step = 16, 2.0
    _, frames = hemisphere(9)
    angle = np.arange(N_HALF) * np.pi / N_HALF
    cosine, sine = np.cos(angle), np.sin(angle)
    volume = rng.standard_normal((side,) * 3).astype(np.float32)
    spectrum = np.fft.rfftn(volume).astype(np.complex64)
    sampled = np.empty((9, 3, N_HALF), dtype=np.complex64)
    sample_slices(spectrum, frames, cosine, sine, step, sampled)
    values = random_images(rng, 9, 3)
    total = np.zeros_like(spectrum)
    weight = np.zeros(spectrum.shape, dtype=np.float32)
    ones = np.ones((9, 3), dtype=np.float32)
    insert_slices(values, ones, frames, np.eye(3)[None], cosine, sine, step, total, weight)
    # Every sample and its conjugate: twice the real part of the inner product.
    left = 2 * (values.conj() * sampled).sum().real
    twice = np.full(spectrum.shape, 2.0)
    twice[..., 0] = twice[..., -1] = 1.0
    right = (twice * (total.conj() * spectrum).real).sum()
    assert left == pytest.approx(right, rel=1e-4)
    assert weight.sum() > 0


def test_an_image_of_a_map_is_found_in_its_pose() -> None:
    """The rotation of the best pose is that of the projection, mirror images included."""
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(6)
    grid = FourierMap(6)
    volume = blobs(rng, grid.side)
    truth = Rotation.random(12, random_state=7).as_matrix()
    images = np.array([reference.slice_of_map(volume, one, 6, 24) for one in truth])
    images *= np.sqrt(np.arange(1, 7))[:, None]
    search = PoseSearch(images.astype(np.complex64), 600, 6)
    value, pose = search.best(volume)
    found = search.rotations(pose)
    between = Rotation.from_matrix(found @ truth.transpose(0, 2, 1)).magnitude()
    assert np.degrees(between).max() < 12
    assert value.min() > 0.97
    np.testing.assert_allclose(np.linalg.det(found), 1.0, atol=1e-9)


def test_tiles_and_threads_change_no_byte() -> None:
    from concurrent.futures import ThreadPoolExecutor

    rng = np.random.default_rng(8)
    images = random_images(rng, 70)
    volume = blobs(rng, FourierMap(N_RINGS).side)
    weight = np.ones(70, dtype=np.float32)
    alone = PoseSearch(images, N_DIRECTIONS, N_RINGS).expect(volume, 9.0, weight)
    with ThreadPoolExecutor(3) as pool:
        search = PoseSearch(images, N_DIRECTIONS, N_RINGS, mapper=pool.map)
        together = search.expect(volume, 9.0, weight)
    assert alone.slices.tobytes() == together.slices.tobytes()
    assert alone.posterior.tobytes() == together.posterior.tobytes()


def test_a_map_comes_back_from_its_slices() -> None:
    """Slices all around put in with little damping give the map again."""
    rng = np.random.default_rng(9)
    search = PoseSearch(random_images(rng, 1, 8), 400, 8)
    volume = blobs(rng, search.grid.side)
    spectrum = search.grid.spectrum(volume)
    slices = np.empty((400, 8, N_HALF), dtype=np.complex64)
    angle = np.arange(N_HALF) * np.pi / N_HALF
    sample_slices(spectrum, search.frames, np.cos(angle), np.sin(angle), 2.0, slices)
    slices *= np.sqrt(np.arange(1, 9))[:, None].astype(np.float32)
    back = search.volume(slices, np.ones(400, dtype=np.float32), damping=0.01)
    # All but the mean, which no ring holds.
    inside = back != 0
    assert np.corrcoef(back[inside], volume[inside])[0, 1] > 0.97


def test_a_map_keeps_its_grey_and_shape_on_another_grid() -> None:
    rng = np.random.default_rng(10)
    small, large = FourierMap(5), FourierMap(8)
    volume = blobs(rng, small.side)
    there = large.regridded(volume)
    assert there.shape == (large.side,) * 3
    back = small.regridded(there)
    np.testing.assert_allclose(back, volume, atol=5e-3 * volume.max())
