"""Compile every kernel for a compute capability, without a GPU, and print what came out as JSON.

    python -m tests.cuda.compile_ptx 9.0

To be run in a process of its own: it tells numba-cuda which GPU it is to imagine.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from cuda.bindings import nvjitlink
from numba import cuda, types
from numba.cuda import dispatcher

import rebalance.kernels
from tests.cuda.signatures import SIGNATURES


def numba_type(word: str) -> Any:
    """``float32``, or ``float32[2]`` for a contiguous array of two dimensions."""
    name, _, ndim = word.rstrip("]").partition("[")
    dtype = getattr(types, "boolean" if name == "bool" else name)
    return types.Array(dtype, int(ndim), "C") if ndim else dtype


def kernels() -> Iterator[tuple[str, Any]]:
    """Every kernel of the package."""
    for module in pkgutil.iter_modules(rebalance.kernels.__path__):
        if module.name.endswith("_cuda"):
            found = vars(importlib.import_module(f"rebalance.kernels.{module.name}"))
            for name, value in found.items():
                is_kernel = isinstance(value, dispatcher.CUDADispatcher) and not (
                    value.targetoptions.get("device")
                )
                if is_kernel and value.py_func.__module__.endswith(module.name):
                    yield f"{module.name}.{name}", value


def assemble(ptx: str, arch: str) -> str:
    """What the assembler says of registers, spills and shared memory."""
    options = [f"-arch=sm_{arch}", "-verbose"]
    linker = nvjitlink.create(len(options), options)
    code = ptx.encode()
    nvjitlink.add_data(linker, nvjitlink.InputType.PTX, code, len(code), "kernel")
    nvjitlink.complete(linker)
    log = bytearray(nvjitlink.get_info_log_size(linker))
    nvjitlink.get_info_log(linker, log)
    nvjitlink.destroy(linker)
    return log.decode(errors="replace").strip("\0\n ")


def main(capability: str) -> None:
    major, minor = (int(part) for part in capability.split("."))
    GPU = SimpleNamespace(compute_capability=(major, minor))
    dispatcher.get_current_device = lambda: GPU
    made = {}
    for name, kernel in kernels():
        ptx, _ = cuda.compile(
            kernel.py_func,
            tuple(numba_type(word) for word in SIGNATURES[name].split()),
            device=False,
            abi="numba",
            cc=(major, minor),
        )
        made[name] = {"ptx": ptx, "assembler": assemble(ptx, f"{major}{minor}")}
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
