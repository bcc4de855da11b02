"""Position of the map's center in each image, found with the slice in its best pose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.kernels.poses_cpu import sample_slices
from rebalance.model import DoubleArray, FloatArray
from rebalance.views.expectation import PoseSearch
from rebalance.views.fourier_map import BOX

ComplexArray = npt.NDArray[np.complex64]

LARGEST, STEP = 0.2, 0.02
"""In radii of the mask: how far the centre is looked for, and in which steps."""


def find_shifts(search: PoseSearch, volume: FloatArray, rotation: DoubleArray) -> DoubleArray:
    """The shift by which each image fits the slice in its pose best, on a grid.

    Parameters
    ----------
    search : PoseSearch
        Of the images.
    volume : float32 (side, side, side)
        On the grid of the search.
    rotation : float64 (N, 3, 3)
        Pose of each image.

    Returns
    -------
    float64 (N, 2)
        (x, y) of the centre from the origin of the samples, in radii of the mask.
    """
    slices = np.empty((len(rotation), search.n_rings, search.n_half), dtype=np.complex64)
    angle = np.arange(search.n_half) * (np.pi / search.n_half)
    spectrum = search.grid.spectrum(volume)
    step = search.grid.STEP
    sample_slices(spectrum, rotation, np.cos(angle), np.sin(angle), step, slices)
    ring = np.sqrt(np.arange(1, search.n_rings + 1)).astype(np.float32)
    common = search.samples * np.conj(slices * ring[:, None])
    steps = np.arange(-LARGEST, LARGEST + STEP / 2, STEP)
    tried = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    length = np.hypot(*tried.T)
    # The shortest first: of equal ones it is taken.
    order = np.argsort(length, kind="stable")
    tried = tried[order[length[order] <= LARGEST * (1 + 1e-9)]]
    phases = _phases(tried, search.n_rings, search.n_half).reshape(len(tried), -1)
    value = (common.reshape(len(common), -1) @ phases.T).real
    return tried[value.argmax(axis=1)]


def moved(samples: ComplexArray, shift: DoubleArray) -> ComplexArray:
    """Samples about another origin: (x, y) of it from the old one, in radii of the mask."""
    return samples * _phases(shift, samples.shape[1], samples.shape[2])


def _phases(shift: DoubleArray, n_rings: int, n_half: int) -> ComplexArray:
    """e^{2πi k·shift}, complex64 (n, J, H)."""
    ring = np.arange(1, n_rings + 1) / (2 * BOX)
    angle = np.arange(n_half) * (np.pi / n_half)
    along = shift[:, :1] * np.cos(angle) + shift[:, 1:] * np.sin(angle)
    return np.exp(2j * np.pi * ring[None, :, None] * along[:, None]).astype(np.complex64)
