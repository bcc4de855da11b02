"""CryoSPARC files that can't be what they should be are refused or suspected, in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError


def test_averages_with_infinite_pixels_are_said(cryosparc_job) -> None:
    cryosparc_job.whole()
    with mrcfile.open(cryosparc_job.folder / "J42_020_class_averages.mrc", mode="r+") as stack:
        stack.data[1, 2, 3] = np.inf
        stack.data[4, 0, 0] = np.nan
    data = formats.read(cryosparc_job.folder)
    assert [w for w in data.warnings if "infinite" in w] == [
        "Classes 1 and 4: the images hold NaN or infinite pixels and can't be compared."
    ]


def test_another_field_of_view_is_suspected_a_coarser_one_is_not(
    cryosparc_job, write_stack
) -> None:
    cryosparc_job.whole()
    averages = cryosparc_job.averages([0, 1, 2, 3, 4], box=4)
    write_stack(cryosparc_job.folder / "J42_020_class_averages.mrc", n=5, box=4, pixel_size=6.0)
    averages["blob/psize_A"] = 6.0
    cryosparc_job.save("J42_020_class_averages.cs", averages)
    assert formats.read(cryosparc_job.folder).warnings == ()
    averages["blob/psize_A"] = 3.0
    cryosparc_job.save("J42_020_class_averages.cs", averages)
    assert any("12 Å wide" in text for text in formats.read(cryosparc_job.folder).warnings)


def test_class_numbers_outside_a_whole_stack_are_suspected(cryosparc_job) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles()
    main["alignments2D/class"][0] = 9
    table = cryosparc_job.save("J42_020_particles.cs", main)
    assert any("different jobs" in text for text in formats.read(table).warnings)


def test_a_class_number_that_is_there_twice_is_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    cryosparc_job.save("J42_020_class_averages.cs", cryosparc_job.averages([0, 1, 2, 1]))
    with pytest.raises(InputError, match="blob/idx 1 is used twice, in rows 2 and 4"):
        formats.read(cryosparc_job.folder)


def test_an_image_outside_the_stack_is_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    cryosparc_job.save("J42_020_class_averages.cs", cryosparc_job.averages([0, 1, 8]))
    with pytest.raises(InputError, match="Image 9 was requested, but the stack has only 5"):
        formats.read(cryosparc_job.folder)


def test_a_missing_stack_is_an_error_that_names_it(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    (cryosparc_job.folder / "J42_020_class_averages.mrc").unlink()
    with pytest.raises(InputError, match=r"J42/J42_020_class_averages\.mrc, which was not found"):
        formats.read(cryosparc_job.folder)
    data = formats.read(cryosparc_job.folder, need_class_averages=False)
    assert data.class_averages is None
    write_back(data, [True] * 40, tmp_path / "out")
    averages = cryosparc_job.folder / "J42_020_class_averages.cs"
    assert (tmp_path / "out" / "templates.cs").read_bytes() == averages.read_bytes()
    with pytest.raises(InputError, match="was not found"):
        write_back(data, [True] * 40, tmp_path / "out", copy_templates=True)


def test_particles_given_as_class_averages_are_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    table = cryosparc_job.folder / "J42_020_particles.cs"
    with pytest.raises(InputError, match="has particles") as caught:
        formats.read(table, table)
    assert "J42_020_class_averages.cs" in caught.value.hint


def test_particles_without_averages_say_what_to_do(cryosparc_job) -> None:
    table = cryosparc_job.save("particles.cs", cryosparc_job.particles()[0])
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(table)
    assert "`superclasses=False`" in caught.value.hint


def test_an_empty_table_is_an_error(cryosparc_job) -> None:
    table = cryosparc_job.save("particles.cs", cryosparc_job.particles()[0][:0])
    with pytest.raises(InputError, match="particle table is empty"):
        formats.read(table, need_class_averages=False)


def test_a_group_without_its_files_is_an_error(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    write_back(formats.read(cryosparc_job.folder), [True] * 40, tmp_path / "out")
    shutil.move(tmp_path / "out" / "particles_selected.csg", tmp_path)
    with pytest.raises(
        InputError, match=r"refers to particles_selected\.cs, which is not next to it"
    ):
        formats.read(tmp_path / "particles_selected.csg")


def test_a_group_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csg").write_text("- just\n- a list\n")
    with pytest.raises(InputError, match="not a CryoSPARC result group"):
        formats.read(tmp_path / "a.csg")
