"""Evens out how much power each ring of an average has, so that coarse rings don't decide alone."""

from __future__ import annotations

import numpy as np

from rebalance.imaging.polar import ComplexArray
from rebalance.model import DoubleArray

FAINTEST = 1e-6
"""Power density, as a part of that of an average's strongest ring, below which a ring is not
raised further: rings beyond the resolution that a program cut off hold rounding errors."""


def whiten_rings(samples: ComplexArray, rings: DoubleArray, exponent: float, radius: float) -> None:
    r"""Divide rings by a power of an average's own amplitude there, in place; norms are 1 again.

    With the power density p(k) of an image about k, the samples of a ring are multiplied by
    p(k)^(−exponent / 2): 0 leaves them, 1 gives all rings about the same density. p is the mean of
    |Â|² over a Gaussian of standard deviation 1 / 2R along k: with the power of each ring by
    itself, what comes out would depend on where the rings are.

    Parameters
    ----------
    samples : complex64 (N, K, H)
        Of `rebalance.imaging.polar.polar_fourier`, which carry the root of their area.
    rings : float64 (K,)
        Evenly spaced, cycles per pixel.
    exponent : float
        0 to 1.
    radius : float
        R of the mask, pixels.
    """
    if exponent == 0:
        return
    power = np.sum(samples.real.astype(np.float64) ** 2 + samples.imag.astype(np.float64) ** 2, 2)
    near = np.exp(-0.5 * (2.0 * radius * (rings[:, None] - rings)) ** 2)
    # A sample stands for an area in proportion to its ring: the power is weighed already.
    density = (power @ near) / (rings @ near)
    strongest = density.max(axis=1, keepdims=True)
    # An image without power in the band stays as it is.
    density = np.where(strongest > 0, density / np.where(strongest > 0, strongest, 1.0), 1.0)
    weight = np.maximum(density, FAINTEST) ** (-exponent / 2)
    norm = np.sqrt(2.0 * np.sum(power * weight**2, axis=1, keepdims=True))
    weight /= np.where(norm > 0, norm, 1.0)
    samples *= weight[:, :, None].astype(np.float32)
