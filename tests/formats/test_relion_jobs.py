"""RELION jobs are found from any of their files, and mapped by class number."""

from __future__ import annotations

import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.relion_jobs import CLASSES, select_job


def test_a_job_folder_gives_its_last_iteration(relion_job) -> None:
    relion_job.iteration("run_it004", [1] * 10)
    relion_job.iteration("run_ct4_it025", CLASSES)
    relion_job.iteration("run_ct4_it010", [1] * 10)
    data = formats.read(relion_job.folder)
    assert data.format == "relion"
    assert data.job == "job007"
    assert data.particles.class_id.tolist() == CLASSES
    assert data.particles.path.name == "run_ct4_it025_data.star"
    assert "last of 3 iterations" in data.notes[0]


def test_an_unfinished_iteration_is_left_out_and_said(relion_job) -> None:
    relion_job.iteration("run_it010", CLASSES)
    shutil.copy(
        relion_job.folder / "run_it010_model.star", relion_job.folder / "run_it011_model.star"
    )
    data = formats.read(relion_job.folder)
    assert data.particles.path.name == "run_it010_data.star"
    assert any("run_it011" in note for note in data.notes)


def test_two_classifications_in_one_folder_are_an_error(relion_job) -> None:
    relion_job.iteration("run_it010", CLASSES)
    relion_job.iteration("other_it010", CLASSES)
    with pytest.raises(InputError, match="several classifications"):
        formats.read(relion_job.folder)


@pytest.mark.parametrize("part", ["optimiser", "data", "model"])
def test_any_file_of_an_iteration_gives_the_whole_job(relion_job, part: str) -> None:
    relion_job.iteration("run_it025", CLASSES)
    data = formats.read(relion_job.folder / f"run_it025_{part}.star")
    averages = data.class_averages
    assert data.particles.class_id.tolist() == CLASSES
    assert averages.class_id.tolist() == [1, 2, 3, 4]
    assert averages.n_particles.tolist() == [0, 6, 2, 2]
    assert averages.is_empty.tolist() == [True, False, False, False]
    assert averages.pixel_size == 3.0
    assert averages.mask_diameter == 20.0
    assert averages.resolution.tolist() == [np.inf, 12.5, 12.5, 12.5]
    with mrcfile.open(relion_job.folder / "run_it025_classes.mrcs") as stack:
        np.testing.assert_array_equal(averages.images, stack.data)
    assert {path.name for path in data.sources} >= {"run_it025_data.star", "run_it025_classes.mrcs"}


def test_a_stack_numbers_its_averages_from_one(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    stack = relion_job.folder / "run_it025_classes.mrcs"
    data = formats.read(table, stack)
    assert data.class_averages.class_id.tolist() == [1, 2, 3, 4]
    assert data.class_averages.n_particles.tolist() == [0, 6, 2, 2]
    assert data.warnings == ()


def test_a_select_job_keeps_the_original_class_numbers(relion_job) -> None:
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    for path in (folder, folder / "particles.star", folder / "class_averages.star"):
        data = formats.read(path)
        assert data.job == "job008"
        assert data.class_averages.class_id.tolist() == [4, 2]
        assert data.class_averages.n_particles.tolist() == [1, 2]
        with mrcfile.open(relion_job.folder / "run_it025_classes.mrcs") as stack:
            np.testing.assert_array_equal(data.class_averages.images, stack.data[[3, 1]])


def test_averages_of_a_select_job_with_all_particles_are_not_suspected(relion_job) -> None:
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    data = formats.read(relion_job.folder / "run_it025_data.star", folder / "class_averages.star")
    assert data.class_averages.n_particles.tolist() == [2, 6]
    assert data.warnings == ()


def test_the_project_folder_is_found_by_walking_up_or_given(relion_job, tmp_path: Path) -> None:
    relion_job.iteration("run_it025", CLASSES)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for part in ("data", "model", "optimiser"):
        shutil.copy(relion_job.folder / f"run_it025_{part}.star", elsewhere)
    with pytest.raises(InputError, match=r"run_it025_classes\.mrcs, which was not found"):
        formats.read(elsewhere)
    data = formats.read(elsewhere, project=relion_job.project)
    assert len(data.class_averages) == 4


def test_a_copied_job_is_read_from_the_files_beside(relion_job, tmp_path: Path) -> None:
    relion_job.iteration("run_it025", CLASSES)
    elsewhere = tmp_path / "copy"
    shutil.copytree(relion_job.folder, elsewhere)
    shutil.rmtree(relion_job.project)
    data = formats.read(elsewhere / "run_it025_optimiser.star")
    assert data.class_averages.n_particles.tolist() == [0, 6, 2, 2]


def test_images_that_are_constant_or_not_finite_are_data(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2, 3, 4])
    with mrcfile.open(relion_job.folder / "run_it025_classes.mrcs", mode="r+") as stack:
        stack.data[0] = 0.0
        stack.data[1] = 2.5
        stack.data[2, 3, 3] = np.nan
    data = formats.read(table)
    assert data.class_averages.is_empty.tolist() == [True, True, True, False]
    assert data.warnings == (
        "Class 3: the image holds NaN or infinite pixels and can't be compared.",
        "2 of 4 particles are in classes 1 and 2, whose averages are blank. Are particles and "
        "averages from different jobs?",
    )
    assert any(note.startswith("Class 2: the image is a single gray") for note in data.notes)


def test_without_averages_the_table_alone_is_read_when_that_is_enough(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    for name in ("model.star", "classes.mrcs"):
        (relion_job.folder / f"run_it025_{name}").unlink()
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(table)
    assert "`superclasses=False`" in caught.value.hint
    data = formats.read(table, need_class_averages=False)
    assert data.class_averages is None
    assert len(data.particles) == 10
