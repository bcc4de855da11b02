"""Features on the GPU: each array is brought there once, and leaves with the array of the host."""

from __future__ import annotations

import threading
import weakref

import numpy as np
from numba import cuda

from rebalance.kernels.refine_cuda import lay_out

STAGED_BYTES = 2**27
"""Bytes of samples that are on the GPU twice while they are laid out."""

_THREADS = 256
_on_gpu: dict[int, object] = {}

GPU = threading.RLock()
"""Held while launches of a tile are under way: one tile at a time is on the GPU."""


def on_gpu(array):
    """The array on the GPU, the same one as long as the array of the host lives unchanged.

    Parameters
    ----------
    array : ndarray
        Not written to afterwards.

    Returns
    -------
    DeviceNDArray
    """
    return _once(array, lambda: cuda.to_device(np.ascontiguousarray(array)))


def samples_on_gpu(*levels):
    """Polar samples as `refine_cuda` reads them.

    Parameters
    ----------
    levels : pairs of float32 (N, 3, K, H)
        Real and imaginary parts of samples and their first two derivatives along the angle; not
        written to afterwards.

    Returns
    -------
    DeviceNDArray, float32
        One level after the other, each by `refine_cuda.lay_out`.
    """
    return _once(levels[-1][0], lambda: _lay_out_all(levels))


def _lay_out_all(levels):
    polar = cuda.device_array(2 * sum(real.size for real, _ in levels), dtype=np.float32)
    origin = 0
    for real, imaginary in levels:
        chunk = max(1, STAGED_BYTES // (2 * real[0].nbytes))
        for first in range(0, len(real), chunk):
            part = slice(first, first + chunk)
            staged = [cuda.to_device(np.ascontiguousarray(of[part])) for of in (real, imaginary)]
            place = origin + first * 2 * real[0].size
            lay_out[len(real[part]), _THREADS](*staged, place, polar)
        origin += 2 * real.size
    return polar


def _once(array, bring):
    with GPU:
        if id(array) not in _on_gpu:
            _on_gpu[id(array)] = bring()
            weakref.finalize(array, _on_gpu.pop, id(array), None)
        return _on_gpu[id(array)]
