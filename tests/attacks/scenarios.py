"""The runs that are attacked: small jobs of RELION and CryoSPARC, and one command each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

RELION, CRYOSPARC = "relion", "cryosparc"

OPTIONS: dict[str, Any] = {
    "n_averages": 20,
    "n_particles": 600,
    "n_views": 6,
    "box": 32,
    "pixel_size": 8.0,
    "n_junk": 0,
    "seed": 3,
}
"""Of the simulator."""

PROJECT, DISK = "project", "disk"
"""Folders of the arena: the inputs, and where results go, which may be a small disk."""

RELIONS_OWN = ("job.star", "job_pipeline.star", "note.txt", "run.out", "run.err")
"""Files that RELION keeps in the folder of a job."""


@dataclass(frozen=True)
class Scenario:
    """A command, and where its results go.

    Parameters
    ----------
    name : str
    layout : str
        Of the inputs.
    words : tuple of str
        Of the command, typed in ``folder``.
    place : str
        Of the results, relative to the arena.
    folder : str
        Relative to the arena.
    is_job_folder : bool
        The results go among files of RELION.
    long_stage : str
        A stage that takes most of the time; empty if none does.
    is_slowed : bool
        Averages are compared in many small tiles, with a checkpoint.
    """

    name: str
    layout: str
    words: tuple[str, ...]
    place: str = f"{DISK}/out"
    folder: str = "."
    is_job_folder: bool = False
    long_stage: str = ""
    is_slowed: bool = False

    def command(self, seed: int = 0, *, overwrite: bool = False) -> list[str]:
        """Words of the command; another seed selects other particles."""
        return [*self.words, "--seed", str(seed), *(["--overwrite"] if overwrite else [])]


_QUICK = ("-k", "5", "-f", "0.5", "--threads", "1", "-o", f"{DISK}/out")
_CC = ("--metric", "rotational-cc")
_JOB = ("--o", "External/job007/", "--j", "1", "--figures", "no", "--factor", "0.5")
_IN_RELION: dict[str, Any] = {
    "layout": RELION,
    "folder": PROJECT,
    "place": f"{PROJECT}/External/job007",
    "is_job_folder": True,
}
_CLASSES, _POSES = f"{PROJECT}/Class2D/job003", f"{PROJECT}/Refine3D/job005"

SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "run-relion",
            RELION,
            ("run", _CLASSES, *_QUICK, *_CC, "--no-figures", "--also", "averages"),
        ),
        Scenario("run-cryosparc", CRYOSPARC, ("run", f"{PROJECT}/J3", *_QUICK, *_CC)),
        Scenario(
            "external-run",
            words=(
                *("relion", "--in_parts", "Class2D/job003/run_it025_data.star", *_JOB),
                *("--k", "5", *_CC),
            ),
            **_IN_RELION,
        ),
        Scenario(
            "orientations-cryosparc",
            CRYOSPARC,
            (
                "orientations",
                f"{PROJECT}/J5",
                "--threads",
                "1",
                "-o",
                f"{DISK}/out",
                "--no-figures",
            ),
        ),
        Scenario(
            "orientations-relion",
            RELION,
            ("orientations", _POSES, "--threads", "1", "-o", f"{DISK}/out", "--no-figures"),
        ),
        Scenario(
            "external-orientations",
            words=("relion", "orientations", "--in_parts", "Refine3D/job005/run_data.star", *_JOB),
            **_IN_RELION,
        ),
        Scenario(
            "checkpoints-cryosparc",
            CRYOSPARC,
            ("run", f"{PROJECT}/J3", *_QUICK, *_CC, "--no-figures"),
            long_stage="affinity",
            is_slowed=True,
        ),
        Scenario(
            "external-checkpoints",
            words=(
                *("relion", "--in_parts", "Class2D/job003/run_it025_data.star", *_JOB),
                *("--k", "4", *_CC),
            ),
            long_stage="affinity",
            is_slowed=True,
            **_IN_RELION,
        ),
        Scenario(
            "views-relion",
            RELION,
            ("run", _CLASSES, *_QUICK, "--metric", "views", "--no-figures"),
            long_stage="affinity",
        ),
    )
}

QUICK = tuple(one for one in SCENARIOS.values() if not one.long_stage)
LONG = tuple(one for one in SCENARIOS.values() if one.is_slowed) * 3 + (SCENARIOS["views-relion"],)
"""Those of a long comparison with checkpoints, which waits most of the time, and of an estimate of
views, which is seconds of work and has its turn less often."""


def make_inputs(folder: Path, layout: str) -> None:
    """A classification and a refinement of its particles, and RELION's folder of a job to come."""
    from rebalance.simulate import simulate_class_averages, write_job, write_refinement

    simulated = simulate_class_averages(OPTIONS)
    write_job(simulated, folder, layout)
    write_refinement(simulated, folder, layout)
    if layout == RELION:
        job = folder / "External" / "job007"
        job.mkdir(parents=True)
        for name in RELIONS_OWN:
            (job / name).write_text(f"RELION's {name}\n")
