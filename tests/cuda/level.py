"""What this process can check: kernels on a GPU, in CUDA's simulator, or neither.

The same tests run at both levels. `test_simulator` starts them in a process of its own, as the
simulator has to be chosen before numba is imported; on a machine with a GPU they run as they are.
"""

from __future__ import annotations

import os

import pytest

from rebalance.engine.device import cuda_problem

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
_PROBLEM = cuda_problem()

needs_cuda = pytest.mark.skipif(_PROBLEM is not None, reason=f"no GPU: {_PROBLEM}")
"""For tests small enough for the simulator."""

needs_gpu = pytest.mark.skipif(
    SIMULATED or _PROBLEM is not None,
    reason="too much for the simulator" if SIMULATED else f"no GPU: {_PROBLEM}",
)
