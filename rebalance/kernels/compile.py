"""The one place that decides how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import CompileResultCacheImpl

from rebalance.kernels.compiled_code import use_sources_locator

use_sources_locator(CompileResultCacheImpl)

jit: Callable[..., Any] = numba.njit(
    nogil=True, cache=True, fastmath={"contract"}, error_model="numpy"
)
"""Compiled on first use, cached on disk, run without the interpreter's lock.

Of the fast-math flags only ``contract`` (fused multiply–add) is allowed: sums keep their written
order, so that the bytes of a result depend on neither tiling nor threads.
"""

inlined: Callable[..., Any] = numba.njit(
    nogil=True, cache=True, fastmath={"contract"}, error_model="numpy", forceinline=True
)
"""For small functions that several kernels call.

Where they were calls, a process would run whichever kernel's copy of them it loaded first, with
other multiply–adds fused: a fresh compilation and a cached one would differ in their last bits.
"""
