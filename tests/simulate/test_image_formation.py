"""CTF, envelope, Wiener average and mask follow their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.simulate.image_formation import (
    Optics,
    filtered,
    radial_power,
    resolution,
    soft_disc,
    wiener_average,
)

WAVELENGTH_300KV = 0.019687
"""Å; Williams & Carter, Transmission Electron Microscopy, table 1.2."""


def test_ctf_begins_white_and_has_its_zeros_where_they_belong() -> None:
    optics = Optics(1.0, voltage=300, spherical_aberration=2.7, amplitude_contrast=0.1)
    flat = Optics(1.0, voltage=300, spherical_aberration=0.0, amplitude_contrast=0.0)
    defocus = np.array([12_000.0, 20_000.0])
    for df, row in zip(defocus, optics.transfer(np.zeros(1), defocus), strict=True):
        assert row[0] == pytest.approx(0.1), df
    zeros = np.sqrt(np.arange(1, 5) / (WAVELENGTH_300KV * 20_000))
    np.testing.assert_allclose(flat.transfer(zeros, defocus)[1], 0, atol=1e-3)
    assert flat.transfer(zeros[:1] / 2, defocus)[1] > 0
    # Where spherical aberration undoes underfocus, k² = 2 Δf / (Cs λ²), only amplitude is left.
    undone = np.sqrt(2 * 1000.0 / (2.7e7 * WAVELENGTH_300KV**2))
    left = optics.transfer(np.array([undone]), np.array([1000.0])).item()
    assert left == pytest.approx(0.1, abs=0.01)
    assert (Optics(1.0, ctf=False).transfer(zeros, defocus) == 1).all()


def test_envelope_is_the_gaussian_of_the_b_factor(rng: np.random.Generator) -> None:
    optics = Optics(2.0, b_factor=100.0)
    frequency = optics.frequency(32)
    assert frequency[0, 16] == pytest.approx(1 / 4)
    image = rng.standard_normal((1, 32, 32))
    once = filtered(image, optics.envelope(frequency))
    ratio = np.abs(np.fft.rfft2(once) / np.fft.rfft2(image))[0, 0]
    np.testing.assert_allclose(ratio, np.exp(-100 * frequency[0] ** 2 / 4), atol=1e-9)


def test_white_noise_has_its_variance_as_power_everywhere(rng: np.random.Generator) -> None:
    power = radial_power(3 * rng.standard_normal((4000, 16, 16)))
    np.testing.assert_allclose(power, 9, rtol=0.15)


@pytest.mark.parametrize("n_particles", [1, 30])
def test_wiener_average_is_that_of_noisy_particles(
    n_particles: int, rng: np.random.Generator
) -> None:
    box, tau2 = 16, 0.8
    ctf = rng.uniform(0.2, 1, box // 2 + 1)
    signal = np.sqrt(tau2) * rng.standard_normal((box, box))
    flat = np.full(box // 2 + 1, tau2)
    drawn = np.array([wiener_average(signal, n_particles, ctf**2, flat, rng) for _ in range(300)])
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(box, 1 / box)] * 2))).astype(int)
    inside = ring <= box // 2
    c = ctf[np.minimum(ring, box // 2)]
    spectra = []
    for _ in range(300):
        # Backprojected and divided as the M-step does, one particle after the other.
        noisy = c * np.fft.fft2(signal) + np.fft.fft2(rng.standard_normal((n_particles, box, box)))
        spectra.append((c * noisy).sum(axis=0) / (n_particles * c**2 + 1 / tau2) * inside)
    summed = np.fft.ifft2(spectra).real
    np.testing.assert_allclose(
        drawn.mean(axis=0), summed.mean(axis=0), atol=6 * summed.std(axis=0).max() / np.sqrt(300)
    )
    assert drawn.std(axis=0).mean() == pytest.approx(summed.std(axis=0).mean(), rel=0.05)


def test_resolution_is_where_the_signal_sinks_into_the_noise() -> None:
    snr = np.array([0.0, 50, 20, 5, 1.5, 0.5, 2])
    assert resolution(snr, box=12, pixel_size=3.0) == pytest.approx(12 * 3.0 / 4)
    assert resolution(np.zeros(7), box=12, pixel_size=3.0) == np.inf
    assert resolution(np.full(7, 9.0), box=12, pixel_size=3.0) == pytest.approx(6.0)


def test_soft_disc_is_one_inside_and_falls_over_its_edge() -> None:
    disc = soft_disc(40, diameter=20, edge=5)
    assert (disc[20, 11:30] == 1).all()
    assert disc[20, 36] == 0
    assert disc[20, 32] == pytest.approx(0.5 + 0.5 * np.cos(np.pi * 2 / 5))
