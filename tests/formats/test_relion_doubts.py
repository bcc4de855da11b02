"""RELION files that disagree with each other or with a person are suspected, not refused."""

from __future__ import annotations

import pytest

from rebalance import formats
from rebalance.errors import OptionError
from tests.formats.relion_jobs import CLASSES


def test_class_numbers_outside_a_whole_stack_are_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2, 7])
    data = formats.read(table)
    assert [warning for warning in data.warnings if "two different jobs" in warning] == [
        "The particles name class 7, of which run_it025_model.star has no average: are averages "
        "and particles of two different jobs?"
    ]


def test_pixel_size_given_overrides_the_files(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    assert formats.read(table, pixel_size=1.5).class_averages.pixel_size == 1.5
    with pytest.raises(OptionError, match="positive number"):
        formats.read(table, pixel_size=-1.0)


@pytest.mark.parametrize(("given", "warns"), [(1.5, True), (3.01, False), (4.0, False)])
def test_a_pixel_size_given_that_no_file_states_is_suspected(
    relion_job, given: float, warns: bool
) -> None:
    # The model says 4 Å, the optics 3 Å: either bears the person out.
    table = relion_job.iteration("run_it025", CLASSES, pixel_size=4.0)
    data = formats.read(table, pixel_size=given)
    assert data.class_averages.pixel_size == given
    says = f"is {given:g} Å by `pixel_size` and 4 Å by run_it025_model.star"
    assert [says in warning for warning in data.warnings] == [True] * warns


def test_pixel_sizes_that_disagree_are_suspected(relion_job) -> None:
    data = formats.read(relion_job.iteration("run_it025", CLASSES, pixel_size=4.0))
    assert data.class_averages.pixel_size == 4.0
    assert any("4 Å by run_it025_model.star and 3 Å" in warning for warning in data.warnings)


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
    assert any("16 px wide and the particles 8 px" in warning for warning in data.warnings)
