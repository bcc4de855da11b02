"""Evens out how much power each ring of an average has, so that coarse rings don't decide alone."""

from __future__ import annotations

import numpy as np

from rebalance.imaging.polar import ComplexArray
from rebalance.model import DoubleArray

FAINTEST = 1e-6
"""Power density, as a part of that of an average's strongest ring, below which a ring is not
raised further: rings beyond the resolution that a program cut off hold rounding errors."""


def whiten_rings(samples: ComplexArray, rings: DoubleArray, exponent: float) -> None:
    r"""Divide each ring by a power of its own amplitude, in place; images get norm 1 again.

    With the power density p(k) of an image at ring k, the mean of |Â|² along the ring, the samples
    of that ring are multiplied by p(k)^(−exponent / 2): 0 leaves them, 1 gives all rings the same
    density.

    Parameters
    ----------
    samples : complex64 (N, K, H)
        Of `rebalance.imaging.polar.polar_fourier`, which carry the root of their area.
    rings : float64 (K,)
        Radius of each ring, in proportion.
    exponent : float
        0 to 1.
    """
    if exponent == 0:
        return
    power = np.sum(samples.real.astype(np.float64) ** 2 + samples.imag.astype(np.float64) ** 2, 2)
    density = power / rings
    strongest = density.max(axis=1, keepdims=True)
    # An image without power in the band stays as it is.
    density = np.where(strongest > 0, density / np.where(strongest > 0, strongest, 1.0), 1.0)
    weight = np.maximum(density, FAINTEST) ** (-exponent / 2)
    norm = np.sqrt(2.0 * np.sum(power * weight**2, axis=1, keepdims=True))
    weight /= np.where(norm > 0, norm, 1.0)
    samples *= weight[:, :, None].astype(np.float32)
