"""The one place that decides how CUDA kernels are compiled; imported only when a GPU is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import config, cuda

from rebalance.kernels.compiled_code import use_sources_locator

if not config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
    # The simulator compiles nothing.
    from numba.cuda.dispatcher import CUDACacheImpl

    use_sources_locator(CUDACacheImpl)

# A handful of averages leaves most of a GPU idle: nothing that a person should be warned of.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # type: ignore[attr-defined]

kernel: Callable[..., Any] = cuda.jit(cache=True)
"""Compiled at first launch, cached on disk. Sums keep their written order but for fused
multiply–add, as on the CPU."""

device: Callable[..., Any] = cuda.jit(device=True)
"""A function that kernels call."""
