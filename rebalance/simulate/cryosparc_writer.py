"""A simulated classification as a CryoSPARC project on disk.

Written plainly, without `rebalance.formats`, so that what reads it is judged by other eyes. The
columns are those of an exported 2D Classification; strings are fixed-width bytes, as CryoSPARC
writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.mrc_writer import write_stack
from rebalance.simulate.truth_writer import write_truth

_JOB = "J3"
_STEM = f"{_JOB}_020"


class CryosparcFiles(NamedTuple):
    """Where everything is."""

    project: Path
    job: Path
    particles: Path
    passthrough: Path
    class_averages: Path
    stack: Path
    truth_classes: Path
    truth_particles: Path
    truth: Path


class CryosparcSelection(NamedTuple):
    """A Select 2D job: chosen averages and their particles."""

    job: Path
    particles: Path
    passthrough: Path
    class_averages: Path


def write_cryosparc(
    simulated: SimulatedClassification,
    project: Path,
    *,
    passthrough_order: npt.NDArray[np.int64] | None = None,
) -> CryosparcFiles:
    """Write a project folder with one 2D Classification job.

    Parameters
    ----------
    simulated : SimulatedClassification
        Particle stacks are written if it has particle images.
    project : Path
        Made if it isn't there.
    passthrough_order : int64 (P,), optional
        Order of the rows of the passthrough file; that of the particles by default.
    """
    project = Path(project)
    job = project / _JOB
    job.mkdir(parents=True, exist_ok=True)
    averages = simulated.class_averages
    stack = job / f"{_STEM}_class_averages.mrc"
    write_stack(stack, averages.images, simulated.optics.pixel_size)
    main, rest = particle_columns(simulated)
    files = (
        job / f"{_STEM}_particles.cs",
        job / f"{_JOB}_passthrough_particles.cs",
        job / f"{_STEM}_class_averages.cs",
    )
    save(files[0], main)
    order = np.arange(len(main["uid"])) if passthrough_order is None else passthrough_order
    save(files[1], {name: column[order] for name, column in rest.items()})
    save(files[2], _average_columns(simulated))
    if simulated.particle_images is not None:
        folder = project / "J1/imported"
        folder.mkdir(parents=True, exist_ok=True)
        write_stack(folder / "particles.mrcs", simulated.particle_images, averages.pixel_size or 1)
    truth = write_truth(simulated, main["uid"].tolist(), project, first_class=0)
    return CryosparcFiles(project, job, *files, stack, *truth)


def write_cryosparc_selection(
    simulated: SimulatedClassification,
    files: CryosparcFiles,
    class_ids: Collection[int],
    *,
    all_particles: bool = False,
) -> CryosparcSelection:
    """Write a Select 2D job beside a 2D Classification.

    Parameters
    ----------
    simulated : SimulatedClassification
        What was written to ``files``.
    files : CryosparcFiles
    class_ids : collection of int
        Averages chosen (1-based); they keep their ``blob/idx`` in the stack of the first job.
    all_particles : bool
        Write the particles of all averages, as when the two don't come from one job.
    """
    job = files.project / "J4"
    job.mkdir(parents=True, exist_ok=True)
    averages = _average_columns(simulated)
    chosen = np.isin(simulated.class_averages.class_id, list(class_ids))
    kept = np.isin(simulated.particle_class, list(class_ids)) | all_particles
    selection = CryosparcSelection(
        job,
        job / "particles_selected.cs",
        job / "J4_passthrough_particles_selected.cs",
        job / "templates_selected.cs",
    )
    main, rest = particle_columns(simulated)
    save(selection.particles, {name: column[kept] for name, column in main.items()})
    save(selection.passthrough, {name: column[kept] for name, column in rest.items()})
    save(selection.class_averages, {name: column[chosen] for name, column in averages.items()})
    return selection


def save(path: Path, columns: Mapping[str, npt.NDArray[Any]]) -> None:
    n = len(columns["uid"])
    table = np.empty(n, [(name, c.dtype.str, c.shape[1:]) for name, c in columns.items()])
    for name, column in columns.items():
        table[name] = column
    with path.open("wb") as file:
        np.save(file, table, allow_pickle=False)


def _average_columns(simulated: SimulatedClassification) -> dict[str, npt.NDArray[Any]]:
    averages = simulated.class_averages
    assert averages.resolution is not None
    n = len(averages)
    rng = np.random.default_rng([simulated.options.seed, 2])
    return {
        "uid": rng.integers(2**63, size=n, dtype=np.uint64),
        "blob/path": np.full(n, f"{_JOB}/{_STEM}_class_averages.mrc".encode()),
        "blob/idx": (averages.class_id - 1).astype(np.uint32),
        "blob/shape": np.full((n, 2), averages.box, dtype=np.uint32),
        "blob/psize_A": np.full(n, averages.pixel_size, dtype=np.float32),
        "blob/res_A": averages.resolution.astype(np.float32),
        "blob/sign": np.ones(n, dtype=np.float32),
    }


def particle_columns(
    simulated: SimulatedClassification,
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]:
    n = len(simulated.particle_class)
    rng = np.random.default_rng([simulated.options.seed, 3])
    optics, score = simulated.optics, simulated.particle_score

    def each(value: float, *shape: int) -> npt.NDArray[np.float32]:
        return np.full((n, *shape), value, dtype=np.float32)

    uid = rng.integers(2**63, size=n, dtype=np.uint64)
    power = rng.normal(7200, 200, n)
    main = {
        "uid": uid,
        "blob/path": np.full(n, b"J1/imported/particles.mrcs"),
        "blob/idx": np.arange(n, dtype=np.uint32),
        "blob/shape": np.full((n, 2), simulated.class_averages.box, dtype=np.uint32),
        "blob/psize_A": each(optics.pixel_size),
        "blob/sign": each(1.0),
        "blob/import_sig": np.full(n, 1467678264753543796, dtype=np.uint64),
        "alignments2D/split": np.zeros(n, dtype=np.uint32),
        "alignments2D/shift": (-simulated.particle_shift).astype(np.float32),
        "alignments2D/pose": np.deg2rad(simulated.particle_psi % 360).astype(np.float32),
        "alignments2D/psize_A": each(optics.pixel_size),
        "alignments2D/error": (power - 200 * score).astype(np.float32),
        "alignments2D/error_min": each(0.0),
        "alignments2D/resid_pow": each(0.0),
        "alignments2D/slice_pow": (40 * score).astype(np.float32),
        "alignments2D/image_pow": power.astype(np.float32),
        "alignments2D/cross_cor": (100 * score).astype(np.float32),
        "alignments2D/alpha": each(1.0),
        "alignments2D/alpha_min": rng.normal(1.1, 0.1, n).astype(np.float32),
        "alignments2D/weight": each(0.0),
        "alignments2D/pose_ess": each(0.0),
        "alignments2D/shift_ess": each(0.0),
        "alignments2D/class_posterior": score.astype(np.float32),
        "alignments2D/class": (simulated.particle_class - 1).astype(np.uint32),
        "alignments2D/class_ess": (1 / score).astype(np.float32),
    }
    rest = {
        "uid": uid,
        "ctf/type": np.full(n, b"imported"),
        "ctf/exp_group_id": np.zeros(n, dtype=np.uint32),
        "ctf/accel_kv": each(optics.voltage),
        "ctf/cs_mm": each(optics.spherical_aberration),
        "ctf/amp_contrast": each(optics.amplitude_contrast),
        "ctf/df1_A": (simulated.particle_defocus + 100).astype(np.float32),
        "ctf/df2_A": (simulated.particle_defocus - 100).astype(np.float32),
        "ctf/df_angle_rad": each(np.deg2rad(30)),
        "ctf/phase_shift_rad": each(0.0),
        "ctf/scale": each(1.0),
        "ctf/scale_const": each(0.0),
        "ctf/shift_A": each(0.0, 2),
        "ctf/tilt_A": each(0.0, 2),
        "ctf/trefoil_A": each(0.0, 2),
        "ctf/tetra_A": each(0.0, 4),
        "ctf/anisomag": each(0.0, 4),
        "ctf/bfactor": each(0.0),
        "location/micrograph_path": np.array(
            [f"J0/micrographs/mic{k:04d}.mrc".encode() for k in simulated.micrograph.tolist()]
        ),
        "location/center_x_frac": rng.uniform(0.05, 0.95, n).astype(np.float32),
        "location/center_y_frac": rng.uniform(0.05, 0.95, n).astype(np.float32),
    }
    return main, rest
