"""Check of a metric's CUDA version, on a GPU or in CUDA's simulator."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np

import rebalance
from rebalance.errors import OptionError
from rebalance.testing.example_images import averages_of, some_images
from rebalance.testing.metric_subject import MetricSubject
from rebalance.testing.outcome import NotApplicable, broken

AGREEMENT = 1e-4
"""Largest difference between affinities of GPU and CPU."""

SIMULATED_BOX = 12
SECONDS = 300


def cuda_agrees(subject: MetricSubject) -> None:
    """The CUDA version gives the affinities of the CPU version within 1e-4."""
    if "cuda" not in subject.plugin.devices:
        raise NotApplicable("It has no CUDA version.")
    from rebalance.engine.device import cuda_problem

    if cuda_problem() is None and os.environ.get("NUMBA_ENABLE_CUDASIM") != "1":
        images = some_images()
        on_gpu = values_on("cuda", subject.plugin, subject.options, images)
    else:
        # The simulator has time for one pair of small images.
        images = some_images(SIMULATED_BOX)[:2]
        try:
            values_on("cpu", subject.plugin, subject.options, images)
        except OptionError as error:
            raise NotApplicable(
                f"There is no GPU, and the images for the simulator are too small: {error.problem}"
            ) from None
        on_gpu = _simulated(subject, images)
    on_cpu = values_on("cpu", subject.plugin, subject.options, images)
    off = np.abs(on_gpu - on_cpu)
    if not off.max() <= AGREEMENT:
        i, j = np.unravel_index(int(np.argmax(off)), off.shape)
        broken(
            f"pair ({i}, {j}): {on_gpu[i, j]:.6g} by CUDA, {on_cpu[i, j]:.6g} by the CPU; "
            f"expected the same within {AGREEMENT:g}."
        )


def values_on(device: str, metric: Any, options: Any, images: np.ndarray) -> np.ndarray:
    """The affinity of images on a device, float32 (N, N)."""
    found = rebalance.affinity(
        averages_of(images), metric, options=options, device=device, threads=1
    )
    return found.values


def _simulated(subject: MetricSubject, images: np.ndarray) -> np.ndarray:
    """The same in a separate process, since the simulator must be chosen before importing numba."""
    try:
        work = pickle.dumps((subject.plugin, subject.options, images))
    except Exception as error:
        raise NotApplicable(
            f"There is no GPU, and for the simulator it must be picklable: {error}"
        ) from None
    environment = {
        **os.environ,
        "NUMBA_ENABLE_CUDASIM": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rebalance.testing.metric_devices"],
            input=work,
            capture_output=True,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotApplicable(
            f"There is no GPU, and the simulator took more than {SECONDS} s."
        ) from None
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        broken(f"In CUDA's simulator it ended with {' '.join(last)}")
    return np.frombuffer(done.stdout[-4 * len(images) ** 2 :], dtype=np.float32).reshape(
        len(images), len(images)
    )


def _answer() -> None:
    """In the process of the simulator: read the work, write the values."""
    plugin, options, images = pickle.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(values_on("cuda", plugin, options, images).tobytes())


if __name__ == "__main__":
    _answer()
