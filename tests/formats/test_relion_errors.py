"""RELION files that can't be what they should be end in one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.relion_jobs import CLASSES


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("_rlnClassNumber #3", "_rlnOther #3", "no rlnClassNumber"),
        ("           2 ", "         two ", r"line 26: _rlnClassNumber is two"),
        ("_rlnCoordinateX #1 \n", "", "line 25: .* has 5 values, but the table has 4 columns"),
    ],
)
def test_a_broken_particle_table_is_a_clear_error(relion_job, old, new, message) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        formats.read(table)
    assert caught.value.hint
    assert caught.value.path == table


def test_two_tables_one_behind_the_other_are_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    text = table.read_text().partition("data_particles")[2]
    first = table.read_text().splitlines().index("data_particles") + 1
    table.write_text(f"{table.read_text()}data_particles{text}")
    second = len(table.read_text().splitlines()) - len(text.splitlines()) + 1
    says = f"data_particles occurs twice, on lines {first} and {second};"
    with pytest.raises(InputError, match=says) as caught:
        formats.read(table)
    assert caught.value.location == f"line {second}"


@pytest.mark.parametrize("number", ["-3", "0", "nan", "None"])
def test_particles_none_of_which_has_a_class_are_an_error(relion_job, number: str) -> None:
    table = relion_job.iteration("run_it025", [77, 77, 77])
    table.write_text(table.read_text().replace(" 77 ", f" {number} "))
    with pytest.raises(InputError, match="None of the 3 particles is in a class") as caught:
        formats.read(table)
    place = int(caught.value.location.removeprefix("line "))
    assert "000001@" in table.read_text().splitlines()[place - 1]


@pytest.mark.parametrize("number", ["1.5", "inf", "two", "1_0"])
def test_a_class_number_that_is_no_number_is_an_error(relion_job, number: str) -> None:
    table = relion_job.iteration("run_it025", [1, 77, 2])
    table.write_text(table.read_text().replace(" 77 ", f" {number} "))
    with pytest.raises(InputError, match=rf"line 27: _rlnClassNumber is {number}"):
        formats.read(table)


def test_an_image_number_beyond_all_bounds_is_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_text(model.read_text().replace("000003@", f"{'9' * 40}@"))
    with pytest.raises(InputError, match="an image in a stack"):
        formats.read(table)


@pytest.mark.parametrize("size", ["1e400", "-1", "nan", "x", "1e30"])
def test_an_image_size_that_makes_no_sense_is_unknown(relion_job, size: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_text(
        table.read_text().replace("3.000000            8", f"3.000000            {size}")
    )
    assert formats.read(table).warnings == ()


@pytest.mark.parametrize("size", ["inf", "nan", "-2", "x"])
def test_a_pixel_size_of_the_model_that_makes_no_sense_is_unknown(relion_job, size: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_text(
        model.read_text().replace(" 3.000000\n_rlnNrClasses", f" {size}\n_rlnNrClasses")
    )
    assert formats.read(table).class_averages.pixel_size == 3.0


def test_an_empty_particle_table_is_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", [])
    with pytest.raises(InputError, match="particle table is empty"):
        formats.read(table)


def test_a_class_number_that_is_there_twice_is_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_text(model.read_text().replace("000003@", "000002@"))
    with pytest.raises(InputError, match=r"line 22: Class number 2 .* lines 21 and 22"):
        formats.read(table)


def test_an_image_outside_the_stack_is_an_error(relion_job, write_stack) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    write_stack(relion_job.folder / "run_it025_classes.mrcs", n=3)
    with pytest.raises(InputError, match="Image 4 was requested, but the stack has only 3"):
        formats.read(table)


def test_a_three_dimensional_model_is_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_text(model.read_text().replace("000001@Class2D/job007/", "Class3D/job009/"))
    with pytest.raises(InputError, match=r"line 20: [^~]*3D classification"):
        formats.read(table)


def test_particles_given_as_class_averages_are_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    with pytest.raises(InputError, match="it is a particle table"):
        formats.read(table, table)


def test_a_folder_without_a_job_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.star").write_text("data_x\n_rlnA 1\n")
    with pytest.raises(InputError, match="no RELION 2D classification"):
        formats.read(tmp_path)
