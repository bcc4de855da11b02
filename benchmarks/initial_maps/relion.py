"""An initial model by RELION 3.1's stochastic gradient descent, once for the same input.

Of each model the map is kept, in a file named by what it was made from: a run that is stopped
loses one model.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mrcfile
import numpy as np
import starfile

from benchmarks.initial_maps.align_map import Volume
from rebalance.model import BoolArray

PROGRAM = "relion_refine"
OPTIONS = (
    "--sgd --K 1 --sym C1 --ctf --norm --scale --flatten_solvent --zero_mask --pad 1 "
    "--skip_gridding --oversampling 1 --healpix_order 1 --offset_range 3 --offset_step 3 "
    "--maxsig 10 --adaptive_fraction 0.99 --incr_size 2 "
    "--sgd_ini_iter 30 --sgd_inbetween_iter 45 --sgd_fin_iter 5 "
    "--sgd_ini_subset 30 --sgd_fin_subset 60 --sgd_ini_resol 35 --sgd_fin_resol 28 "
    "--sgd_write_iter 1000 --dont_combine_weights_via_disc --preread_images --dont_check_norm "
    "--pool 30"
)
"""As RELION's window gives them, but fewer iterations of fewer particles, fewer poses weighed for
each (`maxsig`, `adaptive_fraction`), shifts of no more than the simulated ones, and 28 Å at the
finest."""
FROM_NOTHING = "--denovo_3dref"
FROM_A_MAP = "--ref start.mrc --ini_high 35"


@dataclass(frozen=True)
class Recipe:
    """What a model is made from.

    Parameters
    ----------
    job : str
        Digest of the particles.
    chosen : str
        Digest of which of them are used.
    seed : int
        Of RELION.
    diameter : int
        Å, of the mask on particles.
    start : str
        Digest of the map to start from; empty for none.
    version : str
        Of RELION.
    """

    job: str
    chosen: str
    seed: int
    diameter: int
    start: str
    version: str

    @property
    def name(self) -> str:
        """Of the file."""
        return digest(
            json.dumps([OPTIONS, FROM_NOTHING, FROM_A_MAP, *vars(self).values()]).encode()
        )

    @property
    def words(self) -> list[str]:
        """What is typed after the files."""
        start = FROM_A_MAP if self.start else FROM_NOTHING
        own = f"{start} --particle_diameter {self.diameter} --random_seed {self.seed} --j 1"
        return [*OPTIONS.split(), *own.split()]


def digest(content: bytes) -> str:
    """First twelve digits of a SHA-256."""
    return hashlib.sha256(content).hexdigest()[:12]


def version() -> str:
    """RELION's own, empty where it is not installed."""
    if shutil.which(PROGRAM) is None:
        return ""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False)
    return next(
        (line.split()[2] for line in said.stdout.splitlines() if line.startswith("RELION")), ""
    )


def map_of(
    recipe: Recipe, project: Path, table: Path, rows: BoolArray, start: Volume | None, folder: Path
) -> Volume:
    """The initial model of some particles: that which was kept, or a new one.

    Parameters
    ----------
    recipe : Recipe
    project : Path
        RELION's project folder, with the images of the particles.
    table : Path
        Of all particles.
    rows : bool (P,)
        Those to use.
    start : float64 (L, L, L), optional
        Map to start from.
    folder : Path
        Where maps are kept.
    """
    kept = folder / f"{recipe.name}.mrc"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            work = Path(scratch)
            _make(recipe, project, table, rows, start, work)
            (last,) = work.glob("run_it*_class001.mrc")
            os.replace(last, kept)
    with mrcfile.open(kept) as mrc:
        return np.asarray(mrc.data, dtype=np.float64)


def _make(
    recipe: Recipe, project: Path, table: Path, rows: BoolArray, start: Volume | None, work: Path
) -> None:
    blocks = starfile.read(table, always_dict=True)
    blocks["particles"] = blocks["particles"][rows]
    chosen = work / "particles.star"
    starfile.write(blocks, chosen)
    words = recipe.words
    if start is not None:
        size = float(blocks["optics"]["rlnImagePixelSize"].iloc[0])
        with mrcfile.new(work / "start.mrc") as mrc:
            mrc.set_data(start.astype(np.float32))
            mrc.voxel_size = size
        words[words.index("start.mrc")] = str(work / "start.mrc")
    done = subprocess.run(
        [PROGRAM, "--i", str(chosen), "--o", str(work / "run"), *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{PROGRAM} failed: {(done.stderr or done.stdout)[-1000:]}")
    for early in work.glob("run_it000_class001.mrc"):
        early.unlink()
