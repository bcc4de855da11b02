"""A RELION project with a folder for an External job, as RELION makes it before it runs one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalance.hosts.relion.external_job import ExternalJob, external_job

CLASS2D = "Class2D/job003/run_it025_data.star"
FOLDER = Path("External/job007")

RELIONS_OWN = ("job.star", "job_pipeline.star", "default_pipeline.star", "note.txt", "run.out")
"""Files that RELION keeps in the folder of a job."""

DONE = "RELION_JOB_EXIT_SUCCESS"


@pytest.fixture
def project(simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a project of RELION 3.1 whose job 7 is about to run."""
    folder = tmp_path / "project"
    shutil.copytree(simulated_job.parents[1], folder)
    monkeypatch.chdir(folder)
    (folder / FOLDER).mkdir(parents=True)
    for name in RELIONS_OWN:
        (folder / FOLDER / name).write_text(f"RELION's {name}\n")
    return folder


class Said:
    """What a job said, and what came of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.job: ExternalJob | None = None

    def show(self, job: ExternalJob) -> None:
        self.job = job


@pytest.fixture
def relion_runs(project: Path) -> Callable[..., Said]:
    """Run an External job with some words after those that RELION always gives."""

    def run(*words: str, particles: str = CLASS2D, kind: str = "run") -> Said:
        said = Said()
        given = ["--o", f"{FOLDER}/", "--in_parts", particles, *words, "--j", "2"]
        external_job(given, say=said.lines.append, show=said.show, kind=kind)
        return said

    return run


FAST = ("--metric", "rotational-cc", "--k", "4", "--figures", "no")
"""Labels of a quick run."""


def endings() -> set[str]:
    """How the job ended, by the files that say so."""
    return {path.name for path in FOLDER.glob("RELION_JOB_*")}
