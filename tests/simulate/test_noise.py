"""Noise has the size and the spectrum asked for, measured back from the images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rebalance.simulate import simulate_class_averages
from rebalance.simulate.image_formation import (
    Optics,
    noise_power,
    phase_flipped_average,
    radial_power,
    soft_disc,
)

BOX, PIXEL = 48, 5.0
ALONE: dict[str, Any] = {
    "n_averages": 1,
    "n_views": 1,
    "n_empty": 0,
    "n_noise": 0,
    "n_junk": 0,
    "box": BOX,
    "pixel_size": PIXEL,
    "class_spread": 0.0,
    "particle_spread": 0.0,
    "psi_error": 0.0,
    "shift_error": 0.0,
    "averaging": "phase-flip",
}


def noise_of_average(**options: Any) -> np.ndarray:
    """What differs between an average with noise and the same one nearly without."""
    noisy = simulate_class_averages(ALONE | options)
    strong = simulate_class_averages(ALONE | options | {"snr": 1e8})
    # Signal grows as √snr, noise stays.
    ratio = np.sqrt(noisy.options.snr / 1e8)
    return noisy.class_averages.images[0] - ratio * strong.class_averages.images[0]


@pytest.mark.parametrize("length", [0.0, 20.0])
def test_noise_of_an_average_falls_with_the_root_of_its_particles(length: float) -> None:
    inside = soft_disc(BOX, 180 / PIXEL) == 1
    sizes = (25, 100, 400)
    deviation = [
        np.sqrt(
            np.mean(
                [
                    noise_of_average(n_particles=n, seed=seed, noise_length=length)[inside].var()
                    for seed in range(6)
                ]
            )
        )
        for n in sizes
    ]
    np.testing.assert_allclose(deviation * np.sqrt(sizes), 1, rtol=0.15)


@pytest.mark.parametrize(("length", "floor"), [(0.0, 0.3), (15.0, 0.3), (30.0, 0.0)])
def test_noise_of_particles_has_the_spectrum_asked_for(length: float, floor: float) -> None:
    simulated = simulate_class_averages(
        ALONE
        | {
            "n_particles": 400,
            "snr": 1e-9,
            "particle_images": True,
            "noise_length": length,
            "noise_floor": floor,
        }
    )
    images = simulated.particle_images
    assert images is not None
    assert images.var() == pytest.approx(1, rel=0.02)
    measured = radial_power(images)[1:]
    k = np.hypot(*np.meshgrid(*[np.fft.fftfreq(BOX, PIXEL)] * 2))
    power = noise_power(k, Optics(PIXEL).frequency(BOX), length, floor)
    ring = np.rint(k * BOX * PIXEL).astype(int)
    expected = np.array([power[ring == r].mean() for r in range(1, BOX // 2 + 1)])
    np.testing.assert_allclose(measured, expected, rtol=0.15)
    if length:
        assert expected[0] > 5 * expected[-1]


def test_noise_power_is_of_variance_1_in_even_and_odd_boxes(rng: np.random.Generator) -> None:
    for box in (32, 33):
        frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(box, PIXEL)] * 2))
        power = noise_power(frequency, Optics(PIXEL).frequency(box), 12.0, 0.2)
        assert power.mean() == pytest.approx(1)


@pytest.mark.parametrize("snr", [0.02, 0.5])
def test_particles_have_the_signal_to_noise_ratio_asked_for(snr: float) -> None:
    shared = ALONE | {"n_particles": 60, "particle_images": True, "ctf": False, "max_shift": 0}
    weak = simulate_class_averages(shared | {"snr": snr, "noise_length": 12.0})
    strong = simulate_class_averages(shared | {"snr": 1e8, "noise_length": 12.0})
    assert weak.particle_images is not None
    assert strong.particle_images is not None
    inside = soft_disc(BOX, weak.class_averages.mask_diameter / PIXEL, 1.0) > 0.5  # type: ignore[operator]
    signal = strong.particle_images * np.sqrt(snr / 1e8)
    noise = weak.particle_images - signal
    # One view against the mean of many: views differ in how strong they are.
    ratio = signal[:, inside].var(axis=1).mean() / noise.var()
    assert ratio == pytest.approx(snr, rel=0.35)


def test_phase_flipping_leaves_the_mean_size_of_the_ctf(rng: np.random.Generator) -> None:
    signal = rng.standard_normal((16, 16))
    ctf, noise = rng.uniform(0.2, 1, 9), rng.uniform(0.5, 2, 9)
    drawn = np.array([phase_flipped_average(signal, 9, ctf, noise, rng) for _ in range(500)])
    ring = np.rint(np.hypot(*np.meshgrid(*[np.fft.fftfreq(16, 1 / 16)] * 2))).astype(int)
    ring = np.minimum(ring, 8)
    clear = np.fft.ifft2(np.fft.fft2(signal) * ctf[ring]).real
    np.testing.assert_allclose(drawn.mean(axis=0), clear, atol=0.1)
    left = radial_power(drawn - clear)
    np.testing.assert_allclose(left[:8], noise[:8] / 9, rtol=0.2)


def test_a_larger_b_factor_and_wider_defocus_blur_the_average() -> None:
    def fine_part(**options: Any) -> float:
        image = simulate_class_averages(ALONE | {"snr": 1e8, "n_particles": 100} | options)
        power = radial_power(image.class_averages.images.astype(np.float64))
        return float(power[12:20].sum() / power[2:6].sum())

    assert fine_part(b_factor=600.0) < 0.5 * fine_part(b_factor=0.0)
    one_defocus = {"defocus_min": 9_000.0, "defocus_max": 9_000.0}
    image = simulate_class_averages(ALONE | {"n_particles": 50} | one_defocus)
    np.testing.assert_array_equal(image.particle_defocus, 9_000.0)
