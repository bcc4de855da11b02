"""Speed and memory of particle tables: read, balanced by class, written in two, read again.

    python -m benchmarks.particle_tables
    python -m benchmarks.particle_tables --rows 500000 --rows 5000000 --json tables.json

Tables are made in a temporary folder: 25 columns in RELION's own layout, and a `.cs` with the
fields of a particle of CryoSPARC. Each is run in a process of its own, whose peak memory is read
from the operating system.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.results_table import Row, keep, row, show

N_CLASSES = 100

LIMITS = {("star", 5_000_000): (20.0, 1000.0), ("cs", 5_000_000): (12.0, None)}
"""Seconds and MB of the targets."""

_RELION = """
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

_COLUMNS = """
CoordinateX CoordinateY ClassNumber AutopickFigureOfMerit AnglePsi ImageName MicrographName
OpticsGroup CtfMaxResolution CtfFigureOfMerit DefocusU DefocusV DefocusAngle CtfBfactor
CtfScalefactor PhaseShift GroupNumber AngleRot AngleTilt OriginXAngst OriginYAngst NormCorrection
LogLikeliContribution MaxValueProbDistribution NrOfSignificantSamples
"""


def write_star(path: Path, rows: int) -> None:
    """A particle table of 25 columns as RELION writes it, some 420 bytes a row."""
    rng = np.random.default_rng(0)
    template = (
        "%12.6f %12.6f %12d     1.608543   130.203106 %06d@Extract/job012/Movies/"
        "20170629_%05d_frameImage.mrcs MotionCorr/job002/Movies/20170629_%05d_frameImage.mrc"
        "            1     4.809192     0.131144 10863.857422 10575.721680    77.967194"
        "     0.000000     1.000000     0.000000            1     0.000000     0.000000"
        "     0.521155     -3.01885     0.862001  9877.706096 %12.6f            1 \n"
    )
    with path.open("w") as file:
        file.write(_RELION)
        file.writelines(f"_rln{name} #{at} \n" for at, name in enumerate(_COLUMNS.split(), 1))
        for first in range(0, rows, 100_000):
            n = min(100_000, rows - first)
            classes = 1 + np.minimum(rng.geometric(0.04, n) - 1, N_CLASSES - 1)
            numbers = zip(
                rng.uniform(0, 4000, n),
                rng.uniform(0, 4000, n),
                classes,
                np.arange(first, first + n) % 300 + 1,
                np.arange(first, first + n) // 300,
                np.arange(first, first + n) // 300,
                rng.uniform(0, 1, n),
                strict=True,
            )
            file.writelines(template % row for row in numbers)
        file.write(" \n")


def write_cs(path: Path, rows: int) -> None:
    """Particles with blob and 2D alignment fields."""
    rng = np.random.default_rng(0)
    fields: list[tuple[Any, ...]] = [
        ("uid", "<u8"), ("blob/path", "S61"), ("blob/idx", "<u4"), ("blob/shape", "<u4", (2,)),
        ("blob/psize_A", "<f4"), ("alignments2D/split", "<u4"), ("alignments2D/shift", "<f4", (2,)),
        ("alignments2D/pose", "<f4"), ("alignments2D/error", "<f4"), ("alignments2D/class", "<u4"),
    ]  # fmt: skip
    table = np.zeros(rows, dtype=fields)
    table["uid"] = rng.permutation(rows).astype(np.uint64) + 10**15
    table["blob/path"] = b"J2/imported/stack.mrcs"
    table["blob/idx"] = np.arange(rows)
    table["alignments2D/class"] = np.minimum(rng.geometric(0.04, rows) - 1, N_CLASSES - 1)
    table["alignments2D/error"] = rng.uniform(1, 2, rows)
    with path.open("wb") as file:
        np.lib.format.write_array(file, table, allow_pickle=False)


_JOB = """
import resource, sys, time
from pathlib import Path
import numpy as np
import rebalance
began = time.perf_counter()
result = rebalance.run(
    sys.argv[1], superclasses=False, factor="0.5", output=sys.argv[2], figures=False
)
written, (total, selected) = time.perf_counter(), (len(result.selection), result.selection.after)
suffix = Path(sys.argv[1]).suffix
del result
counts = []
for name in ("selected", "excluded"):
    path = Path(sys.argv[2], f"particles_{name}{suffix}")
    counts.append(np.bincount(rebalance.read(path, need_class_averages=False).particles.class_id))
counted = time.perf_counter()
assert sum(map(np.sum, counts)) == total
assert sorted(counts[0][counts[0] > 0]) == sorted(selected)
used = resource.getrusage(resource.RUSAGE_SELF)
print(
    counted - began, counted - written, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3,
    counts[0].sum(),
)
"""


def measure(kind: str, rows: int, folder: Path) -> Row:
    """One table, from making it to the two that are written."""
    path = folder / f"particles.{kind}"
    (write_star if kind == "star" else write_cs)(path, rows)
    # The first run compiles what is not yet in numba's cache; small tables are read without.
    small = folder / f"warm.{kind}"
    (write_star if kind == "star" else write_cs)(small, 100_000)
    _run(small, folder / f"warm_{kind}")
    seconds, counting, processor, memory, kept = _run(path, folder / f"out_{kind}")
    copied = _copy_seconds(path, folder / "copy")
    limit_s, limit_mb = LIMITS.get((kind, rows), (None, None))
    target = ", ".join(
        part
        for part in (
            f"< {limit_s:g} s" if limit_s else "",
            f"< {limit_mb / 1000:g} GB" if limit_mb else "",
        )
        if part
    )
    met = None
    if limit_s:
        met = seconds < limit_s and (limit_mb is None or memory < limit_mb)
    return row(
        f".{kind}, {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB: read, balanced, "
        f"written in two ({kept:,.0f} kept), both read again and counted",
        f"{seconds:.1f} s ({counting:.1f} s of that counting; {processor:.1f} s of processor), "
        f"{memory / 1e3:.2f} GB",
        ceiling=f"{copied:.1f} s (copying the file)",
        ratio=seconds / copied,
        target=target,
        met=met,
    )


def _run(path: Path, output: Path) -> list[float]:
    command = [sys.executable, "-c", _JOB, str(path), str(output)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return [float(word) for word in out]


def _copy_seconds(path: Path, to: Path) -> float:
    """Reading and writing the same bytes once, with nothing done to them."""
    began = time.perf_counter()
    with path.open("rb") as source, to.open("wb") as target:
        while block := source.read(1 << 24):
            target.write(block)
    seconds = time.perf_counter() - began
    to.unlink()
    return seconds


def main(
    rows: Annotated[list[int] | None, typer.Option(help="Rows; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print a row for each kind and size of table."""
    found = []
    for count in rows or [500_000, 5_000_000]:
        for kind in ("star", "cs"):
            with tempfile.TemporaryDirectory() as folder:
                found.append(measure(kind, count, Path(folder)))
    show(found)
    keep(found, json_file)


if __name__ == "__main__":
    typer.run(main)
