"""Unfinished and unusual classifications are read, and what is unusual is said with numbers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

import rebalance
from rebalance import formats
from rebalance.errors import InputError
from rebalance.model import NO_CLASS
from tests.formats.relion_jobs import CLASSES


def say_in_optimiser(folder: Path, root: str, **values: object) -> None:
    path = folder / f"{root}_optimiser.star"
    lines = "".join(f"_rln{label} {value}\n" for label, value in values.items())
    path.write_text(
        path.read_text().replace("_rlnParticleDiameter", f"{lines}_rlnParticleDiameter")
    )


def test_particles_without_a_class_are_excluded_counted_and_said(relion_job, tmp_path) -> None:
    table = relion_job.iteration("run_it120", [2, 0, 3, 77, 2, 4, 0, 78, 2, 3])
    text = table.read_text()
    for given, other in (("77", "-1"), ("78", "nan")):
        text = text.replace(f" {given} ", f" {other} ")
    table.write_text(text)
    say_in_optimiser(
        table.parent, "run_it120", CurrentIteration=120, NumberOfIterations=200, DoGradientRefine=1
    )
    data = formats.read(table)
    assert data.particles.class_id.tolist() == [2, -1, 3, -1, 2, 4, -1, -1, 2, 3]
    assert NO_CLASS == -1
    assert data.class_averages.n_particles.tolist() == [0, 3, 2, 1]
    (warning,) = data.warnings
    assert warning.startswith(
        "4 of 10 particles are excluded: they are in no class (rlnClassNumber: 2 with 0 and 2 with"
    )
    assert any("iteration 120 of 200" in note and "gradient" in note for note in data.notes)
    assert dict(formats.inspect(table).rows)["particles"] == "10 (4 in no class)"


@pytest.mark.parametrize("superclasses", [False, True])
def test_a_run_excludes_particles_without_a_class_and_strict_refuses(
    relion_job, tmp_path: Path, superclasses: bool
) -> None:
    table = relion_job.iteration("run_it120", [2, 0, 3, 2, 4, 0, 2, 3])
    settings = {"superclasses": superclasses, "figures": False, "use_cache": False}
    if superclasses:
        settings["n_superclasses"] = 2
    result = rebalance.run(table, output=tmp_path / "out", **settings)
    assert result.selection.selected.tolist() == [True, False, True, True, True, False, True, True]
    assert 0 not in result.superclasses.class_id.tolist()
    assert -1 not in result.superclasses.class_id.tolist()
    with pytest.raises(InputError, match="2 of 8 particles are in no class"):
        rebalance.run(table, output=tmp_path / "strict", strict=True, **settings)
    assert not (tmp_path / "strict").exists()


def test_an_iteration_that_is_not_the_last_is_said(relion_job) -> None:
    table = relion_job.iteration("run_it008", CLASSES)
    assert formats.read(table).notes == ()
    say_in_optimiser(table.parent, "run_it008", CurrentIteration=8, NumberOfIterations=25)
    for start in (table, table.parent, table.parent / "run_it008_model.star"):
        notes = formats.read(start).notes
        assert "This is iteration 8 of 25, by its optimiser." in notes


def test_the_last_iteration_is_no_matter(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    say_in_optimiser(table.parent, "run_it025", CurrentIteration=25, NumberOfIterations=25)
    assert formats.read(table.parent).notes == ()


def test_an_iteration_of_another_number_than_its_name_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    say_in_optimiser(table.parent, "run_it025", CurrentIteration=12, NumberOfIterations=12)
    (warning,) = formats.read(table).warnings
    assert warning.startswith(
        "run_it025_data.star is of iteration 25 by its name, and of iteration 12"
    )


def test_a_later_iteration_in_the_folder_is_said(relion_job) -> None:
    table = relion_job.iteration("run_it008", CLASSES)
    relion_job.iteration("run_it025", CLASSES)
    relion_job.iteration("other_it030", CLASSES)
    (note,) = formats.read(table).notes
    assert note == "The folder has iterations up to 25; this is 8, as asked for."


@pytest.mark.parametrize("evidence", ["total", "seed", "time"])
def test_an_iteration_left_over_from_an_earlier_run_is_suspected(relion_job, evidence: str) -> None:
    old = relion_job.iteration("run_it025", CLASSES)
    new = relion_job.iteration("run_it010", CLASSES)
    assert formats.read(relion_job.folder).warnings == ()
    if evidence == "total":
        say_in_optimiser(new.parent, "run_it010", NumberOfIterations=10)
    elif evidence == "seed":
        say_in_optimiser(old.parent, "run_it025", RandomSeed=3)
        say_in_optimiser(new.parent, "run_it010", RandomSeed=4)
    else:
        os.utime(old, (1e9, 1e9))
    (warning,) = formats.read(relion_job.folder).warnings
    assert "run_it025_data.star may be left over from an earlier run" in warning
    assert "run_it010_data.star " in warning


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("RELION_JOB_EXIT_FAILURE", "failed"),
        ("RELION_JOB_EXIT_ABORTED", "was aborted"),
        ("PIPELINER_JOB_EXIT_FAILED", "failed"),
    ],
)
def test_a_job_that_failed_is_said(relion_job, name: str, says: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    (table.parent / name).touch()
    (warning,) = formats.read(table).warnings
    assert warning == f"The job {says}, by {name} in its folder: are its files whole?"
    (table.parent / "RELION_JOB_EXIT_SUCCESS").touch()
    assert formats.read(table).warnings == ()


def test_line_ends_of_windows_are_said(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))
    (warning,) = formats.read(table).warnings
    assert "CR+LF" in warning
    assert f"dos2unix on {table}" in warning


@pytest.mark.parametrize(
    ("between", "says"),
    [
        ("\n", "RELION stops at the blank line after 4 of 10"),
        ("  \t\n", "RELION stops at the blank line after 4 of 10"),
        ("# a\n", "RELION takes the comment for a particle after 4 of 10"),
        ("# a\n\n", "RELION stops at the blank line after 4 of 10"),
    ],
)
def test_lines_between_rows_are_said(relion_job, between: str, says: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    lines = table.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "000005@" in line)
    table.write_text("".join([*lines[:at], between, *lines[at:]]))
    (warning,) = formats.read(table).warnings
    assert says in warning


def test_lines_before_the_first_row_are_no_matter(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    text = table.read_text().replace("_rlnOpticsGroup #5 \n", "_rlnOpticsGroup #5 \n\n# a\n")
    table.write_text(text)
    assert formats.read(table).warnings == ()


def test_a_loop_in_capitals_is_said(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    head, _, tail = table.read_text().rpartition("loop_")
    table.write_text(f"{head}LOOP_{tail}")
    (warning,) = formats.read(table).warnings
    assert "spells loop_ as LOOP_" in warning


def test_particles_that_are_there_twice_are_counted(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    rows = relion_job.rows(CLASSES)
    table.write_text(
        table.read_text().replace(rows, rows + "\n" + "\n".join(rows.split("\n")[2:5]))
    )
    (warning,) = formats.read(table).warnings
    assert warning.startswith("3 of 13 particles are there more than once by rlnImageName, e.g. ")
    assert "000003@Extract/job005/mic1.mrcs on lines 28 and 36" in warning


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


def test_what_run_would_refuse_is_refused_by_inspect(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    assert not formats.inspect(table).is_refused
    table.write_text(table.read_text().replace("_rlnClassNumber", "_rlnOther"))
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
        "run_it025_model.star says: are particles and averages of two different jobs?"
    )


def test_more_particles_than_the_model_was_made_of_are_suspected(relion_job) -> None:
    (warning,) = formats.read(with_model(relion_job, MANY, [0.4, 0.3, 0.2, 0.1], 60)).warnings
    assert "The table has 100 particles, and run_it025_model.star was made of 60:" in warning


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
    assert "4 px wide and the particles 8 px" in warning
    unknown = write_stack(tmp_path / "unknown.mrcs", box=4, pixel_size=0.0)
    assert len(formats.read(table, unknown).warnings) == 1
    data = formats.read(table, unknown, pixel_size=6.0)
    assert data.class_averages.pixel_size == 6.0
    assert data.warnings == ()


def test_the_images_of_averages_are_what_they_were(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    with mrcfile.open(table.parent / "run_it025_classes.mrcs") as stack:
        np.testing.assert_array_equal(formats.read(table).class_averages.images, stack.data)


def test_a_table_with_fewer_particles_than_its_model_is_suspected(relion_job) -> None:
    table = with_model(relion_job, MANY, [0.4, 0.3, 0.2, 0.1], 130)
    (warning,) = formats.read(table).warnings
    assert (
        "has 100 particles, and run_it025_model.star was made of 130: is the table cut" in warning
    )
    # A person who names the model may have a part of the particles.
    assert formats.read(table, table.with_name("run_it025_model.star")).warnings == ()


def test_a_table_whose_last_line_is_cut_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_bytes(table.read_bytes().rstrip())
    (warning,) = formats.read(table).warnings
    assert warning == "The last line of run_it025_data.star has no end: is the table cut short?"


def test_a_model_with_fewer_classes_than_it_says_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    lines = model.read_text().splitlines(keepends=True)
    model.write_text("".join(line for line in lines if "000004@" not in line))
    assert any(
        "is of 4 classes and names 3 images" in said for said in formats.read(table).warnings
    )


def test_a_stack_of_another_job_is_suspected_by_the_model_beside_it(relion_job, tmp_path) -> None:
    model = with_model(relion_job, MANY, [0.1, 0.2, 0.3, 0.4], 100)
    table = tmp_path / "run_it024_data.star"
    shutil.copy(model, table)
    stack = relion_job.folder / "run_it025_classes.mrcs"
    said = formats.read(table, stack).warnings
    assert said[0].startswith("run_it024_data.star is of iteration 24, and run_it025_model.star of")
    assert said[1].startswith("40 of 100 particles are in other classes")


def test_line_ends_of_windows_in_the_model_are_said(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_bytes(model.read_bytes().replace(b"\n", b"\r\n"))
    (warning,) = formats.read(table).warnings
    assert "so has templates.star: run dos2unix on" in warning


def test_an_optimiser_that_names_no_table_is_refused(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    optimiser = table.with_name("run_it025_optimiser.star")
    optimiser.write_text(optimiser.read_text().partition("_rlnExperimental")[0])
    with pytest.raises(InputError, match="no rlnExperimentalDataStarFile") as caught:
        formats.read(optimiser)
    assert caught.value.path == optimiser


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_that_are_not_closed_are_said(relion_job, quote: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    text = table.read_text()
    table.write_text(text.replace(" 000004@", f" {quote}000004@").replace("mic1.mrcs", "'a'.mrcs"))
    (warning,) = formats.read(table).warnings
    assert warning.startswith("1 of 10 rows of run_it025_data.star have a quote that is not closed")
    table.write_text(text.replace(" 000004@Extract/job005/mic0.mrcs ", f" {quote}a b{quote} "))
    assert formats.read(table).warnings == ()
