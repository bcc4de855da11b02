"""Each part of the hybrid is what it is said to be, computed here again in plain NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("rebalance_blend", reason="rebalance-blend is not installed")

import rebalance
from rebalance.errors import OptionError
from rebalance.model import Affinity, ClassAverages
from rebalance.simulate import simulate_class_averages
from rebalance.toolkit import estimate_radius, soft_disc

PARTS = ("signal_weight", "correlation_weight", "resolution_weight")


@pytest.fixture(scope="module")
def averages() -> ClassAverages:
    settings = {
        "n_averages": 10, "n_particles": 900, "n_views": 3, "box": 40, "seed": 4,
        "n_empty": 0, "n_noise": 0, "n_junk": 0,
    }  # fmt: skip
    return simulate_class_averages(settings).class_averages


def part(averages: ClassAverages, name: str, **options: object) -> Affinity:
    weights = {other: float(other == name) for other in PARTS}
    return rebalance.affinity(averages, "simple-hybrid", options={**weights, **options})


def raw(affinity: Affinity) -> npt.NDArray[np.float32]:
    assert affinity.raw is not None
    return affinity.raw


def test_the_whole_is_the_weighted_sum_of_its_parts(averages: ClassAverages) -> None:
    whole = rebalance.affinity(averages, "simple-hybrid")
    signal, correlation, resolution = (raw(part(averages, name)) for name in PARTS)
    expected = 0.5 * signal + 0.2 * correlation + 0.3 * resolution
    np.testing.assert_allclose(raw(whole), expected, atol=1e-5)


def test_correlation_is_minus_its_logarithm(averages: ClassAverages) -> None:
    expected = -np.log(np.maximum(rebalance.affinity(averages, "rotational-cc").values, 0.05))
    found = raw(part(averages, "correlation_weight"))
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-6)


def normalised(averages: ClassAverages, disc: npt.NDArray[np.float32]):  # type: ignore[no-untyped-def]
    for image in averages.images.astype(np.float64):
        pixels = image[disc > 0.5]
        yield (image - pixels.mean()) / pixels.std()


def test_signal_statistics_are_distances_of_histograms_and_spectra(
    averages: ClassAverages,
) -> None:
    disc = soft_disc(averages.box, estimate_radius(averages.images))
    pixels = [image[disc > 0.5] for image in normalised(averages, disc)]
    span = (min(p.min() for p in pixels), max(p.max() for p in pixels))
    shares = np.stack([np.histogram(p, 128, span)[0] / len(p) for p in pixels])
    n = len(pixels)
    variation, divergence, hellinger, spectra = np.zeros((4, n, n))
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(averages.box, 1 / averages.box)] * 2)))
    assert averages.pixel_size is not None
    extent = averages.box * averages.pixel_size
    rings = np.arange(
        max(2, round(extent / 20)), min(int(0.45 * averages.box), round(extent / 6)) + 1
    )
    powers = []
    for image in normalised(averages, disc):
        power = np.abs(np.fft.fft2(image * disc)) ** 2
        powers.append(np.sqrt([power[ring == k].mean() for k in rings]))
    for i in range(n):
        for j in range(n):
            p, q = shares[i], shares[j]
            both = (p > 0) & (q > 0)
            variation[i, j] = 0.5 * np.abs(p - q).sum()
            divergence[i, j] = 0.5 * ((p - q)[both] * np.log(p[both] / q[both])).sum()
            hellinger[i, j] = np.sqrt(0.5 * ((np.sqrt(p) - np.sqrt(q)) ** 2).sum())
            spectra[i, j] = np.linalg.norm(powers[i] - powers[j])
    histogram = sum(d / d.max() for d in (variation, divergence, hellinger)) / 3
    for share in (0.0, 0.5, 1.0):
        expected = share * histogram + (1 - share) * spectra / spectra.max()
        found = raw(part(averages, "signal_weight", histogram_share=share))
        np.testing.assert_allclose(found, expected, atol=2e-4)


def test_resolution_is_where_ring_correlation_of_the_aligned_pair_falls_below_one_half(
    averages: ClassAverages,
) -> None:
    """With images laid onto each other in real space, and rings summed pixel by pixel."""
    found = raw(part(averages, "resolution_weight"))
    alignment = rebalance.affinity(averages, "rotational-cc").alignment
    assert alignment is not None
    box = averages.box
    disc = soft_disc(box, estimate_radius(averages.images))
    masked = averages.images * disc
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(box, 1 / box)] * 2))).astype(int)
    close = []
    for i in range(len(averages)):
        for j in range(i + 1, len(averages)):
            laid = alignment.pair(i, j).apply(masked[j])
            a, b = np.fft.fft2(masked[i] - masked[i].mean()), np.fft.fft2(laid - laid.mean())
            k = 1
            while k < 18:
                at = ring == k
                cross = (a[at] * b[at].conj()).real.sum()
                if cross < 0.5 * np.sqrt((np.abs(a[at]) ** 2).sum() * (np.abs(b[at]) ** 2).sum()):
                    break
                k += 1
            # The limit lies between the last ring above and the first below, give or take one.
            low, high = 1 / (k + 1.5) - 1 / 18, 1 / max(k - 2.5, 1)
            close.append(low - 1e-3 <= found[i, j] <= high)
    assert np.mean(close) > 0.9


def test_alike_averages_are_nearer_than_others(averages: ClassAverages) -> None:
    images = np.concatenate((averages.images, np.rot90(averages.images, axes=(1, 2))))
    both = ClassAverages(
        np.ascontiguousarray(images), np.arange(1, 21), pixel_size=averages.pixel_size
    )
    values = rebalance.affinity(both, "simple-hybrid").values
    np.fill_diagonal(values := values.copy(), 0)
    assert (values.argmax(axis=1) == (np.arange(20) + 10) % 20).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (dict.fromkeys(PARTS, 0), "All weights"),
        ({"spectrum_from": "3px", "spectrum_to": "9px"}, "ring"),
        ({"spectrum_from": "-3px"}, "at least 0"),
        ({"signal_weight": 2}, "less than or equal to 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    averages: ClassAverages, options: dict[str, object], says: str
) -> None:
    with pytest.raises(OptionError, match=says):
        rebalance.affinity(averages, "simple-hybrid", options=options)


def test_lengths_need_a_pixel_size_and_the_band_does_without(averages: ClassAverages) -> None:
    bare = ClassAverages(averages.images, averages.class_id)
    facts = rebalance.affinity(bare, "simple-hybrid").facts
    assert facts["spectrum_from_px"] == pytest.approx(10, abs=1)
    with pytest.raises(OptionError, match="pixel size"):
        rebalance.affinity(bare, "simple-hybrid", options={"spectrum_from": "20A"})
