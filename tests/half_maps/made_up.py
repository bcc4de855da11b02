"""Half maps whose signal is known by direction: a phantom, and noise shaped in Fourier space."""

from __future__ import annotations

from functools import cache

import numpy as np

from rebalance.simulate import phantom, volume_of

VOXEL = 4.0


@cache
def molecule(box: int = 64) -> np.ndarray:
    """The phantom, float64 (box, box, box), axes z, y, x, of standard deviation 1."""
    density = volume_of(phantom(), VOXEL).density.astype(np.float64)
    out = np.zeros((box, box, box))
    before = (box - len(density)) // 2
    inside = slice(before, before + len(density))
    out[inside, inside, inside] = density
    return out / out.std()


def frequencies(box: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions (box, box, box, 3), in x, y, z, and shells of all Fourier voxels."""
    line = np.fft.fftfreq(box) * box
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    k = np.stack([x, y, z], axis=-1)
    length = np.linalg.norm(k, axis=-1)
    return k / np.maximum(length, 1e-9)[..., None], length


def shaped(volume: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """A map with its transform multiplied by a real, even gain."""
    return np.fft.ifftn(np.fft.fftn(volume) * gain).real


def with_noise(signal: np.ndarray, noise: np.ndarray | float, rng: np.random.Generator):
    """Two half maps, float32: the signal and white noise times a gain of its own transform."""
    maps = []
    for _ in range(2):
        white = rng.normal(size=signal.shape)
        maps.append((signal + shaped(white, np.broadcast_to(noise, white.shape))).astype("f4"))
    return maps
