"""`rebalance diagnose` and `rebalance orientations` on millions of poses: time and memory.

    python -m benchmarks.orientation_jobs [--rows 5000000] [--json FILE]

A star table as a refinement writes it, of poses under D7 that crowd a band of views, goes through
both commands, with all pictures and pages, each in a process of its own, whose peak of memory is
read from the operating system; so does a `.cs` table. Reading alone is timed beside.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.results_table import Row, keep, row, show
from rebalance.model import DoubleArray

LIMIT_S, LIMIT_MB = 20.0, 2_000.0
"""Of each command, at five million poses."""

_HEADER = """
# version 30001

data_optics

loop_
_rlnOpticsGroup #1
_rlnImagePixelSize #2
_rlnImageSize #3
_rlnImageDimensionality #4
           1     1.060000          256            2


# version 30001

data_particles

loop_
"""

_COLUMNS = (
    *("ImageName", "MicrographName", "OpticsGroup", "ClassNumber", "AngleRot", "AngleTilt"),
    *("AnglePsi", "OriginXAngst", "OriginYAngst", "RandomSubset", "MaxValueProbDistribution"),
)


def angles(n: int, rng: np.random.Generator) -> DoubleArray:
    """rot, tilt, psi: four in five near side views, the others anywhere."""
    tilt = np.rad2deg(np.arccos(rng.uniform(-1, 1, n)))
    near = rng.random(n) < 0.8
    tilt[near] = np.clip(rng.normal(90, 12, int(near.sum())), 0, 180)
    return np.stack([rng.uniform(-180, 180, n), tilt, rng.uniform(-180, 180, n)], axis=1)


def write_star(path: Path, rows: int) -> None:
    """A table of 11 columns, some 180 bytes a row."""
    rng = np.random.default_rng(1)
    template = (
        "%06d@Extract/job012/Movies/mic_%05d.mrcs MotionCorr/job002/Movies/mic_%05d.mrc"
        "            1            1 %12.6f %12.6f %12.6f     0.521155    -3.018850 %12d %12.6f \n"
    )
    with path.open("w") as file:
        file.write(_HEADER)
        file.writelines(f"_rln{name} #{at} \n" for at, name in enumerate(_COLUMNS, 1))
        for first in range(0, rows, 100_000):
            n = min(100_000, rows - first)
            number = np.arange(first, first + n)
            columns = zip(
                number % 300 + 1,
                number // 300,
                number // 300,
                *angles(n, rng).T,
                1 + rng.integers(0, 2, n),
                rng.uniform(0, 1, n),
                strict=True,
            )
            file.writelines(template % one for one in columns)
        file.write(" \n")


def write_cs(path: Path, rows: int) -> None:
    """Particles with blob and alignments3D."""
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(1)
    fields: list[tuple[Any, ...]] = [
        ("uid", "<u8"), ("blob/path", "S32"), ("blob/idx", "<u4"), ("blob/psize_A", "<f4"),
        ("alignments3D/split", "<u4"), ("alignments3D/shift", "<f4", (2,)),
        ("alignments3D/pose", "<f4", (3,)), ("alignments3D/psize_A", "<f4"),
        ("alignments3D/error", "<f4"), ("alignments3D/class", "<u4"),
    ]  # fmt: skip
    table = np.zeros(rows, dtype=fields)
    table["uid"] = np.arange(rows, dtype=np.uint64) + 10**15
    table["blob/path"] = b"J2/imported/stack.mrcs"
    table["alignments3D/split"] = rng.integers(0, 2, rows)
    for first in range(0, rows, 500_000):
        part = slice(first, min(rows, first + 500_000))
        turn = Rotation.from_euler("ZYZ", angles(part.stop - first, rng), degrees=True)
        table["alignments3D/pose"][part] = turn.as_rotvec()
    with path.open("wb") as file:
        np.lib.format.write_array(file, table, allow_pickle=False)


_JOB = """
import resource, sys, time
import rebalance
what, path, folder = sys.argv[1:]
began = time.perf_counter()
if what == "read":
    rebalance.read_orientations(rebalance.read_refinement(path)).direction
elif what == "diagnose":
    rebalance.diagnose(path, symmetry="D7", output=folder)
else:
    rebalance.balance_orientations(path, symmetry="D7", output=folder)
seconds = time.perf_counter() - began
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def measure(kind: str, rows: int, folder: Path) -> list[Row]:
    """Reading, and both commands, on one table."""
    write = write_star if kind == "star" else write_cs
    path, small = folder / f"particles.{kind}", folder / f"warm.{kind}"
    write(path, rows)
    write(small, 3_000)
    found = []
    for what in ("read", "diagnose", "orientations"):
        # The first run compiles what is not yet in numba's cache.
        _run(what, small, folder / f"warm_{what}_{kind}")
        seconds, memory = _run(what, path, folder / f"{what}_{kind}")
        has_limit = what != "read" and rows == 5_000_000
        met = seconds < LIMIT_S and memory < LIMIT_MB if has_limit else None
        target = f"< {LIMIT_S:g} s, < {LIMIT_MB / 1000:g} GB" if has_limit else ""
        name = f"{what}, {rows:,} poses (.{kind}, D7)"
        found.append(row(name, f"{seconds:.1f} s, {memory / 1e3:.2f} GB", target=target, met=met))
    path.unlink()
    return found


def _run(what: str, path: Path, folder: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _JOB, what, str(path), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, memory = map(float, done.stdout.split()[-2:])
    return seconds, memory


def main(
    rows: Annotated[int, typer.Option(help="Poses.")] = 5_000_000,
    json: Annotated[Path | None, typer.Option(help="Write the rows there.")] = None,
) -> None:
    """Print time and peak memory of both commands beside their targets."""
    with tempfile.TemporaryDirectory() as folder:
        table = [line for kind in ("star", "cs") for line in measure(kind, rows, Path(folder))]
    show(table)
    keep(table, json)


if __name__ == "__main__":
    typer.run(main)
