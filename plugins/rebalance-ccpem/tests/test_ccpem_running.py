"""The pipeliner runs the jobs for real: nodes, displays, metadata, and the job that comes next."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import rebalance

pytest.importorskip("pipeliner", reason="ccpem-pipeliner is not installed")

from pipeliner.api.manage_project import PipelinerProject
from pipeliner.job_factory import read_job
from pipeliner.pipeliner_job import PipelinerJob
from pipeliner.project_graph import ProjectGraph
from pipeliner.results_display_objects import ResultsDisplayObject
from pipeliner.starfile_handler import StarFile

if not metadata.entry_points(group="ccpem_pipeliner.jobs", name="rebalance.select.orientations"):
    pytest.skip("rebalance-ccpem is not installed", allow_module_level=True)

OPTIMISER = "Class2D/job003/run_it025_optimiser.star"
POSED = "Refine3D/job005/run_data.star"
LIMIT_S = 300


def run(job_type: str, **options: str) -> PipelinerJob:
    """Run a job to its end."""
    return PipelinerProject().run_job(
        {"_rlnJobTypeLabel": job_type, **options}, run_in_foreground=True
    )


def status(job: PipelinerJob) -> str:
    with ProjectGraph() as pipeline:
        return str(pipeline.find_process(job.output_dir).status)


def nodes(job: PipelinerJob) -> dict[str, str]:
    """The nodes that the pipeline of the project has of a job, by file, and their types."""
    with ProjectGraph() as pipeline:
        process = pipeline.find_process(job.output_dir)
        return {node.name.removeprefix(job.output_dir): node.type for node in process.output_nodes}


def shown(job: PipelinerJob) -> list[ResultsDisplayObject]:
    """The displays of a job, as they come back from its files; their own files are there."""
    made = PipelinerProject().get_job(job.output_dir).save_results_display_files()
    read = PipelinerProject().get_job(job.output_dir).load_results_display_files()
    assert [one.__dict__ for one in made] == [one.__dict__ for one in read]
    for one in read:
        assert one.dobj_type != "pending", one.reason
        named = [*one.associated_data]
        named += [
            vars(one)[name] for name in ("img", "image_path", "html_file") if name in vars(one)
        ]
        assert named
        assert [path for path in named if not Path(path).is_file()] == []
    return list(read)


def of_kind(displays: list[ResultsDisplayObject], kind: str) -> list[Any]:
    return [one for one in displays if one.dobj_type == kind]


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def balanced(project: Path) -> PipelinerJob:
    """Particles balanced by their class averages."""
    return run(
        "rebalance.select.class_averages",
        fn_opt=OPTIMISER,
        n_superclasses="4",
        factor="0.5",
        metric="rotational-cc",
        picking_templates="medoid",
        also="classes",
        nr_threads="2",
    )


@pytest.fixture(scope="module")
def even(project: Path) -> PipelinerJob:
    """Particles balanced by viewing direction."""
    return run("rebalance.select.orientations", fn_data=POSED, n_bins="48", percentile="70")


class TestClassAverages:
    def test_it_succeeds_and_its_nodes_are_in_the_pipeline(self, balanced: PipelinerJob) -> None:
        assert status(balanced) == "Succeeded"
        assert nodes(balanced) == {
            "results/particles_selected.star": "ParticleGroupMetadata.star.relion.rebalance",
            "results/particles_excluded.star": "ParticleGroupMetadata.star.relion.rebalance"
            ".excluded",
            "results/report.html": "LogFile.html.rebalance.report",
            "run.out": "LogFile.txt.rebalance",
            "results/templates.star": "Image2DGroupMetadata.star.relion.classaverages",
            "results/superclasses.csv": "ProcessData.csv.rebalance.superclasses",
            "results/affinity.npz": "ProcessData.npz.rebalance.affinity",
            "results/picking_templates.mrcs": "Image2DStack.mrc.rebalance.picking_templates",
            "results/particles_superclasses.star": "ParticleGroupMetadata.star.relion.rebalance"
            ".particles_superclasses",
        }
        for name in nodes(balanced):
            assert (Path(balanced.output_dir) / name).is_file()

    def test_its_input_is_a_node(self, balanced: PipelinerJob) -> None:
        with ProjectGraph() as pipeline:
            process = pipeline.find_process(balanced.output_dir)
            assert [(node.name, node.type) for node in process.input_nodes] == [
                (OPTIMISER, "OptimiserData.star.relion.class2d")
            ]

    def test_it_selects_what_the_command_selects(
        self, balanced: PipelinerJob, tmp_path: Path
    ) -> None:
        by_hand = rebalance.run(
            OPTIMISER,
            n_superclasses=4,
            factor="0.5",
            metric="rotational-cc",
            figures=False,
            output=tmp_path / "by_hand",
        )
        assert by_hand.folder is not None
        for name in ("particles_selected.star", "particles_excluded.star"):
            of_job = Path(balanced.output_dir, "results", name).read_bytes()
            assert of_job == (by_hand.folder / name).read_bytes()

    def test_doppio_is_shown_what_was_found(self, balanced: PipelinerJob) -> None:
        results = Path(balanced.output_dir, "results")
        summary = json.loads((results / "summary.json").read_text())
        displays = shown(balanced)
        texts = {one.title: one for one in of_kind(displays, "text")}
        selected = f"{summary['particles']['selected']:,} of {summary['particles']['read']:,}"
        assert selected in texts["Result"].display_data
        assert len(texts["Result"].flag) >= len(" ".join(summary["warnings"]))
        assert " -k " not in texts["Result"].flag
        assert "compared pairwise" in texts["Methods, to paste into a paper"].display_data

        table = of_kind(displays, "table")[0]
        groups = {number: int(count) for number, _, _, count, *_ in table.table_data}
        averages = rows(results / "superclasses.csv")
        for number, kept in groups.items():
            members = [row for row in averages if row["superclass"] == number]
            assert sum(int(row["particles_after"]) for row in members) == kept

        (bars,) = of_kind(displays, "plotlyobj")
        (before, kept) = json.loads(bars.plotlyfig)["data"]
        assert [before["name"], kept["name"]] == ["before", "kept"]
        assert bars.data["particles"] == [
            *(one["particles_before"] for one in summary["superclasses"]),
            *(one["particles_after"] for one in summary["superclasses"]),
        ]

        (montage,) = of_kind(displays, "montage")
        assert montage.labels == [f"superclass {number}" for number in range(4)]
        pictures = {Path(one.image_path).name: one.title for one in of_kind(displays, "image")}
        assert pictures["class_averages.png"] == "Class averages by superclass"
        (page,) = of_kind(displays, "html")
        assert page.html_file == f"{results}/report.html"

    def test_its_metadata_are_the_summary(self, balanced: PipelinerJob) -> None:
        again = PipelinerProject().get_job(balanced.output_dir)
        results = Path(balanced.output_dir, "results")
        assert again.gather_metadata() == json.loads((results / "summary.json").read_text())
        (program,) = again.jobinfo.programs
        assert program.get_version_from_logs(balanced.output_dir) == rebalance.__version__

    def test_a_metadata_report_of_the_project_can_be_made(self, balanced: PipelinerJob) -> None:
        report, n_jobs = PipelinerProject().prepare_metadata_report(balanced.output_dir)
        of_job = json.loads(Path(report).read_text())["Jobs metadata"][balanced.output_dir]
        assert n_jobs >= 1
        assert of_job["run_parameters"]["n_superclasses"] == "4"
        assert of_job["results"]["particles"]["read"] == 600

    def test_papers_are_those_of_the_methods(self, balanced: PipelinerJob) -> None:
        papers = PipelinerProject().get_job(balanced.output_dir).get_additional_reference_info()
        text = Path(balanced.output_dir, "results/report.md").read_text()
        assert len(papers) == 3
        for paper in papers:
            assert paper.year.isdigit()
            assert paper.title in text

    def test_the_job_that_comes_next_takes_its_particles(self, balanced: PipelinerJob) -> None:
        particles = f"{balanced.output_dir}results/particles_selected.star"
        job = run("pipeliner.select.random_sample", fn_parts=particles, n_samples="5")
        assert status(job) == "Succeeded"
        sampled = StarFile(f"{job.output_dir}sampled_particles.star")
        assert len(sampled.column_as_list("particles", "_rlnImageName")) == 5
        with ProjectGraph() as pipeline:
            (given,) = pipeline.find_process(job.output_dir).input_nodes
            assert given.output_from_process.name == balanced.output_dir

    def test_a_harsh_clean_up_takes_what_can_be_computed_again(
        self, balanced: PipelinerJob
    ) -> None:
        job = PipelinerProject().get_job(balanced.output_dir)
        assert job.prepare_clean_up_lists() == ([], [])
        files, folders = job.prepare_clean_up_lists(do_harsh=True)
        assert files == [f"{balanced.output_dir}results/affinity.npz"]
        assert folders == []


class TestOrientations:
    def test_it_succeeds_and_its_nodes_are_in_the_pipeline(self, even: PipelinerJob) -> None:
        assert status(even) == "Succeeded"
        assert set(nodes(even)) == {
            "results/particles_selected.star",
            "results/particles_excluded.star",
            "results/bins.csv",
            "results/report.html",
            "run.out",
        }

    def test_doppio_is_shown_what_was_found(self, even: PipelinerJob) -> None:
        displays = shown(even)
        assert "SCF* " in of_kind(displays, "text")[0].display_data
        before, after = of_kind(displays, "histogram")
        table = rows(Path(even.output_dir, "results/bins.csv"))
        for one, column in ((before, "particles_before"), (after, "particles_after")):
            assert sum(one.bins) == sum(int(row[column]) > 0 for row in table)
        pictures = [Path(one.image_path).name for one in of_kind(displays, "image")]
        assert pictures == ["viewing_directions.png", "scf_star.png"]

    def test_its_papers_have_identifiers(self, even: PipelinerJob) -> None:
        papers = PipelinerProject().get_job(even.output_dir).get_additional_reference_info()
        assert "10.1016/j.pbiomolbio.2019.09.002" in {paper.doi for paper in papers}


@pytest.fixture(scope="module")
def by_command_line(project: Path) -> Path:
    """A diagnosis that is run as from a terminal: a file of options, and ``pipeliner``."""
    said = (
        "data_job\n\n_rlnJobTypeLabel rebalance.map_analysis.orientations\n_rlnJobIsContinue 0\n"
        "_rlnJobIsTomo 0\n\ndata_joboptions_values\n\nloop_\n_rlnJobOptionVariable\n"
        f"_rlnJobOptionValue\nfn_data {POSED}\nn_bins 48\n"
    )
    Path("diagnosis_job.star").write_text(said)
    done = subprocess.run(
        ["pipeliner", "--run_job", "diagnosis_job.star"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (
        path.parent
        for path in Path("Rebalance").glob("*/job.star")
        if "map_analysis" in path.read_text()
    )
    end = time.monotonic() + LIMIT_S
    while not list(folder.glob("PIPELINER_JOB_EXIT_*")):
        assert time.monotonic() < end, "the job does not come to an end"
        time.sleep(0.2)
    return folder


class TestDiagnosisFromTheCommandLine:
    def test_it_succeeds(self, by_command_line: Path) -> None:
        ended = [path.name for path in by_command_line.glob("PIPELINER_JOB_EXIT_*")]
        assert ended == ["PIPELINER_JOB_EXIT_SUCCESS"], (by_command_line / "run.err").read_text()
        job = read_job(str(by_command_line / "job.star"))
        assert job.joboptions["n_bins"].value == 48

    def test_doppio_is_shown_what_was_found(self, by_command_line: Path) -> None:
        job = PipelinerProject().get_job(f"{by_command_line}/")
        displays = shown(job)
        summary = job.gather_metadata()
        reading = of_kind(displays, "text")[0]
        assert reading.display_data.startswith(summary["verdict"])
        (scores,) = of_kind(displays, "table")
        said = {name: value for name, value, _ in scores.table_data}
        assert said["SCF*"] == f"{summary['sampling']['scf_star']:.2f}"
        assert said["cFAR"] == f"{summary['half_maps']['cfar']:.2f}"
        pictures = [Path(one.image_path).name for one in of_kind(displays, "image")]
        assert pictures[:2] == ["viewing_directions.png", "conical_fsc.png"]


class TestWhatCanNotBeDone:
    def test_options_that_can_not_be_stop_the_job_before_it_starts(self, project: Path) -> None:
        before = sorted(Path("Rebalance").glob("*"))
        with pytest.raises(ValueError, match="“Balanced subsets” need a cap"):
            run("rebalance.select.class_averages", fn_opt=OPTIMISER, subsets="3")
        assert sorted(Path("Rebalance").glob("*")) == before

    def test_what_is_found_in_the_data_ends_it_with_a_reason(self, project: Path) -> None:
        job = run("rebalance.select.class_averages", fn_opt=OPTIMISER, n_superclasses="500")
        assert status(job) == "Failed"
        said = Path(job.output_dir, "run.err").read_text()
        assert "500 superclasses" in said
        assert "Traceback" not in said
        assert not Path(job.output_dir, "results").exists()
        assert os.listdir(job.output_dir)
