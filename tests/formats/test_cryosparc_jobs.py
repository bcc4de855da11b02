"""CryoSPARC jobs are found from their files, and their averages mapped by class number."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.cs_encodings import BOTH


@BOTH
def test_a_folder_gives_particles_passthrough_and_averages(cryosparc_job, stream: bool) -> None:
    main, more = cryosparc_job.whole(stream)
    data = formats.read(cryosparc_job.folder)
    assert data.format == "cryosparc"
    assert data.job == "J42"
    assert data.particles.class_id.tolist() == main["alignments2D/class"].tolist()
    counts = np.bincount(main["alignments2D/class"], minlength=5)
    averages = data.class_averages
    assert averages.class_id.tolist() == [0, 1, 2, 3, 4]
    assert averages.n_particles.tolist() == counts.tolist()
    assert averages.pixel_size == 3.0
    assert averages.resolution.tolist() == [12.0] * 5
    assert data.warnings == ()
    joined = dict(zip(more["uid"], more["ctf/df1_A"], strict=True))
    assert data.particles.column("ctf/df1_A").tolist() == [joined[uid] for uid in main["uid"]]
    words = data.particles.column("location/micrograph_path")
    assert words.tolist() == [f"J1/mic{i % 3}.mrc" for i in range(40)]
    assert "alignments2D/shift" not in data.particles.column_names


def test_a_stack_numbers_its_averages_from_zero(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    whole = formats.read(cryosparc_job.folder)
    stack = cryosparc_job.folder / "J42_020_class_averages.mrc"
    data = formats.read(cryosparc_job.folder / "J42_020_particles.cs", stack)
    assert data.class_averages.class_id.tolist() == [0, 1, 2, 3, 4]
    assert data.class_averages.n_particles.tolist() == whole.class_averages.n_particles.tolist()
    write_back(data, None, tmp_path / "out", copy_templates=True)
    assert (tmp_path / "out" / "templates.mrc").read_bytes() == stack.read_bytes()
    again = formats.read(tmp_path / "out" / "templates.cs")
    np.testing.assert_array_equal(again.class_averages.images, data.class_averages.images)


def test_select_2d_keeps_the_original_class_numbers(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    main, more = cryosparc_job.particles()
    chosen = np.isin(main["alignments2D/class"], [1, 4])
    select = cryosparc_job.folder.parent / "J43"
    select.mkdir()
    cryosparc_job.folder = select
    cryosparc_job.save("particles_selected.cs", main[chosen])
    cryosparc_job.save("particles_excluded.cs", main[~chosen])
    cryosparc_job.save("J43_passthrough_particles_selected.cs", more)
    cryosparc_job.save("J43_passthrough_particles_excluded.cs", more[:3])
    cryosparc_job.save("templates_selected.cs", cryosparc_job.averages([4, 1]))
    cryosparc_job.save("templates_excluded.cs", cryosparc_job.averages([0, 2, 3]))
    data = formats.read(select)
    assert data.job == "J43"
    assert data.particles.path.name == "particles_selected.cs"
    assert data.class_averages.class_id.tolist() == [4, 1]
    assert data.class_averages.n_particles.sum() == chosen.sum()
    assert [other.path.name for other in data.particles.handle.others] == [
        "J43_passthrough_particles_selected.cs"
    ]
    whole = formats.read(select.parent / "J42").class_averages
    np.testing.assert_array_equal(data.class_averages.images, whole.images[[4, 1]])
    write_back(data, None, tmp_path / "out", copy_templates=True)
    copied = formats.read(tmp_path / "out" / "templates.mrc").class_averages
    np.testing.assert_array_equal(copied.images, data.class_averages.images)


def test_the_last_iteration_is_taken(cryosparc_job) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles(n=10)
    cryosparc_job.save("J42_004_particles.cs", main)
    assert len(formats.read(cryosparc_job.folder).particles) == 40


def test_averages_of_two_jobs_beside_are_not_chosen_between(cryosparc_job) -> None:
    main, _ = cryosparc_job.whole()
    table = cryosparc_job.save("some.cs", main)
    cryosparc_job.save("J50_030_class_averages.cs", cryosparc_job.averages([0, 1, 2, 3, 4]))
    with pytest.raises(InputError, match="class averages were not found"):
        formats.read(table)
    data = formats.read(cryosparc_job.folder / "J42_020_particles.cs")
    assert data.sources[2].name == "J42_020_class_averages.cs"
    cryosparc_job.save("J51_020_particles.cs", main)
    (cryosparc_job.folder / "J50_030_class_averages.cs").unlink()
    warnings = formats.read(cryosparc_job.folder / "J51_020_particles.cs").warnings
    assert "Using J42_020_class_averages.cs, found next to the particles of J51." in warnings


def test_averages_of_another_iteration_are_said(cryosparc_job) -> None:
    main, _ = cryosparc_job.whole()
    cryosparc_job.save("J42_030_particles.cs", main)
    warnings = formats.read(cryosparc_job.folder).warnings
    (warning,) = [text for text in warnings if "iteration" in text]
    assert warning.startswith(
        "J42_020_class_averages.cs is from iteration 20, but J42_030_particles.cs from iteration 30"
    )
