"""What RELION would not read, or would read otherwise, is said of the tables that we read."""

from __future__ import annotations

import pytest

from rebalance import formats
from tests.formats.relion_jobs import CLASSES


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
    assert warning.startswith("3 of 13 particles occur more than once in rlnImageName, e.g. ")
    assert "000003@Extract/job005/mic1.mrcs on lines 28 and 36" in warning


def test_a_table_whose_last_line_is_cut_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_bytes(table.read_bytes().rstrip())
    (warning,) = formats.read(table).warnings
    assert (
        warning
        == "The last line of run_it025_data.star does not end with a newline. Is the table cut "
        "short?"
    )


def test_line_ends_of_windows_in_the_model_are_said(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    model = relion_job.folder / "run_it025_model.star"
    model.write_bytes(model.read_bytes().replace(b"\n", b"\r\n"))
    (warning,) = formats.read(table).warnings
    assert "so has templates.star. Run dos2unix on" in warning


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_that_are_not_closed_are_said(relion_job, quote: str) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    text = table.read_text()
    table.write_text(text.replace(" 000004@", f" {quote}000004@").replace("mic1.mrcs", "'a'.mrcs"))
    (warning,) = formats.read(table).warnings
    assert warning.startswith("1 of 10 rows of run_it025_data.star have an unclosed quote")
    table.write_text(text.replace(" 000004@Extract/job005/mic0.mrcs ", f" {quote}a b{quote} "))
    assert formats.read(table).warnings == ()
