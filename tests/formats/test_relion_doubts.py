"""RELION files that disagree with each other or with a person are suspected, not refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError, OptionError
from tests.formats.relion_jobs import CLASSES


def test_class_numbers_outside_a_whole_stack_are_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2, 7])
    data = formats.read(table)
    assert [warning for warning in data.warnings if "different jobs" in warning] == [
        "run_it025_model.star has no average for class 7, used by the particles. Are averages and "
        "particles from different jobs?"
    ]


def test_pixel_size_given_overrides_the_files(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    assert formats.read(table, pixel_size=1.5).class_averages.pixel_size == 1.5
    for given in ("1.5", np.float32(1.5)):
        found = formats.read(table, pixel_size=given).class_averages.pixel_size
        assert (found, type(found)) == (1.5, float)
    for given, says in (
        (-1.0, "is -1 Å; it must be above 0"),
        (float("nan"), "is nan Å; it must be above 0"),
        (10**400, "is inf Å; it must be above 0"),
        ("small", "'small', not a number of Å"),
    ):
        with pytest.raises(OptionError, match=says):
            formats.read(table, pixel_size=given)


@pytest.mark.parametrize(("given", "warns"), [(1.5, True), (3.01, False), (4.0, False)])
def test_a_pixel_size_given_that_no_file_states_is_suspected(
    relion_job, given: float, warns: bool
) -> None:
    # The model says 4 Å, the optics 3 Å: either bears the person out.
    table = relion_job.iteration("run_it025", CLASSES, pixel_size=4.0)
    data = formats.read(table, pixel_size=given)
    assert data.class_averages.pixel_size == given
    says = f"is {given:g} Å according to `pixel_size`, but 4 Å according to run_it025_model.star"
    assert [says in warning for warning in data.warnings] == [True] * warns


def test_pixel_sizes_that_disagree_are_suspected(relion_job) -> None:
    data = formats.read(relion_job.iteration("run_it025", CLASSES, pixel_size=4.0))
    assert data.class_averages.pixel_size == 4.0
    assert any(
        "4 Å according to run_it025_model.star, but 3 Å" in warning for warning in data.warnings
    )


def test_one_of_several_optics_groups_may_agree(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    group = "opticsGroup1            1     3.000000            8   300.000000     2.700000 \n"
    other = group.replace("1            1     3.0", "2            2     2.0")
    table.write_text(table.read_text().replace(group, other + group))
    data = formats.read(table)
    assert data.class_averages.pixel_size == 3.0
    assert data.warnings == ()


@pytest.mark.parametrize(("header", "warns"), [(0.0, False), (1.0, False), (2.0, True)])
def test_a_placeholder_in_the_header_does_not_count(
    relion_job, write_stack, header: float, warns: bool
) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    write_stack(relion_job.folder / "run_it025_classes.mrcs", pixel_size=header)
    data = formats.read(table)
    assert data.class_averages.pixel_size == 3.0
    assert bool(data.warnings) == warns


def test_another_box_than_the_particles_is_suspected(relion_job, write_stack) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    write_stack(relion_job.folder / "run_it025_classes.mrcs", box=16)
    data = formats.read(table)
    assert any("16 px wide, but the particles 8 px" in warning for warning in data.warnings)


def test_particles_all_in_one_class_are_refused_or_said(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1] * 10)
    says = "All 10 particles are in class 1, as after a 3D refinement"
    with pytest.raises(InputError, match=says):
        formats.read(table)
    assert any(says in warning for warning in formats.inspect(table).warnings)
    for name in ("model.star", "classes.mrcs"):
        (table.parent / f"run_it025_{name}").unlink()
    (warning,) = formats.read(table, need_class_averages=False).warnings
    assert warning.startswith(says)


def test_one_class_average_with_all_particles_is_no_matter(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1] * 10, n=1)
    assert formats.read(table).warnings == ()


def test_particles_that_are_all_in_blank_averages_are_refused(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2, 1, 2])
    with mrcfile.open(table.parent / "run_it025_classes.mrcs", mode="r+") as stack:
        stack.data[:2] = 0
    with pytest.raises(InputError, match="None of the 4 particles is in a class whose average has"):
        formats.read(table)
    assert formats.inspect(table).is_refused


MANY = [1] * 40 + [2] * 30 + [3] * 20 + [4] * 10


def with_model(relion_job, classes: list[int], shares: list[float], n_job: int | None) -> Path:
    table = relion_job.iteration("run_it025", classes)
    model = relion_job.folder / "run_it025_model.star"
    text = model.read_text()
    for number, share in enumerate(shares, 1):
        line = next(line for line in text.splitlines() if f"{number:06d}@" in line)
        text = text.replace(line, line.replace(f"{0.25:12.6f}", f"{share:12.6f}"))
    if n_job is not None:
        text += (
            "\ndata_model_groups\n\nloop_\n_rlnGroupNumber #1\n_rlnGroupNrParticles #2\n"
            f"1 {n_job - 7}\n2 7\n\n"
        )
    model.write_text(text)
    return table


@pytest.mark.parametrize("n_job", [None, 100])
def test_counts_that_are_those_of_the_model_are_no_matter(relion_job, n_job) -> None:
    assert formats.read(with_model(relion_job, MANY, [0.38, 0.3, 0.2, 0.12], n_job)).warnings == ()


@pytest.mark.parametrize("n_job", [None, 100])
def test_counts_that_are_not_those_of_the_model_are_suspected(relion_job, n_job) -> None:
    table = with_model(relion_job, MANY, [0.1, 0.2, 0.3, 0.4], n_job)
    (warning,) = formats.read(table).warnings
    assert warning == (
        "40 of 100 particles are in other classes than rlnClassDistribution of "
        "run_it025_model.star says. Are particles and averages from different jobs?"
    )


def test_more_particles_than_the_model_was_made_of_are_suspected(relion_job) -> None:
    (warning,) = formats.read(with_model(relion_job, MANY, [0.4, 0.3, 0.2, 0.1], 60)).warnings
    assert "The table has 100 particles, but run_it025_model.star was made from 60." in warning


def test_a_part_of_the_particles_may_be_distributed_otherwise(relion_job, tmp_path) -> None:
    # As balanced by an earlier run: 100 of each class of 1,000 particles.
    balanced = [1] * 100 + [2] * 100 + [3] * 100 + [4] * 100
    table = with_model(relion_job, balanced, [0.7, 0.1, 0.1, 0.1], 1000)
    model = table.with_name("run_it025_model.star")
    assert formats.read(table, model).warnings == ()
    table = with_model(relion_job, balanced, [0.97, 0.01, 0.01, 0.01], 1000)
    (warning,) = formats.read(table, model).warnings
    assert warning.startswith("270 of 400 particles are in other classes")


def test_averages_of_half_the_box_and_twice_the_pixel_size_fit(
    relion_job, write_stack, tmp_path
) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    rescaled = write_stack(tmp_path / "rescaled.mrcs", box=4, pixel_size=6.0)
    data = formats.read(table, rescaled)
    assert data.warnings == ()
    assert data.class_averages.pixel_size == 6.0
    cropped = write_stack(tmp_path / "cropped.mrcs", box=4, pixel_size=3.0)
    (warning,) = formats.read(table, cropped).warnings
    assert "4 px wide, but the particles 8 px" in warning
    unknown = write_stack(tmp_path / "unknown.mrcs", box=4, pixel_size=0.0)
    assert len(formats.read(table, unknown).warnings) == 1
    data = formats.read(table, unknown, pixel_size=6.0)
    assert data.class_averages.pixel_size == 6.0
    assert data.warnings == ()


def test_a_table_with_fewer_particles_than_its_model_is_suspected(relion_job) -> None:
    table = with_model(relion_job, MANY, [0.4, 0.3, 0.2, 0.1], 130)
    (warning,) = formats.read(table).warnings
    assert (
        "has 100 particles, but run_it025_model.star was made from 130. Is the table cut" in warning
    )
    # A person who names the model may have a part of the particles.
    assert formats.read(table, table.with_name("run_it025_model.star")).warnings == ()


def test_a_model_with_fewer_classes_than_it_says_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    lines = model.read_text().splitlines(keepends=True)
    model.write_text("".join(line for line in lines if "000004@" not in line))
    assert any(
        "is for 4 classes, but lists 3 images" in said for said in formats.read(table).warnings
    )


def test_a_stack_of_another_job_is_suspected_by_the_model_beside_it(relion_job, tmp_path) -> None:
    model = with_model(relion_job, MANY, [0.1, 0.2, 0.3, 0.4], 100)
    table = tmp_path / "run_it024_data.star"
    shutil.copy(model, table)
    stack = relion_job.folder / "run_it025_classes.mrcs"
    said = formats.read(table, stack).warnings
    assert said[0].startswith(
        "run_it024_data.star is from iteration 24, but run_it025_model.star from"
    )
    assert said[1].startswith("40 of 100 particles are in other classes")
