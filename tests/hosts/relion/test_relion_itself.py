"""RELION without a screen runs the External job, and the next job takes what it selected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import starfile

from rebalance.simulate import simulate_class_averages, write_job, write_refinement, write_relion
from tests.pipeline.refinements import OPTIONS

PROGRAMS = ("relion_pipeliner", "relion_refine", "relion_star_handler")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"RELION is not installed ({PROGRAMS[0]})"
)

DATA = "Class2D/job003/run_it025_data.star"


class Relion:
    """A project, in which RELION runs jobs."""

    def __init__(self, project: Path) -> None:
        self.project = project
        command = project / "bin" / "rebalance"
        command.parent.mkdir()
        command.write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "from rebalance.cli import main; main()" "$@"\n'
        )
        command.chmod(0o755)
        self._environment = os.environ | {"PATH": f"{command.parent}:{os.environ['PATH']}"}

    def do(self, *words: str) -> str:
        done = subprocess.run(
            words,
            cwd=self.project,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def job(self, kind: str, options: Mapping[str, str]) -> Path:
        """Add a job to the pipeline and run it; its folder."""
        given = ";".join(f"{name} == {value}" for name, value in options.items())
        before = {*self.project.glob(f"{kind}/job*")}
        self.do("relion_pipeliner", "--addJob", kind, "--addJobOptions", given)
        (folder,) = {*self.project.glob(f"{kind}/job*")} - before
        name = f"{folder.relative_to(self.project)}/"
        self.do(
            "relion_pipeliner",
            *("--RunJobs", name, "--schedule", folder.name),
            *("--min_wait", "0", "--sec_wait_after", "1"),
        )
        return folder

    def pipeline(self, block: str) -> dict[str, object]:
        """A table of default_pipeline.star: its last column by its first."""
        table = starfile.read(self.project / "default_pipeline.star")[f"pipeline_{block}"]
        return dict(zip(table.iloc[:, 0], table.iloc[:, -1], strict=True))


@pytest.fixture(scope="module")
def relion(tmp_path_factory: pytest.TempPathFactory) -> Relion:
    simulated = simulate_class_averages(
        {
            "n_averages": 14,
            "n_particles": 400,
            "n_views": 4,
            "box": 32,
            "pixel_size": 8.0,
            "n_empty": 1,
            "n_noise": 0,
            "n_junk": 1,
            "snr": 3.0,
            "particle_images": True,
            "seed": 5,
        }
    )
    project = tmp_path_factory.mktemp("relion") / "project"
    write_relion(simulated, project)
    return Relion(project)


@pytest.fixture(scope="module")
def split(relion: Relion) -> str:
    """Particles of a Select job of RELION's own, beside which no class averages lie."""
    folder = relion.job(
        "Select",
        {
            "fn_data": DATA,
            "do_split": "Yes",
            "do_random": "Yes",
            "split_size": "300",
            "nr_split": "1",
        },
    )
    return f"{folder.relative_to(relion.project)}/particles_split1.star"


@pytest.fixture(scope="module")
def external(relion: Relion, split: str) -> Path:
    """The folder of the External job, and all of it by RELION."""
    return relion.job(
        "External",
        {
            "fn_exe": "rebalance relion",
            "in_part": split,
            "param1_label": "k",
            "param1_value": "4",
            "param2_label": "factor",
            "param2_value": "0.5",
            "param3_label": "metric",
            "param3_value": "rotational-cc",
            "param4_label": "strict",
            "nr_threads": "2",
        },
    )


def test_relion_says_that_the_job_is_finished_and_takes_its_nodes(
    relion: Relion, external: Path
) -> None:
    name = external.relative_to(relion.project).as_posix()
    assert relion.pipeline("processes")[f"{name}/"] == 2
    nodes = relion.pipeline("nodes")
    assert {node.removeprefix(f"{name}/"): nodes[node] for node in nodes if name in node} == {
        "particles_selected.star": 3,
        "particles_excluded.star": 3,
        "class_averages.star": 5,
        "logfile.pdf": 13,
    }
    assert (external / "run.err").read_text() == ""


