"""The CUDA kernels run in CUDA's simulator, without a GPU, and pass the tests of a GPU."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
AT_LEAST = {
    "kernels/test_coarse_cuda.py": 4,
    "kernels/test_refine_cuda.py": 3,
    "kernels/test_correlation_cuda.py": 1,
    "cuda/test_agreement.py": 9,
}
"""Tests that must not be skipped in the simulator."""


@pytest.mark.skipif(
    os.environ.get("NUMBA_ENABLE_CUDASIM") == "1", reason="this process is the simulator"
)
@pytest.mark.parametrize("file", AT_LEAST)
def test_kernels_pass_in_the_simulator(file: str) -> None:
    # One process, as the simulator knows one launch at a time; no worker of pytest-xdist.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS / file)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        env={**clean, "NUMBA_ENABLE_CUDASIM": "1"},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= AT_LEAST[file]
