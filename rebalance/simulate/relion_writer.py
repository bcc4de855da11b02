"""A simulated classification as a RELION project on disk.

Written plainly, without `rebalance.formats`, so that what reads it is judged by other eyes. Paths
inside the star files are relative to the project folder, as RELION's are.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.mrc_writer import write_stack
from rebalance.simulate.relion_tables import (
    COMMENT,
    JOB,
    Columns,
    Version,
    class_columns,
    model_star,
    optimiser_star,
    pipeline_star,
    sampling_star,
)
from rebalance.simulate.truth_writer import write_truth
from rebalance.star_writer import image_names, loop_block

_DETECTOR_UM = 14.0


class RelionFiles(NamedTuple):
    """Where everything is."""

    project: Path
    job: Path
    data: Path
    classes: Path
    model: Path
    optimiser: Path
    sampling: Path
    truth_classes: Path
    truth_particles: Path
    truth: Path


class RelionSelection(NamedTuple):
    """A Select job: chosen averages and their particles."""

    job: Path
    particles: Path
    class_averages: Path


def write_relion(
    simulated: SimulatedClassification,
    project: Path,
    *,
    version: Version = "3.1",
    iteration: int = 25,
    n_optics_groups: int = 1,
) -> RelionFiles:
    """Write a project folder with one Class2D job.

    Parameters
    ----------
    simulated : SimulatedClassification
        Particle stacks are written if it has particle images.
    project : Path
        Made if it isn't there.
    version : {"3.1", "3.0", "5.0"}
        3.0 writes one table without optics groups, origins in pixels.
    iteration : int
        In the file names.
    n_optics_groups : int
        Micrographs are dealt out over them in turn; 3.0 has none.
    """
    project = Path(project)
    job = project / JOB
    job.mkdir(parents=True, exist_ok=True)
    root = f"run_it{iteration:03d}"
    files = {
        name: job / f"{root}_{name}.star" for name in ("data", "model", "optimiser", "sampling")
    }
    classes = job / f"{root}_classes.mrcs"
    write_stack(classes, simulated.class_averages.images, simulated.optics.pixel_size)

    particles = particle_columns(simulated, version, n_optics_groups)
    comment = COMMENT[version]
    optics = "" if version == "3.0" else optics_block(simulated, version, n_optics_groups)
    name = "" if version == "3.0" else "particles"
    files["data"].write_text(optics + loop_block(name, particles, version=comment))
    files["model"].write_text(model_star(simulated, root, version))
    files["optimiser"].write_text(optimiser_star(simulated, root, version, iteration))
    files["sampling"].write_text(sampling_star(simulated, version))
    (project / "default_pipeline.star").write_text(pipeline_star())
    if simulated.particle_images is not None:
        _write_particle_images(simulated, project)
    truth = write_truth(simulated, list(particles["ImageName"]), project)
    return RelionFiles(project, job, *_in_order(files, classes), *truth)


def write_relion_selection(
    simulated: SimulatedClassification, files: RelionFiles, class_ids: Collection[int]
) -> RelionSelection:
    """Write a Select job beside a RELION 3.1 Class2D job.

    Parameters
    ----------
    simulated : SimulatedClassification
        What was written to ``files``.
    files : RelionFiles
    class_ids : collection of int
        Averages chosen; they keep their class numbers, and only their particles are written.
    """
    job = files.project / "Select/job004"
    job.mkdir(parents=True, exist_ok=True)
    columns = particle_columns(simulated, "3.1", 1)
    kept = np.isin(simulated.particle_class, list(class_ids))
    chosen = np.flatnonzero(np.isin(simulated.class_averages.class_id, list(class_ids)))
    particles, averages = job / "particles.star", job / "class_averages.star"
    particles.write_text(
        optics_block(simulated, "3.1", 1)
        + loop_block("particles", {label: np.asarray(c)[kept] for label, c in columns.items()})
    )
    stack = f"{JOB}/{files.classes.name}"
    table = class_columns(simulated, stack, "3.1")
    rows = {label: np.asarray(column)[chosen] for label, column in table.items()}
    rows["ClassNumber"] = simulated.class_averages.class_id[chosen]
    averages.write_text(loop_block("", rows))
    selected = np.isin(simulated.class_averages.class_id, list(class_ids)).astype(np.int64)
    (job / "backup_selection.star").write_text(loop_block("", {"Selected": selected}))
    return RelionSelection(job, particles, averages)


def _in_order(files: dict[str, Path], classes: Path) -> tuple[Path, Path, Path, Path, Path]:
    return files["data"], classes, files["model"], files["optimiser"], files["sampling"]


def _micrographs(simulated: SimulatedClassification) -> list[str]:
    return [f"mic{number:04d}" for number in simulated.micrograph.tolist()]


def _place_in_stack(simulated: SimulatedClassification) -> npt.NDArray[np.int64]:
    micrograph = simulated.micrograph
    first = np.searchsorted(micrograph, micrograph)
    return np.arange(len(micrograph)) - first + 1


def particle_columns(
    simulated: SimulatedClassification, version: Version, n_optics_groups: int
) -> Columns:
    n = len(simulated.particle_class)
    rng = np.random.default_rng([simulated.options.seed, 1])
    names = _micrographs(simulated)
    zeros = np.zeros(n)
    defocus, astigmatism = simulated.particle_defocus, 100.0
    angst = -simulated.particle_shift * simulated.optics.pixel_size
    fields: Columns = {
        "CoordinateX": rng.uniform(200, 3800, n).round(),
        "CoordinateY": rng.uniform(200, 3600, n).round(),
        "ClassNumber": simulated.particle_class,
        "AutopickFigureOfMerit": rng.gamma(4, 0.2, n),
        "AnglePsi": simulated.particle_psi,
        "ImageName": image_names(
            _place_in_stack(simulated),
            [f"Extract/job002/Micrographs/{name}.mrcs" for name in names],
        ),
        "MicrographName": [f"MotionCorr/job001/Micrographs/{name}.mrc" for name in names],
        "OpticsGroup": 1 + simulated.micrograph % n_optics_groups,
        "CtfMaxResolution": rng.uniform(3.5, 6, n),
        "CtfFigureOfMerit": rng.uniform(0.05, 0.2, n),
        "DefocusU": defocus + astigmatism,
        "DefocusV": defocus - astigmatism,
        "DefocusAngle": np.full(n, 30.0),
        "CtfBfactor": zeros,
        "CtfScalefactor": zeros + 1,
        "PhaseShift": zeros,
        "GroupNumber": 1 + simulated.micrograph,
        "AngleRot": zeros,
        "AngleTilt": zeros,
        "OriginXAngst": angst[:, 0],
        "OriginYAngst": angst[:, 1],
        "NormCorrection": rng.normal(0.8, 0.03, n),
        "LogLikeliContribution": rng.normal(1.06e4, 40, n),
        "MaxValueProbDistribution": simulated.particle_score,
        "NrOfSignificantSamples": np.rint(1 / simulated.particle_score).astype(np.int64),
    }
    if version != "3.0":
        return fields
    for modern in ("OpticsGroup", "CtfBfactor", "CtfScalefactor", "PhaseShift"):
        del fields[modern]
    del fields["OriginXAngst"], fields["OriginYAngst"]
    optics = simulated.optics
    # RELION 3.0 knew the pixel size as detector pixel over magnification.
    return {
        "Voltage": zeros + optics.voltage,
        "SphericalAberration": zeros + optics.spherical_aberration,
        "AmplitudeContrast": zeros + optics.amplitude_contrast,
        "DetectorPixelSize": zeros + _DETECTOR_UM,
        "Magnification": zeros + 1e4 * _DETECTOR_UM / optics.pixel_size,
        **fields,
        "OriginX": -simulated.particle_shift[:, 0],
        "OriginY": -simulated.particle_shift[:, 1],
    }


def optics_block(simulated: SimulatedClassification, version: Version, n_groups: int) -> str:
    optics, every = simulated.optics, np.ones(n_groups)
    number = np.arange(1, n_groups + 1)
    columns: Columns = {
        "OpticsGroupName": [f"opticsGroup{k}" for k in number],
        "OpticsGroup": number,
        "MicrographOriginalPixelSize": every * optics.pixel_size / 4,
        "Voltage": every * optics.voltage,
        "SphericalAberration": every * optics.spherical_aberration,
        "AmplitudeContrast": every * optics.amplitude_contrast,
        "ImagePixelSize": every * optics.pixel_size,
        "ImageSize": np.full(n_groups, simulated.class_averages.box),
        "ImageDimensionality": np.full(n_groups, 2),
    }
    if version == "5.0":
        columns["CtfDataAreCtfPremultiplied"] = np.zeros(n_groups, dtype=np.int64)
    return loop_block("optics", columns, version=COMMENT[version])


def _write_particle_images(simulated: SimulatedClassification, project: Path) -> None:
    assert simulated.particle_images is not None
    folder = project / "Extract/job002/Micrographs"
    folder.mkdir(parents=True, exist_ok=True)
    for number in np.unique(simulated.micrograph).tolist():
        images = simulated.particle_images[simulated.micrograph == number]
        write_stack(folder / f"mic{number:04d}.mrcs", images, simulated.optics.pixel_size)
