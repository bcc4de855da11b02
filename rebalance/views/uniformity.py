"""How evenly a set of viewing directions fills Fourier space (uniformity U).

Every projection fills a central slice of the transform of the map, which meets the sphere of
Fourier directions in the great circle perpendicular to its view. Crowded
views leave other directions thinly sampled.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, FloatArray

KERNEL_WIDTH = 5.0
"""Standard deviation, in degrees, of the Gaussian about each view's great circle."""

_ROWS_AT_ONCE = 4_096


def fourier_directions(n: int = 1_000) -> DoubleArray:
    """Unit vectors spread evenly over half a sphere, by a Fibonacci spiral.

    A direction and its opposite hold the same information (Friedel), so half a sphere is enough.

    Parameters
    ----------
    n : int

    Returns
    -------
    float64 (n, 3)
    """
    z = (np.arange(n) + 0.5) / n
    angle = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(n)
    radius = np.sqrt(1.0 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


@cache
def isotropic_density(kernel_width: float = KERNEL_WIDTH) -> float:
    """The density that one view lays on a direction, on average over all views.

    ∫₀^{π/2} exp(−δ² / 2σ²) cos δ dδ: the sine of the angle δ between a fixed direction and the
    great circle of a uniformly distributed view is itself uniform on [0, 1].

    Parameters
    ----------
    kernel_width : float
        σ, degrees.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    sigma = np.deg2rad(kernel_width)
    # Beyond 10 σ there is nothing.
    half = min(np.pi / 2, 10 * sigma) / 2
    angle = half * (nodes + 1.0)
    return float(half * np.sum(weights * np.exp(-0.5 * (angle / sigma) ** 2) * np.cos(angle)))


def slice_kernel(
    views: npt.ArrayLike,
    directions: DoubleArray | None = None,
    kernel_width: float = KERNEL_WIDTH,
) -> FloatArray:
    """What each view lays on each Fourier direction: exp(−δ² / 2σ²), sin δ = |view · direction|.

    To score many selections of the same particles, compute this once and give the mean of the
    rows selected to `uniformity_of_density`.

    Parameters
    ----------
    views : (P, 3)
        Directions of projection, of any length but 0. A view and its opposite are the same.
    directions : float64 (D, 3), optional
        Unit vectors; by default `fourier_directions()`.
    kernel_width : float
        σ, degrees.

    Returns
    -------
    float32 (P, D)

    Raises
    ------
    ValueError
        If views are not (P, 3), finite and unlike 0.
    """
    unit = _unit(views)
    directions = fourier_directions() if directions is None else directions
    kernel = np.empty((len(unit), len(directions)), dtype=np.float32)
    for start in range(0, len(unit), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        kernel[rows] = _kernel(unit[rows], directions, kernel_width)
    return kernel


def uniformity_of_density(
    density: npt.NDArray[np.floating], kernel_width: float = KERNEL_WIDTH
) -> float:
    """`uniformity` from the mean over views of a `slice_kernel`.

    Parameters
    ----------
    density : (D,)
    kernel_width : float
        The one that the kernel was made with, degrees.
    """
    density = np.asarray(density, dtype=np.float64)
    if len(density) == 0 or not density.min() > 0:
        return 0.0
    return float(1.0 / np.mean(isotropic_density(kernel_width) / density))


def uniformity(
    views: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    n_directions: int = 1_000,
    kernel_width: float = KERNEL_WIDTH,
) -> float:
    """Uniformity U of a set of views: 1 if Fourier space is filled evenly, towards 0 with gaps.

    U = 1 / mean_k(ρ_iso / ρ_k) over Fourier directions k, where ρ_k is the mean over views of a
    Gaussian of the angle between k and the view's great circle, and ρ_iso what uniform views
    would give. The noise of a direction grows as 1 / ρ_k, so 1 / U is the loss of spectral
    signal-to-noise ratio, as in the sampling compensation factor [1]_.

    Parameters
    ----------
    views : (P, 3)
        Directions of projection, of any length but 0. A view and its opposite are the same.
    weights : (P,), optional
        E.g. particles of each view; ≥ 0.
    n_directions : int
    kernel_width : float
        Degrees.

    Returns
    -------
    float
        0 for no views. Finite samples of uniform views give slightly less than 1.

    Raises
    ------
    ValueError
        If views are not (P, 3), finite and unlike 0.

    References
    ----------
    .. [1] P. R. Baldwin and D. Lyumkis, "Non-uniformity of projection distributions attenuates
       resolution in cryo-EM", Prog. Biophys. Mol. Biol. 150 (2020) 160,
       doi:10.1016/j.pbiomolbio.2019.09.002.
    """
    unit = _unit(views)
    weight = np.ones(len(unit)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.sum() == 0:
        return 0.0
    directions = fourier_directions(n_directions)
    density = np.zeros(n_directions)
    for start in range(0, len(unit), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        density += weight[rows] @ _kernel(unit[rows], directions, kernel_width)
    return uniformity_of_density(density / weight.sum(), kernel_width)


def _unit(views: npt.ArrayLike) -> DoubleArray:
    views = np.asarray(views, dtype=np.float64)
    if views.ndim != 2 or views.shape[1] != 3:
        raise ValueError(f"views must be (P, 3), not {views.shape}")
    length = np.linalg.norm(views, axis=1, keepdims=True)
    if not (np.isfinite(length) & (length > 0)).all():
        raise ValueError("views must be finite and unlike 0")
    return views / length


def _kernel(unit: DoubleArray, directions: DoubleArray, kernel_width: float) -> DoubleArray:
    off_circle = np.arcsin(np.clip(np.abs(unit @ directions.T), 0.0, 1.0))
    return np.exp(-0.5 * (off_circle / np.deg2rad(kernel_width)) ** 2)
