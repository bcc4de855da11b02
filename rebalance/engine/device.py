"""Which device a metric runs on, found without loading CUDA where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rebalance.errors import DeviceError, OptionError

if TYPE_CHECKING:
    from rebalance.contracts import Metric

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(asked: str, metric: Metric, name: str) -> str:
    """``"cpu"`` or ``"cuda"``.

    Parameters
    ----------
    asked : {"auto", "cpu", "cuda"}
    metric : Metric
    name : str
        Of the metric, for the error.

    Raises
    ------
    OptionError
        If there is no such device, or the metric has no CUDA version.
    DeviceError
        If a GPU is asked for and none can be used; says why.
    """
    if asked not in DEVICES:
        raise OptionError(f"device = {asked!r}, expected one of {', '.join(DEVICES)}.")
    able = "cuda" in metric.devices
    if asked == "cpu" or (asked == "auto" and not able):
        return "cpu"
    if not able:
        raise OptionError(
            f"The metric {name!r} only runs on the CPU.", hint='Leave out `device="cuda"`.'
        )
    problem = cuda_problem()
    if problem is None:
        return "cuda"
    if asked == "auto":
        return "cpu"
    raise DeviceError(
        f'`device="cuda"`, but {problem}.',
        hint='Install the package numba-cuda[cu13] and an NVIDIA driver, or use `device="cpu"`.',
    )


def cuda_problem() -> str | None:
    """Why no GPU can be used, or None if one can."""
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
        return None
    if not any(os.path.exists(path) for path in ("/dev/nvidiactl", "/dev/dxg")) and os.name != "nt":
        return "no NVIDIA GPU was found on this machine"
    try:
        from numba import cuda

        if not cuda.is_available():
            return "the CUDA driver found no usable GPU"
        from rebalance.kernels.probe_cuda import run_probe

        run_probe()
    except Exception as error:
        return f"numba.cuda can't be used ({type(error).__name__}: {error})"
    return None
