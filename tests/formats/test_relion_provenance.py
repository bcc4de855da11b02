"""Whose files are these? Job numbers and names of files repeat in every RELION project."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.star_file import StarFile
from tests.formats.conftest import RelionJobMaker
from tests.formats.relion_jobs import CLASSES, select_job

STACK = "run_it025_classes.mrcs"


@pytest.fixture
def other_project(tmp_path: Path, write_stack) -> RelionJobMaker:
    """A project with a job of the same number, but of another data set."""
    other = RelionJobMaker(tmp_path / "other", write_stack)
    other.iteration("run_it025", CLASSES)
    (other.project / "default_pipeline.star").write_text("data_\n")
    return other


@pytest.fixture
def job(relion_job: RelionJobMaker) -> RelionJobMaker:
    relion_job.iteration("run_it025", CLASSES)
    return relion_job


def images_of(path: Path) -> np.ndarray:
    return formats.read(path).class_averages.images


def copied_into(other: RelionJobMaker, job: RelionJobMaker, without: str = "") -> Path:
    folder = other.project / "Class2D" / "job007_from_elsewhere"
    shutil.copytree(job.folder, folder)
    if without:
        (folder / without).unlink()
    return folder


@pytest.mark.parametrize("start", ["", "run_it025_data.star", "run_it025_optimiser.star"])
def test_a_job_brought_into_another_project_is_read_with_its_own_images(
    job, other_project, start: str
) -> None:
    folder = copied_into(other_project, job)
    data = formats.read(folder / start)
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))
    assert data.particles.path.parent == folder
    (warning,) = data.warnings
    assert f"Using {folder / STACK}, not {other_project.folder / STACK}" in warning


def test_two_stacks_of_one_content_are_no_matter(job, other_project) -> None:
    folder = copied_into(other_project, job)
    shutil.copy(job.folder / STACK, other_project.folder / STACK)
    assert formats.read(folder).warnings == ()


def test_templates_name_the_images_that_were_read(job, other_project, write_back, tmp_path) -> None:
    folder = copied_into(other_project, job)
    write_back(formats.read(folder), [True] * 10, tmp_path / "out")
    loop = StarFile(tmp_path / "out" / "templates.star").blocks[0].loop
    names = {name.partition("@")[2] for name in loop.read_column("rlnReferenceImage")}
    assert names == {f"Class2D/{folder.name}/{STACK}"}


def test_the_project_that_is_given_does_not_lead_to_other_images_either(job, other_project) -> None:
    folder = copied_into(other_project, job)
    data = formats.read(folder, project=other_project.project)
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))
    assert len(data.warnings) == 1


def test_images_of_another_job_are_suspected_where_the_own_are_gone(job, other_project) -> None:
    model = job.folder / "run_it025_model.star"
    model.write_text(model.read_text().replace("12.500000", "14.250000"))
    folder = copied_into(other_project, job, without=STACK)
    (warning,) = formats.read(folder).warnings
    assert str(other_project.folder / STACK) in warning
    assert "describes classes 2–4 differently" in warning


def test_a_backup_of_the_tables_finds_the_images_of_its_job(job) -> None:
    backup = job.project / "backup"
    backup.mkdir()
    for part in ("data", "model", "optimiser"):
        shutil.copy(job.folder / f"run_it025_{part}.star", backup)
    data = formats.read(backup)
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))
    assert data.warnings == ()


def test_an_optimiser_does_not_take_another_folders_table(job, other_project) -> None:
    folder = copied_into(other_project, job, without="run_it025_data.star")
    with pytest.raises(InputError, match="is not next to it") as caught:
        formats.read(folder / "run_it025_optimiser.star")
    assert str(other_project.folder / "run_it025_data.star") in str(caught.value)
    assert "copy run_it025_data.star next to" in caught.value.hint


def test_an_optimiser_does_not_take_another_folders_model(job, other_project) -> None:
    folder = copied_into(other_project, job, without="run_it025_model.star")
    data = formats.read(folder / "run_it025_optimiser.star")
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))


def test_an_alias_is_the_job_itself(job, other_project) -> None:
    for maker in (job, other_project):
        os.symlink("job007", maker.project / "Class2D" / "good")
    for start in ("", "run_it025_optimiser.star", "run_it025_data.star"):
        data = formats.read(job.project / "Class2D" / "good" / start)
        assert data.warnings == ()
        np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))


def test_names_by_the_alias_are_followed_too(job) -> None:
    os.symlink("job007", job.project / "Class2D" / "good")
    model = job.folder / "run_it025_model.star"
    model.write_text(model.read_text().replace("job007", "good"))
    assert formats.read(job.folder).warnings == ()


def test_a_select_job_finds_the_images_of_its_classification(job) -> None:
    folder = select_job(job, [4, 2], [2, 4, 2])
    data = formats.read(folder)
    assert data.warnings == ()
    assert data.sources[-1] == job.folder / STACK


def test_a_select_job_of_another_project_is_suspected(job, other_project) -> None:
    folder = select_job(job, [4, 2], [2, 4, 2])
    text = (folder / "class_averages.star").read_text().replace("12.5", "14.25")
    (folder / "class_averages.star").write_text(text)
    moved = other_project.project / "Select" / "job008"
    shutil.copytree(folder, moved)
    (warning,) = formats.read(moved).warnings
    assert (
        "describes classes 2 and 4 differently. Are these two jobs with the same name?" in warning
    )


@pytest.mark.parametrize("what", ["folder", "table", "other name"])
def test_a_link_is_followed_to_the_project_of_its_target(job, tmp_path: Path, what: str) -> None:
    folder = select_job(job, [4, 2], [2, 4, 2])
    desk = tmp_path / "desk"
    desk.mkdir()
    name = {"folder": "mine", "table": "particles.star", "other name": "chosen.star"}[what]
    target = folder if what == "folder" else folder / "particles.star"
    os.symlink(os.path.relpath(target, desk), desk / name)
    data = formats.read(desk / name)
    assert data.class_averages.class_id.tolist() == [4, 2]
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK)[[3, 1]])


def test_the_current_folder_is_last_and_said(job, tmp_path: Path, monkeypatch) -> None:
    mailed = tmp_path / "mail" / "job007"
    shutil.copytree(job.folder, mailed)
    monkeypatch.chdir(job.project)
    assert formats.read(mailed).notes == ()
    (mailed / STACK).unlink()
    data = formats.read(mailed)
    assert any("only found in the current folder" in note for note in data.notes)
    np.testing.assert_array_equal(data.class_averages.images, images_of(job.folder / STACK))


def test_a_project_inside_another_is_not_read_with_the_outer_ones_images(
    job, other_project
) -> None:
    (job.project / "default_pipeline.star").write_text("data_\n")
    archived = other_project.project / "archive"
    shutil.copytree(job.project, archived)
    data = formats.read(archived / "Class2D" / "job007")
    assert data.warnings == ()
    shutil.move(archived / "Class2D" / "job007" / STACK, archived / "gone")
    data = formats.read(archived / "Class2D" / "job007")
    assert any(f"folder {other_project.project} above the project" in n for n in data.notes)


def test_a_stack_that_is_not_found_is_named_with_those_that_lie_beside(job, tmp_path) -> None:
    folder = tmp_path / "deposited"
    folder.mkdir()
    for part in ("data", "model", "optimiser"):
        shutil.copy(job.folder / f"run_it025_{part}.star", folder / f"run_{part}.star")
    shutil.copy(job.folder / STACK, folder / "run_class.mrcs")
    with pytest.raises(InputError, match="was not found") as caught:
        formats.read(folder)
    assert "`class_averages` (next to it: run_class.mrcs)" in caught.value.hint
    assert "`project`" in caught.value.hint
    data = formats.read(folder, folder / "run_class.mrcs")
    assert len(data.class_averages) == 4


def test_chosen_averages_of_another_job_are_suspected_by_its_model(relion_job, tmp_path) -> None:
    many = [1] * 10 + [2] * 60 + [3] * 20 + [4] * 10
    relion_job.iteration("run_it025", many)
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    relion_job.iteration("run_it025", many)
    model = relion_job.folder / "run_it025_model.star"
    groups = "\ndata_model_groups\n\nloop_\n_rlnGroupNumber #1\n_rlnGroupNrParticles #2\n1 100\n\n"
    model.write_text(model.read_text() + groups)
    table = tmp_path / "other_data.star"
    shutil.copy(relion_job.folder / "run_it025_data.star", table)
    (warning,) = formats.read(table, folder / "class_averages.star").warnings
    assert warning.startswith("35 of 100 particles are in other classes than rlnClassDistribution")


def test_particles_beside_chosen_averages_of_other_classes_are_suspected(job) -> None:
    folder = select_job(job, [4, 2], [2, 4, 2])
    shutil.copy(job.folder / "run_it025_data.star", folder / "particles.star")
    (warning,) = formats.read(folder).warnings
    assert "class_averages.star has no average for class 3" in warning