def test_what_it_says_is_plain_text_of_short_lines(external: Path) -> None:
    said = (external / "run.out").read_text()
    assert "The parameter strict has no value, and was ignored." in said
    assert "Balanced with f = 0.5" in said
    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) <= 100


def test_star_handler_counts_as_many_particles(relion: Relion, external: Path) -> None:
    ours = {
        name: len(starfile.read(external / f"particles_{name}.star")["particles"])
        for name in ("selected", "excluded")
    }
    assert sum(ours.values()) == 300
    assert all(ours.values())
    for name, count in ours.items():
        given = external.relative_to(relion.project) / f"particles_{name}.star"
        relion.do("relion_star_handler", "--i", str(given), "--o", "counted.star")
        counted = starfile.read(relion.project / "counted.star")["particles"]
        assert len(counted) == count


def test_the_next_classification_takes_the_selected_particles(
    relion: Relion, external: Path
) -> None:
    particles = external.relative_to(relion.project) / "particles_selected.star"
    folder = relion.job(
        "Class2D",
        {
            "fn_img": particles.as_posix(),
            "nr_classes": "3",
            "nr_iter": "1",
            "particle_diameter": "230",
            "psi_sampling": "24",
            "offset_range": "4",
            "use_gpu": "No",
            "nr_mpi": "1",
            "nr_threads": "1",
        },
    )
    name = folder.relative_to(relion.project).as_posix()
    assert relion.pipeline("processes")[f"{name}/"] == 2
    assert relion.pipeline("input_edges")[particles.as_posix()] == f"{name}/"
    classified = starfile.read(folder / "run_it001_data.star")["particles"]
    ours = starfile.read(external / "particles_selected.star")["particles"]
    assert sorted(classified["rlnImageName"]) == sorted(ours["rlnImageName"])


def test_the_averages_kept_are_references_that_relion_reads(relion: Relion, external: Path) -> None:
    given = external.relative_to(relion.project) / "class_averages.star"
    ours = starfile.read(external / "class_averages.star")
    printed = relion.do(
        "relion_star_printtable", str(given), "data_", "rlnReferenceImage", "rlnClassNumber"
    )
    numbers = [int(line.split()[1]) for line in printed.splitlines() if line.strip()]
    assert numbers == ours["rlnClassNumber"].tolist()


def test_a_mistake_is_a_failed_job_that_says_what(relion: Relion, split: str) -> None:
    folder = relion.job(
        "External",
        {"fn_exe": "rebalance relion", "in_part": split, "param1_label": "n", "param1_value": "4"},
    )
    assert (folder / "RELION_JOB_EXIT_FAILURE").is_file()
    assert relion.pipeline("processes")[f"{folder.relative_to(relion.project)}/"] == 3
    assert "There is no label n." in (folder / "run.err").read_text()


def test_orientations_of_a_refinement(tmp_path: Path) -> None:
    simulated = simulate_class_averages(OPTIONS)
    write_job(simulated, tmp_path / "project", "relion")
    files = write_refinement(simulated, tmp_path / "project", "relion")
    relion = Relion(tmp_path / "project")
    particles = next(files.job.glob("*_data.star")).relative_to(relion.project)
    folder = relion.job(
        "External",
        {
            "fn_exe": "rebalance relion orientations",
            "in_part": particles.as_posix(),
            "param1_label": "percentile",
            "param1_value": "50",
            "nr_threads": "2",
        },
    )
    name = folder.relative_to(relion.project).as_posix()
    assert relion.pipeline("processes")[f"{name}/"] == 2
    assert relion.pipeline("nodes")[f"{name}/particles_selected.star"] == 3
    assert "Next" not in (folder / "run.out").read_text()
