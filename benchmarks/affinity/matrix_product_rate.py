"""The ceiling of a machine: the rate of its complex64 matrix product, in the same run."""

from __future__ import annotations

import time

import numpy as np
from threadpoolctl import threadpool_limits


def cgemm_rate(rows: int, inner: int, columns: int, threads: int, *, seconds: float = 0.4) -> float:
    """Real operations per second of complex64 (rows × inner) · (inner × columns).

    Eight real operations for each complex multiplication and addition; the best of many repeats.
    """
    rng = np.random.default_rng(0)
    a, b = (
        (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)
        for shape in ((rows, inner), (inner, columns))
    )
    out = np.empty((rows, columns), dtype=np.complex64)
    operations = 8.0 * rows * inner * columns
    with threadpool_limits(threads, user_api="blas"):
        np.matmul(a, b, out=out)
        repeats = max(1, int(2e7 / operations))
        best = np.inf
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            began = time.perf_counter()
            for _ in range(repeats):
                np.matmul(a, b, out=out)
            best = min(best, (time.perf_counter() - began) / repeats)
    return operations / best
