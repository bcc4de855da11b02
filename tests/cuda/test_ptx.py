"""The CUDA kernels compile for the GPUs in use, without a GPU, to code that runs at full rate."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cuda.signatures import SIGNATURES

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None,
    reason="the compiler for CUDA is not installed (rebalance-em[cuda])",
)
SHARED_OF_A_BLOCK = 48 * 1024
REGISTERS_OF_A_PROCESSOR = 65_536
BLOCKS = {
    "coarse_cuda.search": (256, 2),
    "correlation_cuda.climb_pairs": (32, 12),
    "small_disc_cuda.correlate": (128, 6),
    "small_disc_cuda.find_tops": (32, 12),
}
"""Where the time goes: threads of a block, and blocks that a multiprocessor should hold at least,
so that one computes while another waits."""


@pytest.fixture(scope="module", params=["8.0", "9.0"])
def compiled(request: pytest.FixtureRequest) -> tuple[str, dict[str, dict[str, Any]]]:
    """PTX and what the assembler says of it, by kernel."""
    environment = {name: value for name, value in os.environ.items() if "CUDASIM" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "tests.cuda.compile_ptx", request.param],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return request.param, json.loads(done.stdout)


def test_every_kernel_compiles(compiled: tuple[str, dict[str, dict[str, Any]]]) -> None:
    capability, kernels = compiled
    assert set(kernels) == set(SIGNATURES)
    for name, made in kernels.items():
        assert f".target sm_{capability.replace('.', '')}" in made["ptx"], name
        assert ".entry" in made["ptx"], name


def test_arithmetic_is_single_precision_in_registers(
    compiled: tuple[str, dict[str, dict[str, Any]]],
) -> None:
    for name, made in compiled[1].items():
        assert not re.findall(r"\.f64", made["ptx"]), f"{name}: double precision"
        assert not re.findall(r"\.local", made["ptx"]), f"{name}: arrays outside registers"
        assert not re.findall(r"\bcall", made["ptx"]), f"{name}: a function that is not inlined"
        spills = re.search(r"(\d+) bytes spill stores", made["assembler"])
        assert spills is not None
        assert spills.group(1) == "0", f"{name}: registers spilled"


def test_blocks_fit_so_that_a_processor_is_kept_busy(
    compiled: tuple[str, dict[str, dict[str, Any]]],
) -> None:
    for name, made in compiled[1].items():
        used = re.search(r"used (\d+) registers.*?(\d+) bytes smem", made["assembler"])
        assert used is not None, name
        registers, shared = int(used.group(1)), int(used.group(2))
        assert shared <= SHARED_OF_A_BLOCK, name
        if name in BLOCKS:
            threads, wanted = BLOCKS[name]
            # Registers are handed out by eights.
            held = REGISTERS_OF_A_PROCESSOR // (-(-registers // 8) * 8 * threads)
            assert held >= wanted, f"{name}: {registers} registers a thread"


def test_few_averages_are_no_reason_for_a_warning() -> None:
    # A launch of one block, short of the call: numba warns when it is configured.
    script = (
        "import warnings\n"
        "from rebalance.kernels.probe_cuda import fill\n"
        "warnings.simplefilter('error')\n"
        "fill[1, 32]\n"
    )
    environment = {name: value for name, value in os.environ.items() if "CUDASIM" not in name}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
