"""The one place that decides how CUDA kernels are compiled; imported only when a card is used."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from numba import cuda
from numba.core.errors import NumbaPerformanceWarning

# A handful of averages leaves most of a card idle, which is nothing that a person could mend.
warnings.filterwarnings("ignore", message="Grid size", category=NumbaPerformanceWarning)

kernel: Callable[..., Any] = cuda.jit(cache=True)
"""Compiled at first launch, cached on disk. Sums keep their written order but for fused
multiply–add, as on the CPU."""

device: Callable[..., Any] = cuda.jit(device=True)
"""A function that kernels call."""
