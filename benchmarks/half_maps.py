"""Time and memory of the directional signal of two half maps, beside the transforms it needs.

    python -m benchmarks.half_maps
    python -m benchmarks.half_maps --box 512 --json half_maps.json

Maps of random numbers are written to a temporary folder; each box is done in a process of its own,
whose peak memory is that which the operating system states, and so is the floor: both maps read
and transformed whole, and every voxel looked at once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import mrcfile
import numpy as np
import typer

from benchmarks.results_table import Row, keep, row, show

LIMITS = {256: (30.0, None), 512: (None, 4000.0)}
"""Seconds and MB of the targets."""

_COMPILE = """
import resource, sys, time
import numpy as np
from rebalance.engine.threads import default_threads
from rebalance.half_maps.signal import half_map_signal, half_map_signal_of_files
rng = np.random.default_rng(0)
half_map_signal(*rng.normal(size=(2, 16, 16, 16)).astype("f4"), voxel_size=1.0)
"""

_SIGNAL = (
    _COMPILE
    + """
began = time.perf_counter()
half_map_signal_of_files(*sys.argv[1:])
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
)

_FLOOR = (
    _COMPILE
    + """
import mrcfile
from scipy import fft
began = time.perf_counter()
spectra = []
for path in sys.argv[1:]:
    with mrcfile.open(path) as opened:
        spectra.append(fft.rfftn(opened.data, workers=default_threads()).ravel())
one, two = spectra
np.vdot(one, two), np.vdot(one, one), np.vdot(two, two)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
)


def measure(box: int, folder: Path, repeats: int = 3) -> list[Row]:
    """Rows of time and memory of one size, the best of a few runs."""
    paths = _write(box, folder)
    done = [(_run(_FLOOR, paths), _run(_SIGNAL, paths)) for _ in range(repeats)]
    floor, seconds = (min(one[kind][0] for one in done) for kind in (0, 1))
    floor_memory, memory = (max(one[kind][1] for one in done) for kind in (0, 1))
    most_seconds, most_memory = LIMITS.get(box, (None, None))
    return [
        row(
            f"directional signal of two half maps of {box}³, from their files",
            f"{seconds:.2f} s",
            ceiling=f"{floor:.2f} s (both transformed, each voxel looked at once)",
            ratio=seconds / floor,
            target="" if most_seconds is None else f"< {most_seconds:g} s",
            met=None if most_seconds is None else seconds < most_seconds,
        ),
        row(
            f"peak memory of that, {box}³",
            f"{memory:.0f} MB",
            ceiling=f"{floor_memory:.0f} MB",
            ratio=memory / floor_memory,
            target="" if most_memory is None else f"< {most_memory:g} MB",
            met=None if most_memory is None else memory < most_memory,
        ),
    ]


def _write(box: int, folder: Path) -> list[str]:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((box, box, box), dtype=np.float32)
    paths = [str(folder / f"half{half}.mrc") for half in (1, 2)]
    for path in paths:
        with mrcfile.new(path, overwrite=True) as out:
            out.set_data(signal + rng.standard_normal(signal.shape, dtype=np.float32))
            out.set_volume()
            out.voxel_size = 1.0
    return paths


def _run(code: str, paths: list[str]) -> tuple[float, float]:
    command = [sys.executable, "-c", code, *paths]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1])


def main(
    box: Annotated[list[int] | None, typer.Option(help="Voxels; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print rows for each box."""
    found = []
    for side in box or [128, 256]:
        with tempfile.TemporaryDirectory() as folder:
            found += measure(side, Path(folder))
    show(found)
    keep(found, json_file)


if __name__ == "__main__":
    typer.run(main)
