"""The smallest launch: shows whether driver, GPU and compiler work together."""

from __future__ import annotations

import numpy as np
from numba import cuda

from rebalance.kernels.compile_cuda import kernel


@kernel
def fill(value, out):
    """Write ``value`` to every place of ``out``, int32 (n,); a thread a place."""
    out[cuda.threadIdx.x] = value


def run_probe() -> None:
    """Launch a kernel and bring its result back.

    Raises
    ------
    Exception
        Whatever numba.cuda raises, if a kernel can't be compiled, loaded or run.
    """
    out = cuda.device_array(32, dtype=np.int32)
    fill[1, 32](np.int32(7), out)
    if not np.all(out.copy_to_host() == 7):
        raise RuntimeError("a kernel gave a wrong result")
