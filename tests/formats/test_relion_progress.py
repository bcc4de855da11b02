"""Unfinished and unusual classifications are read, and what is unusual is said with numbers."""

from __future__ import annotations

import os
from pathlib import Path

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
        "4 of 10 particles are excluded, because they are in no class (rlnClassNumber: 2 with 0 "
        "and 2 with"
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
        assert "This is iteration 8 of 25, according to its optimiser." in notes


def test_the_last_iteration_is_no_matter(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    say_in_optimiser(table.parent, "run_it025", CurrentIteration=25, NumberOfIterations=25)
    assert formats.read(table.parent).notes == ()


def test_an_iteration_of_another_number_than_its_name_is_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    say_in_optimiser(table.parent, "run_it025", CurrentIteration=12, NumberOfIterations=12)
    (warning,) = formats.read(table).warnings
    assert warning.startswith("run_it025_data.star is iteration 25 by its name, but iteration 12")


def test_a_later_iteration_in_the_folder_is_said(relion_job) -> None:
    table = relion_job.iteration("run_it008", CLASSES)
    relion_job.iteration("run_it025", CLASSES)
    relion_job.iteration("other_it030", CLASSES)
    (note,) = formats.read(table).notes
    assert note == "Using iteration 8 as requested; the folder has iterations up to 25."


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
    assert warning == f"The job {says} ({name} is in its folder). Are its files complete?"
    (table.parent / "RELION_JOB_EXIT_SUCCESS").touch()
    assert formats.read(table).warnings == ()


def test_what_run_would_refuse_is_refused_by_inspect(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    assert not formats.inspect(table).is_refused
    table.write_text(table.read_text().replace("_rlnClassNumber", "_rlnOther"))
    assert formats.inspect(table).is_refused


def test_an_optimiser_that_names_no_table_is_refused(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    optimiser = table.with_name("run_it025_optimiser.star")
    optimiser.write_text(optimiser.read_text().partition("_rlnExperimental")[0])
    with pytest.raises(InputError, match="no rlnExperimentalDataStarFile") as caught:
        formats.read(optimiser)
    assert caught.value.path == optimiser
