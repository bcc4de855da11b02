"""What microscope and classification do to a projection: CTF, envelope, noise, average, mask.

The average of n aligned particles is not summed up from noisy images but written down in closed
form, per Fourier pixel: the Wiener filter that maximum-a-posteriori classification ends with
(Scheres 2012, J. Mol. Biol. 415, 406, doi:10.1016/j.jmb.2011.11.010). With signal S,
mean squared CTF c², noise variance σ² = 1 and expected signal power τ²,

    average = S · n c² / (n c² + 1/τ²)  +  noise of variance  n c² / (n c² + 1/τ²)²

so that a class of few particles is blurred and grainy, and one of many is crisp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import DoubleArray, FloatArray

_SOLVENT_B = 200.0


@dataclass(frozen=True)
class Optics:
    """Microscope and sampling.

    Parameters
    ----------
    pixel_size : float
        Å.
    voltage : float
        kV.
    spherical_aberration : float
        mm.
    amplitude_contrast : float
    b_factor : float
        Å²; the envelope is exp(−B k²/4).
    ctf : bool
        False for images without a contrast transfer function.
    solvent : float
        Part s of the contrast lost to the solvent at low resolution: 1 − s exp(−B k²/4) with
        B = 200 Å² (Moews & Kretsinger 1975, J. Mol. Biol. 91, 201,
        doi:10.1016/0022-2836(75)90160-6).
    """

    pixel_size: float
    voltage: float = 300.0
    spherical_aberration: float = 2.7
    amplitude_contrast: float = 0.1
    b_factor: float = 150.0
    ctf: bool = True
    solvent: float = 0.0

    def frequency(self, box: int) -> DoubleArray:
        """1/Å, of each pixel of a real FFT; float64 (box, box//2 + 1)."""
        ky = np.fft.fftfreq(box, self.pixel_size)
        kx = np.fft.rfftfreq(box, self.pixel_size)
        return np.hypot(ky[:, None], kx)

    def envelope(self, frequency: DoubleArray) -> DoubleArray:
        """Damping at frequencies in 1/Å."""
        damping = np.exp(-self.b_factor * frequency**2 / 4)
        if self.solvent:
            damping *= 1 - self.solvent * np.exp(-_SOLVENT_B * frequency**2 / 4)
        return damping

    def transfer(self, frequency: DoubleArray, defocus: DoubleArray) -> DoubleArray:
        """CTF at frequencies (1/Å) for defoci (Å, underfocus positive); defoci lead the shape.

        Positive at the origin, so that particles are white, as RELION takes them.
        """
        shape = (len(defocus), *frequency.shape)
        if not self.ctf:
            return np.ones(shape)
        volts = 1e3 * self.voltage
        wavelength = 12.2643247 / np.sqrt(volts * (1 + 0.978466e-6 * volts))
        k2 = frequency**2
        df = defocus.reshape(-1, *([1] * frequency.ndim))
        phase = np.pi * wavelength * df * k2
        phase = phase - np.pi / 2 * (1e7 * self.spherical_aberration) * wavelength**3 * k2**2
        return np.sin(phase + np.arcsin(self.amplitude_contrast))


def filtered(images: FloatArray | DoubleArray, transfer: DoubleArray) -> DoubleArray:
    """Images (n, L, L) times a transfer (L, L//2 + 1) or (n, L, L//2 + 1) in Fourier space."""
    box = images.shape[-1]
    return np.fft.irfft2(np.fft.rfft2(images) * transfer, s=(box, box))


def radial_power(images: DoubleArray) -> DoubleArray:
    """Mean power per Fourier pixel at radius 0 … L//2, over all images; float64 (L//2 + 1,).

    White noise of variance σ² has power σ² at every radius.
    """
    box = images.shape[-1]
    power = np.mean(np.abs(np.fft.fft2(images, norm="ortho")) ** 2, axis=0)
    ring = _rings(box)
    inside = ring <= box // 2
    return np.bincount(ring[inside], power[inside]) / np.bincount(ring[inside])


def wiener_average(
    signal: DoubleArray,
    n_particles: int,
    ctf_squared: DoubleArray,
    signal_power: DoubleArray,
    rng: np.random.Generator,
) -> DoubleArray:
    """The average that a classification would make of n particles.

    Parameters
    ----------
    signal : float64 (L, L)
        Mean of the noise-free particles, in units of the standard deviation of their noise.
    n_particles : int
        At least 1.
    ctf_squared, signal_power : float64 (L//2 + 1,)
        Mean squared CTF and expected signal power τ² at each radius.
    rng : numpy.random.Generator

    Returns
    -------
    float64 (L, L)
    """
    box = signal.shape[-1]
    ring = np.minimum(_rings(box), box // 2)
    weight = n_particles * ctf_squared
    gain = 1 / (weight + 1 / np.maximum(signal_power, 1e-12))
    # Corners beyond Nyquist carry nothing in a reference.
    inside = _rings(box) <= box // 2
    noise = np.fft.fft2(rng.standard_normal((box, box))) * np.sqrt(weight)[ring]
    spectrum = (np.fft.fft2(signal) * weight[ring] + noise) * gain[ring] * inside
    return np.fft.ifft2(spectrum).real


def iterated_filter(
    weight: DoubleArray,
    signal_power: DoubleArray,
    first_power: DoubleArray,
    bias: DoubleArray,
    n_iterations: int,
) -> tuple[DoubleArray, DoubleArray]:
    """The filter that a class comes to when its own average gives the prior of the next.

    At each radius, the prior τ² of an iteration is twice the power of the average before, which
    is g² (P + (1 + b) / w) for g = w τ² / (w τ² + 1): what has w P < 1 dies out in time, unless
    the noise is aligned to the average, as that of small classes is (bias b).

    Parameters
    ----------
    weight : float64 (L//2 + 1,)
        n c² / σ².
    signal_power, first_power : float64 (L//2 + 1,)
        Of the class itself; and the prior of the first iteration.
    bias : float64 (L//2 + 1,)
        By how much noise that is aligned to the average has more power.
    n_iterations : int

    Returns
    -------
    float64 (L//2 + 1,), float64 (L//2 + 1,)
        By what the mean of the particles is multiplied; and w τ², RELION's ``SsnrMap``.
    """
    prior = first_power
    data_power = signal_power + (1 + bias) / np.maximum(weight, 1e-12)
    for _ in range(n_iterations):
        gain = weight * prior / (weight * prior + 1)
        # RELION's default in two dimensions, tau2_fudge = 2.
        prior = 2 * gain**2 * data_power
    ssnr = weight * prior
    return ssnr / (ssnr + 1), ssnr


def iterated_average(
    signal: DoubleArray,
    weight: DoubleArray,
    gain: DoubleArray,
    bias: DoubleArray,
    rng: np.random.Generator,
) -> DoubleArray:
    """The average of a class by its own filter.

    Parameters
    ----------
    signal : float64 (L, L)
    weight, gain, bias : float64 (L//2 + 1,)
        As in `iterated_filter`.
    rng : numpy.random.Generator

    Returns
    -------
    float64 (L, L)
    """
    box = signal.shape[-1]
    ring = np.minimum(_rings(box), box // 2)
    inside = _rings(box) <= box // 2
    noise = np.fft.fft2(rng.standard_normal((box, box)))
    noise *= np.sqrt((1 + bias) / np.maximum(weight, 1e-12))[ring]
    # Particles are normalized: their background has mean 0.
    noise[0, 0] = 0
    return np.fft.ifft2((np.fft.fft2(signal) + noise) * gain[ring] * inside).real


def low_pass(frequency: DoubleArray, resolution: float | None) -> DoubleArray:
    """1 up to 1/resolution (Å), falling to 0 over a tenth of it; 1 everywhere for None."""
    if resolution is None:
        return np.ones_like(frequency)
    beyond = (frequency * resolution - 1) / 0.1
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0, 1))


def phase_flipped_average(
    signal: DoubleArray,
    n_particles: int,
    ctf_size: DoubleArray,
    noise: DoubleArray,
    rng: np.random.Generator,
) -> DoubleArray:
    """The plain mean of n phase-flipped particles: noise falls with √n, the signal with |CTF|.

    Parameters
    ----------
    signal : float64 (L, L)
        Mean of the noise-free particles.
    n_particles : int
        At least 1.
    ctf_size, noise : float64 (L//2 + 1,)
        Mean |CTF| over the defoci, and power of the noise of one particle, at each radius.
    rng : numpy.random.Generator

    Returns
    -------
    float64 (L, L)
    """
    ring = np.minimum(_rings(signal.shape[-1]), len(noise) - 1)
    grain = np.fft.fft2(rng.standard_normal(signal.shape)) * np.sqrt(noise / n_particles)[ring]
    return np.fft.ifft2(np.fft.fft2(signal) * ctf_size[ring] + grain).real


def noise_power(
    frequency: DoubleArray, all_frequencies: DoubleArray, length: float, floor: float
) -> DoubleArray:
    """Power spectrum of the noise of particles, of variance 1 per pixel.

    A part ``floor`` is white; the rest falls off as exp(−r / length), whose transform in two
    dimensions is (1 + (2π k length)²)^(−3/2).

    Parameters
    ----------
    frequency : float64
        1/Å, where it is wanted.
    all_frequencies : float64 (L, L//2 + 1)
        1/Å, of every pixel of a real FFT, over which the mean is to be 1.
    length : float
        Å; 0 for white noise.
    floor : float
        0 to 1.
    """
    if length == 0:
        return np.ones_like(frequency)
    box = len(all_frequencies)
    twice = np.full(all_frequencies.shape[1], 2.0)
    twice[0] = 1.0
    if box % 2 == 0:
        twice[-1] = 1.0

    def falling(k: DoubleArray) -> DoubleArray:
        return (1 + (2 * np.pi * length * k) ** 2) ** -1.5

    mean = (falling(all_frequencies) @ twice).sum() / box**2
    return floor + (1 - floor) * falling(frequency) / mean


def spectral_snr(
    n_particles: int, ctf_squared: DoubleArray, signal_power: DoubleArray
) -> DoubleArray:
    """Signal-to-noise ratio of an average at each radius; float64 (L//2 + 1,)."""
    return n_particles * ctf_squared * signal_power


def resolution(snr: DoubleArray, box: int, pixel_size: float) -> float:
    """Å, of the last radius before the signal-to-noise ratio falls below 1; inf if at once."""
    below = np.flatnonzero(snr[1:] < 1)
    last = below[0] if len(below) else len(snr) - 1
    return box * pixel_size / float(last) if last > 0 else float("inf")


def soft_disc(box: int, diameter: float, edge: float = 5.0) -> DoubleArray:
    """1 inside a diameter (pixels), falling as a raised cosine to 0 over an edge; (box, box)."""
    axis = np.arange(box) - box // 2
    beyond = (np.hypot(axis[:, None], axis) - diameter / 2) / edge
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0, 1))


def _rings(box: int) -> np.ndarray:
    k = np.fft.fftfreq(box, 1 / box)
    return np.rint(np.hypot(k[:, None], k)).astype(np.int64)
