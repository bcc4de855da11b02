"""3D refinements in the layouts of RELION and CryoSPARC, made on the spot."""

# ruff: noqa: W291 - the tables end their lines with blanks, as RELION does.

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import DoubleArray

OPTICS = """
# version 30001

data_optics

loop_ 
_rlnOpticsGroupName #1 
_rlnOpticsGroup #2 
_rlnImagePixelSize #3 
_rlnImageSize #4 
opticsGroup1            1     3.000000            8 

"""

SAMPLING = """
# version 30001

data_sampling_general

_rlnIs3DSampling                                    {is_3d}
_rlnHealpixOrder                                    3
{symmetry}

# version 30001

data_sampling_directions

loop_ 
_rlnAngleRot #1 
_rlnAngleTilt #2 
   45.000000    85.219808 

"""

MODEL = """
# version 30001

data_model_general

_rlnReferenceDimensionality                        3
_rlnNrClasses                                      {n}

# version 30001

data_model_classes

loop_ 
_rlnReferenceImage #1 
_rlnClassDistribution #2 
{rows}
"""

OPTIMISER = """
# RELION optimiser; version 3.1.3

data_optimiser_general

_rlnExperimentalDataStarFile      {folder}/{root}_data.star
_rlnOrientSamplingStarFile        {folder}/{root}_sampling.star
_rlnModelStarFile                 {folder}/{root}{half}_model.star
_rlnCurrentIteration              {iteration}
_rlnNumberOfIterations            {total}
_rlnDoAutoRefine                  {auto}

"""

ANGLES = ("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")


def angles_of(n: int, rng: np.random.Generator) -> DoubleArray:
    """Angles of any poses, in degrees, with the digits that RELION writes."""
    tilt = np.rad2deg(np.arccos(rng.uniform(-1, 1, n)))
    angles = np.stack([rng.uniform(-180, 180, n), tilt, rng.uniform(-180, 180, n)], axis=1)
    return np.round(angles, 6)


def star_table(
    angles: Any, classes: list[int] | None = None, *, block: str = "particles", more: str = ""
) -> str:
    """A particle table as text; ``block`` is empty before RELION 3.1, which has no optics either.

    Parameters
    ----------
    angles : (P, 3) of numbers or text
    classes : list of int, optional
    block : str
    more : str
        Label of a further column, of ones.
    """
    labels = ["rlnImageName", *ANGLES[:1], "rlnMicrographName", *ANGLES[1:]]
    labels += ["rlnClassNumber"] * (classes is not None) + [more] * bool(more)
    rows = []
    for n, (rot, tilt, psi) in enumerate(angles):
        words = [f"{n + 1:06d}@Extract/job005/mic.mrcs", rot, "mic.mrc", tilt, psi]
        words += [] if classes is None else [classes[n]]
        rows.append(" ".join(f"{word:12}" for word in map(str, words + ["1"] * bool(more))) + " \n")
    head = "\n".join(f"_{label} #{n} " for n, label in enumerate(labels, 1))
    optics = OPTICS if block == "particles" else ""
    return f"{optics}\n# version 30001\n\ndata_{block}\n\nloop_ \n{head}\n{''.join(rows)} \n"


class RefinementMaker:
    """Writes iterations and the end of a job of RELION below a project folder."""

    def __init__(self, project: Path, job: str) -> None:
        self.folder = project / job
        self.folder.mkdir(parents=True)
        self.job = job

    def write(
        self,
        root: str,
        angles: Any,
        classes: list[int],
        *,
        symmetry: str | None = "C1",
        iteration: int | None = None,
        total: int = 0,
        halves: bool = False,
    ) -> Path:
        """Write an iteration, or with ``iteration`` None the end of a refinement."""
        data = self.folder / f"{root}_data.star"
        data.write_text(star_table(angles, classes))
        said = "" if symmetry is None else f"_rlnSymmetryGroup       {symmetry}"
        sampling = SAMPLING.format(is_3d=1, symmetry=said)
        (self.folder / f"{root}_sampling.star").write_text(sampling)
        rows = "\n".join(
            f"{self.job}/{root}_class{n:03d}.mrc     {1 / max(classes):.6f} "
            for n in range(1, max(classes) + 1)
        )
        for half in ("_half1", "_half2") if halves else ("",):
            model = MODEL.format(n=max(classes), rows=rows)
            (self.folder / f"{root}{half}_model.star").write_text(model)
        if iteration is not None:
            optimiser = OPTIMISER.format(
                folder=self.job,
                root=root,
                half="_half1" if halves else "",
                iteration=iteration,
                total=999 if halves else total or iteration,
                auto=int(halves),
            )
            (self.folder / f"{root}_optimiser.star").write_text(optimiser)
        return data
