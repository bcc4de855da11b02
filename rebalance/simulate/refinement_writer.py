"""A simulated 3D refinement on disk, beside the 2D classification of the same particles."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from rebalance.model import FloatArray
from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.cryosparc_writer import particle_columns as cryosparc_columns
from rebalance.simulate.cryosparc_writer import save
from rebalance.simulate.refinement import SimulatedRefinement
from rebalance.simulate.relion_tables import COMMENT, Version
from rebalance.simulate.relion_writer import optics_block
from rebalance.simulate.relion_writer import particle_columns as relion_columns
from rebalance.star_writer import loop_block, pair_block

RELION_JOB, CRYOSPARC_JOB = "Refine3D/job005", "J5"


class RefinementFiles(NamedTuple):
    """Where the refinement is: the job, its particles, and its half maps."""

    job: Path
    particles: Path
    half_a: Path
    half_b: Path


def write_relion_refinement(
    simulated: SimulatedClassification,
    refined: SimulatedRefinement,
    project: Path,
    *,
    version: Version = "3.1",
) -> RefinementFiles:
    """Write a Refine3D job: ``run_data.star``, ``run_sampling.star`` and both half maps.

    Parameters
    ----------
    simulated : SimulatedClassification
    refined : SimulatedRefinement
        Of its particles.
    project : Path
    version : {"3.1", "3.0", "5.0"}
    """
    job = Path(project) / RELION_JOB
    job.mkdir(parents=True, exist_ok=True)
    columns = relion_columns(simulated, version, 1)
    n = len(refined.euler)
    rot, tilt, psi = refined.euler.T
    columns |= {
        "ClassNumber": np.ones(n, dtype=np.int64),
        "AngleRot": rot,
        "AngleTilt": tilt,
        "AnglePsi": psi,
        "MaxValueProbDistribution": refined.score,
        "RandomSubset": refined.half,
    }
    x, y = ("OriginX", "OriginY") if version == "3.0" else ("OriginXAngst", "OriginYAngst")
    unit = 1.0 if version == "3.0" else simulated.optics.pixel_size
    columns |= {x: -refined.place[:, 0] * unit, y: -refined.place[:, 1] * unit}
    comment = COMMENT[version]
    optics = "" if version == "3.0" else optics_block(simulated, version, 1)
    name = "" if version == "3.0" else "particles"
    data = job / "run_data.star"
    data.write_text(optics + loop_block(name, columns, version=comment))
    sampling: dict[str, float | int | str] = {
        "Is3DSampling": 1,
        "SymmetryGroup": refined.symmetry,
        "HealpixOrder": 3,
    }
    (job / "run_sampling.star").write_text(
        pair_block("sampling_general", sampling, version=comment)
    )
    maps = tuple(job / f"run_half{number}_class001_unfil.mrc" for number in (1, 2))
    for path, density in zip(maps, refined.half_maps, strict=True):
        write_map(path, density, simulated.optics.pixel_size)
    return RefinementFiles(job, data, maps[0], maps[1])


def write_cryosparc_refinement(
    simulated: SimulatedClassification, refined: SimulatedRefinement, project: Path
) -> RefinementFiles:
    """Write a Homogeneous Refinement: particles with alignments3D, passthrough, both half maps.

    Parameters
    ----------
    simulated : SimulatedClassification
    refined : SimulatedRefinement
        Of its particles.
    project : Path
    """
    from scipy.spatial.transform import Rotation

    job = Path(project) / CRYOSPARC_JOB
    job.mkdir(parents=True, exist_ok=True)
    classified, rest = cryosparc_columns(simulated)
    n = len(refined.euler)
    main = {name: column for name, column in classified.items() if not name.startswith("align")}
    passed = {"uid": classified["uid"]}
    passed |= {name: column for name, column in classified.items() if name.startswith("align")}
    passed |= rest
    # CryoSPARC's rotation vector is that of the transpose of RELION's A.
    pose = Rotation.from_matrix(np.swapaxes(refined.rotation, -1, -2)).as_rotvec()
    ones = np.ones(n, dtype=np.float32)
    main |= {
        "alignments3D/split": (refined.half - 1).astype(np.uint32),
        "alignments3D/shift": (-refined.place).astype(np.float32),
        "alignments3D/pose": pose.astype(np.float32),
        "alignments3D/psize_A": ones * np.float32(simulated.optics.pixel_size),
        "alignments3D/error": (7200 - 200 * refined.score).astype(np.float32),
        "alignments3D/cross_cor": (100 * refined.score).astype(np.float32),
        "alignments3D/alpha": ones,
        "alignments3D/class_posterior": ones,
        "alignments3D/class": np.zeros(n, dtype=np.uint32),
    }
    particles = job / f"{CRYOSPARC_JOB}_012_particles.cs"
    save(particles, main)
    save(job / f"{CRYOSPARC_JOB}_passthrough_particles.cs", passed)
    maps = tuple(job / f"{CRYOSPARC_JOB}_012_volume_map_half_{name}.mrc" for name in "AB")
    for path, density in zip(maps, refined.half_maps, strict=True):
        write_map(path, density, simulated.optics.pixel_size)
    return RefinementFiles(job, particles, maps[0], maps[1])


def write_map(path: Path, density: FloatArray, voxel_size: float) -> None:
    """Write a map (L, L, L), axes z, y, x; `voxel_size` in Å."""
    import mrcfile

    with mrcfile.new(path) as mrc:
        mrc.set_data(density)
        mrc.set_volume()
        mrc.voxel_size = voxel_size
        # mrcfile's own label has the time of day in it.
        mrc.header.label[:] = b""
        mrc.header.label[0] = b"Simulated by rebalance"
        mrc.header.nlabl = 1
