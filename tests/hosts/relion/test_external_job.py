"""An External job leaves its results among RELION's files, and says how it ended."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import starfile
from pandas.testing import assert_frame_equal

import rebalance
from rebalance.errors import OptionError, RebalanceError
from rebalance.hosts.relion import external_job as room
from rebalance.hosts.relion.exit_files import Aborted
from rebalance.hosts.relion.external_job import external_job
from rebalance.pipeline.rerun import rerun
from rebalance.simulate import simulate_class_averages, write_job, write_refinement
from tests.hosts.relion.conftest import CLASS2D, DONE, FAST, FOLDER, RELIONS_OWN, Said, endings
from tests.hosts.relion.test_output_nodes import write_pipeline
from tests.pipeline.refinements import OPTIONS

Runs = Callable[..., Said]
FAILED, STOPPED = "RELION_JOB_EXIT_FAILURE", "RELION_JOB_EXIT_ABORTED"


def digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def nodes() -> list[str]:
    table = starfile.read(FOLDER / "RELION_OUTPUT_NODES.star", always_dict=True)["output_nodes"]
    return [str(name).removeprefix(f"{FOLDER}/") for name in table["rlnPipeLineNodeName"]]


def selected() -> list[str]:
    return starfile.read(FOLDER / "particles_selected.star")["particles"]["rlnImageName"].tolist()


def test_the_results_are_those_of_a_run_and_relions_files_stay(
    relion_runs: Runs, tmp_path: Path
) -> None:
    said = relion_runs(*FAST, "--factor", "0.5")
    assert endings() == {DONE}
    for name in RELIONS_OWN:
        assert (FOLDER / name).read_text() == f"RELION's {name}\n"
    alone = rebalance.run(
        CLASS2D,
        n_superclasses=4,
        factor="0.5",
        metric="rotational-cc",
        figures=False,
        output=tmp_path / "alone",
    )
    assert alone.folder is not None
    with_record = digests(alone.folder)
    in_job = digests(FOLDER)
    assert {name: in_job.get(name) for name in with_record if name != "run.json"} == {
        name: digest for name, digest in with_record.items() if name != "run.json"
    }
    added = {"RELION_OUTPUT_NODES.star", "class_averages.star", "backup_selection.star"}
    assert in_job.keys() - with_record.keys() == {*added, *RELIONS_OWN, DONE}
    assert not [path for path in FOLDER.parent.iterdir() if path.name != FOLDER.name]
    assert said.job is not None
    assert said.job.result.files[0].is_file()


def test_nodes_are_named_from_the_project_and_are_there(relion_runs: Runs, project: Path) -> None:
    relion_runs(*FAST, "--factor", "0.5")
    assert nodes() == ["particles_selected.star", "particles_excluded.star", "class_averages.star"]
    assert all((FOLDER / name).is_file() for name in nodes())
    (project / "default_pipeline.star").unlink()
    write_pipeline(project, "4.0")
    relion_runs(*FAST, "--factor", "0.5")
    assert "ParticlesData.star.relion" in (FOLDER / "RELION_OUTPUT_NODES.star").read_text()


def test_an_empty_table_is_no_node(relion_runs: Runs) -> None:
    relion_runs(*FAST)
    assert nodes() == ["particles_selected.star", "class_averages.star"]


def test_subsets_are_nodes_too(relion_runs: Runs) -> None:
    said = relion_runs(*FAST, "--factor", "0.5", "--subsets", "2", "--also", "classes")
    tables = ["particles_superclasses.star", "subsets/particles_subset_01.star"]
    assert {*tables, "subsets/particles_subset_02.star", "class_averages.star"} < {*nodes()}
    assert nodes()[:2] == ["particles_selected.star", "particles_excluded.star"]
    assert all((FOLDER / name).is_file() for name in nodes())
    assert said.job is not None
    assert {*nodes(), "backup_selection.star"} == {*said.job.names}


def test_the_pictures_are_pages_of_one_pdf(relion_runs: Runs) -> None:
    relion_runs(*FAST[:-1], "yes")
    pdf = (FOLDER / "logfile.pdf").read_bytes()
    pictures = list((FOLDER / "figures").glob("*.png"))
    assert len(re.findall(rb"/Type /Page\b", pdf)) == len(pictures) >= 5
    assert b"/CreationDate" not in pdf
    assert nodes()[-1] == "logfile.pdf"
    relion_runs(*FAST[:-1], "yes")
    assert (FOLDER / "logfile.pdf").read_bytes() == pdf


def test_a_job_that_runs_again_leaves_nothing_of_the_first(relion_runs: Runs) -> None:
    relion_runs(*FAST[:-1], "yes", "--also", "tables", "--factor", "0.5")
    assert (FOLDER / "figures").is_dir()
    (FOLDER / "mine.txt").write_text("a person's")
    relion_runs(*FAST)
    there = digests(FOLDER)
    assert not (FOLDER / "figures").exists()
    assert "logfile.pdf" not in there
    assert not [name for name in there if "superclass_" in name]
    assert there.keys() >= {"mine.txt", *RELIONS_OWN, "run.json"}


def test_its_own_output_is_no_input_and_is_not_lost(relion_runs: Runs) -> None:
    relion_runs(*FAST)
    own = FOLDER / "particles_selected.star"
    before = own.read_bytes()
    with pytest.raises(RebalanceError, match="would overwrite an input file"):
        relion_runs(*FAST, "--superclasses", "no", particles=str(own))
    assert own.read_bytes() == before
    assert endings() == {FAILED}


def test_a_mistake_fails_the_job_and_leaves_no_results(relion_runs: Runs) -> None:
    relion_runs(*FAST)
    with pytest.raises(OptionError, match="no label factr"):
        relion_runs(*FAST, "--factr", "0.5")
    assert endings() == {FAILED}
    assert digests(FOLDER).keys() == {FAILED, *RELIONS_OWN}
    with pytest.raises(RebalanceError):
        relion_runs(*FAST, particles="Class2D/job003/nothing.star")
    assert endings() == {FAILED}
    relion_runs(*FAST)
    assert endings() == {DONE}


def test_a_bug_fails_the_job(relion_runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(room, "write_selection_files", broken)
    with pytest.raises(ZeroDivisionError):
        relion_runs(*FAST)
    assert endings() == {FAILED}
    assert digests(FOLDER).keys() == {FAILED, *RELIONS_OWN}


@pytest.mark.parametrize("at", ["Comparing", "Writing tables", "Writing the run record"])
def test_an_abort_is_answered_at_the_next_stage(project: Path, at: str) -> None:
    def say(line: str) -> None:
        if line.startswith(at):
            (FOLDER / "RELION_JOB_ABORT_NOW").touch()

    given = ["--o", f"{FOLDER}/", "--in_parts", CLASS2D, *FAST, "--j", "1"]
    with pytest.raises(Aborted):
        external_job(given, say=say, show=Said().show)
    assert STOPPED in endings()
    assert not {DONE, FAILED} & endings()
    assert digests(FOLDER).keys() - {STOPPED, "RELION_JOB_ABORT_NOW"} == {*RELIONS_OWN}


def test_a_request_to_abort_an_earlier_run_is_none_for_this(relion_runs: Runs) -> None:
    for name in ("RELION_JOB_ABORT_NOW", STOPPED, FAILED):
        (FOLDER / name).touch()
    relion_runs(*FAST)
    assert endings() == {DONE}


def test_a_select_job_gives_its_averages(relion_runs: Runs, project: Path) -> None:
    folder = project / "Select" / "job005"
    folder.mkdir(parents=True)
    model = starfile.read(project / "Class2D/job003/run_it025_model.star")["model_classes"]
    table = starfile.read(CLASS2D)
    chosen = sorted(table["particles"]["rlnClassNumber"].value_counts().index[:9])
    rows = model.iloc[[number - 1 for number in chosen]].assign(rlnClassNumber=chosen)
    starfile.write(rows, folder / "class_averages.star")
    table["particles"] = table["particles"][table["particles"]["rlnClassNumber"].isin(chosen)]
    starfile.write(table, folder / "particles.star")
    said = relion_runs(*FAST, particles="Select/job005/particles.star")
    assert said.job is not None
    assert said.job.result.dataset.class_averages is not None
    assert said.job.result.dataset.class_averages.class_id.tolist() == chosen
    backup = starfile.read(FOLDER / "backup_selection.star")["rlnSelected"]
    # Select shows every class of the classification, whatever was chosen before.
    assert len(backup) == 24
    assert (np.flatnonzero(backup) + 1).tolist() == chosen


def test_what_is_kept_is_neither_set_aside_nor_left_out(relion_runs: Runs) -> None:
    left_out = 3
    said = relion_runs(*FAST, "--exclude-classes", str(left_out), "--junk", "aside")
    assert said.job is not None
    result = said.job.result
    assert isinstance(result, rebalance.RunResult)
    kept = result.superclasses.class_id[result.superclasses.label >= 0].tolist()
    assert left_out not in kept
    assert 0 < len(kept) < 24
    backup = starfile.read(FOLDER / "backup_selection.star")["rlnSelected"]
    assert (np.flatnonzero(backup) + 1).tolist() == sorted(kept)
    model = Path("Class2D/job003/run_it025_model.star")
    columns = starfile.read(model)["model_classes"].columns.tolist()
    whole = starfile.read(model, parse_as_string=columns)["model_classes"]
    averages = starfile.read(FOLDER / "class_averages.star", parse_as_string=columns)
    assert averages["rlnClassNumber"].tolist() == sorted(kept)
    rows = whole.iloc[[number - 1 for number in sorted(kept)]].reset_index(drop=True)
    assert_frame_equal(averages[columns], rows)
    # By which RELION knows how to read the labels.
    assert (FOLDER / "class_averages.star").read_text().startswith("\n# version 30001\n\ndata_\n")


def test_a_next_job_of_ours_takes_what_was_selected(relion_runs: Runs, project: Path) -> None:
    first = relion_runs(*FAST, "--factor", "0.5")
    before = selected()
    assert first.job is not None
    shutil.copytree(FOLDER, project / "External/job006")
    relion_runs(*FAST, particles="External/job006/particles_selected.star")
    assert selected() == before


def test_the_same_bytes_whatever_the_number_of_threads(relion_runs: Runs) -> None:
    relion_runs(*FAST, "--factor", "0.5")
    one = digests(FOLDER)
    external_job(
        ["--o", str(FOLDER), "--in_parts", CLASS2D, *FAST, "--factor", "0.5", "--j", "1"],
        say=print,
        show=Said().show,
    )
    two = digests(FOLDER)
    assert {**one, "run.json": ""} == {**two, "run.json": ""}


def test_the_record_repeats_the_run_elsewhere(relion_runs: Runs, tmp_path: Path) -> None:
    relion_runs(*FAST, "--factor", "0.5")
    repeated = rerun(FOLDER / "run.json", output=tmp_path / "again")
    assert repeated.came_out == ()


def test_a_run_never_takes_the_folder_of_a_job_for_its_own(relion_runs: Runs) -> None:
    relion_runs(*FAST)
    with pytest.raises(RebalanceError, match="did not write and will not delete"):
        rebalance.run(CLASS2D, n_superclasses=4, output=FOLDER, overwrite=True)


def test_orientations_run_the_same_way(
    tmp_path: Path, relion_runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = simulate_class_averages(OPTIONS)
    project = tmp_path / "refined"
    write_job(simulated, project, "relion")
    files = write_refinement(simulated, project, "relion")
    monkeypatch.chdir(project)
    particles = next(files.job.glob("*_data.star")).relative_to(project).as_posix()
    said = relion_runs(
        "--bins", "24", "--in_mask", "mask.mrc", particles=particles, kind="orientations"
    )
    assert endings() == {DONE}
    assert "Input 3D mask is not used: mask.mrc." in said.lines
    assert nodes() == ["particles_selected.star", "particles_excluded.star", "logfile.pdf"]
    assert said.job is not None
    assert said.job.result.selection is not None
    assert len(selected()) == said.job.result.selection.selected.sum() > 0
