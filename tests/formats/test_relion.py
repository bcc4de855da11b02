"""RELION jobs: found from any of their files, mapped by class number, written back whole."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError, OptionError, OutputError
from rebalance.formats.star_file import StarFile

CLASSES = [2, 4, 2, 3, 2, 4, 2, 2, 3, 2]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


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


def select_job(relion_job, chosen: list[int], rows: list[int]) -> Path:
    """A Select job with some class averages, and particles of some classes."""
    relion_job.iteration("run_it025", CLASSES)
    folder = relion_job.project / "Select" / "job008"
    folder.mkdir(parents=True)
    body = "".join(
        f"{number:06d}@Class2D/job007/run_it025_classes.mrcs 12.5 {number:12d} \n"
        for number in chosen
    )
    (folder / "class_averages.star").write_text(
        "\n# version 30001\n\ndata_\n\nloop_ \n_rlnReferenceImage #1 \n"
        f"_rlnEstimatedResolution #2 \n_rlnClassNumber #3 \n{body} \n"
    )
    table = (relion_job.folder / "run_it025_data.star").read_text()
    kept = relion_job.rows(rows)
    (folder / "particles.star").write_text(table.replace(relion_job.rows(CLASSES), kept))
    return folder


def test_a_select_job_keeps_the_original_class_numbers(relion_job) -> None:
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    for path in (folder, folder / "particles.star", folder / "class_averages.star"):
        data = formats.read(path)
        assert data.job == "job008"
        assert data.class_averages.class_id.tolist() == [4, 2]
        assert data.class_averages.n_particles.tolist() == [1, 2]
        with mrcfile.open(relion_job.folder / "run_it025_classes.mrcs") as stack:
            np.testing.assert_array_equal(data.class_averages.images, stack.data[[3, 1]])


def test_averages_of_a_select_job_with_all_particles_are_noted_not_suspected(relion_job) -> None:
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    data = formats.read(relion_job.folder / "run_it025_data.star", folder / "class_averages.star")
    assert data.class_averages.n_particles.tolist() == [2, 6]
    assert data.warnings == ()
    assert any("2 particles of 1 classes (3) have no average" in note for note in data.notes)


def test_class_numbers_outside_a_whole_stack_are_suspected(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2, 7])
    data = formats.read(table)
    assert any("two different jobs" in warning for warning in data.warnings)


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


def test_selected_and_excluded_are_the_input(relion_job, write_back, rng, tmp_path: Path) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    keep = rng.random(len(CLASSES)) < 0.5
    keep[:2] = [True, False]
    before = {path: path.read_bytes() for path in relion_job.project.rglob("*") if path.is_file()}
    written = write_back(formats.read(table), keep, tmp_path / "out")
    assert [path.name for path in written] == [
        "particles_selected.star",
        "particles_excluded.star",
        "templates.star",
    ]
    source = lines(table)
    first = next(i for i, line in enumerate(source) if "000001@" in line)
    head, rows, tail = source[:first], source[first : first + 10], source[first + 10 :]
    for path, chosen in zip(written, (keep, ~keep), strict=False):
        kept = [row for row, is_in in zip(rows, chosen, strict=True) if is_in]
        assert lines(path) == [*head, *kept, *tail]
    after = {path: path.read_bytes() for path in relion_job.project.rglob("*") if path.is_file()}
    assert after == before


def test_nothing_excluded_leaves_a_header_only_table(relion_job, write_back, tmp_path) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    written = write_back(formats.read(table), [True] * 10, tmp_path / "out")
    assert written[0].read_bytes() == table.read_bytes()
    excluded = StarFile(written[1]).block("particles").loop
    assert len(excluded) == 0
    assert excluded.labels == StarFile(table).block("particles").loop.labels


def test_templates_name_every_average_with_its_class(relion_job, write_back, tmp_path) -> None:
    data = formats.read(relion_job.iteration("run_it025", CLASSES))
    write_back(data, [True] * 10, tmp_path / "out", copy_templates=True)
    block = StarFile(tmp_path / "out" / "templates.star").blocks[0]
    assert block.loop.labels == (
        "rlnReferenceImage",
        "rlnClassDistribution",
        "rlnEstimatedResolution",
        "rlnClassNumber",
    )
    assert block.loop.read_column("rlnClassNumber").tolist() == [1, 2, 3, 4]
    assert block.loop.read_column("rlnReferenceImage").tolist() == [
        f"{n:06d}@Class2D/job007/run_it025_classes.mrcs" for n in range(1, 5)
    ]
    stack = relion_job.folder / "run_it025_classes.mrcs"
    assert (tmp_path / "out" / "templates.mrcs").read_bytes() == stack.read_bytes()


def test_templates_can_be_read_again_as_class_averages(relion_job, write_back, tmp_path) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    data = formats.read(table)
    write_back(data, [True] * 10, tmp_path / "project" / "out")
    again = formats.read(table, tmp_path / "project" / "out" / "templates.star")
    assert again.class_averages.class_id.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(again.class_averages.images, data.class_averages.images)


def test_templates_of_a_select_job_are_its_own_table(relion_job, write_back, tmp_path) -> None:
    folder = select_job(relion_job, [4, 2], [2, 4, 2])
    data = formats.read(folder)
    write_back(data, [True] * 3, tmp_path / "out", copy_templates=True)
    original = folder / "class_averages.star"
    assert (tmp_path / "out" / "templates.star").read_bytes() == original.read_bytes()
    with mrcfile.open(tmp_path / "out" / "templates.mrcs") as copied:
        np.testing.assert_array_equal(copied.data, data.class_averages.images)
        assert copied.voxel_size.x == pytest.approx(3.0)


def test_templates_copied_twice_are_the_same_bytes(relion_job, write_back, tmp_path) -> None:
    data = formats.read(select_job(relion_job, [4, 2], [2, 4, 2]))
    for name in ("a", "b"):
        write_back(data, None, tmp_path / name, copy_templates=True)
    first, second = (tmp_path / name / "templates.mrcs" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_templates_of_a_bare_stack_name_its_images(relion_job, write_back, tmp_path) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    (relion_job.project / "default_pipeline.star").write_text("data_\n")
    data = formats.read(table, relion_job.folder / "run_it025_classes.mrcs")
    write_back(data, None, tmp_path / "out")
    loop = StarFile(tmp_path / "out" / "templates.star").blocks[0].loop
    assert loop.read_column("rlnReferenceImage")[3] == (
        "000004@Class2D/job007/run_it025_classes.mrcs"
    )
    assert loop.read_column("rlnClassNumber").tolist() == [1, 2, 3, 4]


def test_paths_in_a_star_file_do_not_decide_where_anything_is_written(
    relion_job, write_back, tmp_path
) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    target = "../../../escaped_classes.mrcs"
    model = relion_job.folder / "run_it025_model.star"
    shutil.copy(relion_job.folder / "run_it025_classes.mrcs", tmp_path / "escaped_classes.mrcs")
    model.write_text(model.read_text().replace("Class2D/job007/run_it025_classes.mrcs", target))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    out = tmp_path / "a" / "out"
    out.mkdir(parents=True)
    write_back(formats.read(table), [True] * 10, out, copy_templates=True)
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.parent for path in after - before} == {out}


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
    says = f"is {given:g} Å by --pixel-size and 4 Å by run_it025_model.star"
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
    )
    assert any(note.startswith("Class 2: the image is of one grey") for note in data.notes)


def test_without_averages_the_table_alone_is_read_when_that_is_enough(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    for name in ("model.star", "classes.mrcs"):
        (relion_job.folder / f"run_it025_{name}").unlink()
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(table)
    assert "--no-superclasses" in caught.value.cure
    data = formats.read(table, need_class_averages=False)
    assert data.class_averages is None
    assert len(data.particles) == 10


def test_a_cleaned_job_still_gives_its_templates_by_reference(
    relion_job, write_back, tmp_path
) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    (relion_job.folder / "run_it025_classes.mrcs").unlink()
    data = formats.read(table, need_class_averages=False)
    assert data.class_averages is None
    assert any("left out" in note for note in data.notes)
    write_back(data, [True] * 10, tmp_path / "out")
    assert len(StarFile(tmp_path / "out" / "templates.star").blocks[0].loop) == 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("_rlnClassNumber #3", "_rlnOther #3", "no rlnClassNumber"),
        ("           2 ", "         two ", r"line 26: _rlnClassNumber is two"),
        ("_rlnCoordinateX #1 \n", "", "line 25: .* has 5 values; the table has 4 columns"),
    ],
)
def test_a_broken_particle_table_is_a_clear_error(relion_job, old, new, message) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        formats.read(table)
    assert caught.value.cure
    assert caught.value.path == table


def test_two_tables_one_behind_the_other_are_an_error(relion_job) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    text = table.read_text().partition("data_particles")[2]
    first = table.read_text().splitlines().index("data_particles") + 1
    table.write_text(f"{table.read_text()}data_particles{text}")
    second = len(table.read_text().splitlines()) - len(text.splitlines()) + 1
    says = f"data_particles is there twice, on lines {first} and {second};"
    with pytest.raises(InputError, match=says) as caught:
        formats.read(table)
    assert caught.value.where == f"line {second}"


@pytest.mark.parametrize("number", [-3, 0])
def test_a_class_number_below_one_is_an_error(relion_job, number: int) -> None:
    table = relion_job.iteration("run_it025", [1, 2, number, 4, number])
    with pytest.raises(InputError, match=rf"is {number}; RELION counts .* \(2 of 5 rows") as caught:
        formats.read(table)
    place = int(caught.value.where.removeprefix("line "))
    assert table.read_text().splitlines()[place - 1].split()[2] == str(number)
    assert "000003@" in table.read_text().splitlines()[place - 1]


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
    with pytest.raises(InputError, match="Image 4 is asked for, and the stack has 3"):
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


def test_averages_in_two_stacks_are_read_but_not_copied_as_one(
    relion_job, write_back, tmp_path
) -> None:
    table = relion_job.iteration("run_it025", CLASSES)
    relion_job.write_stack(relion_job.folder / "more.mrcs")
    model = relion_job.folder / "run_it025_model.star"
    model.write_text(
        model.read_text().replace("000003@Class2D/job007/run_it025_classes", "000003@more")
    )
    data = formats.read(table)
    with mrcfile.open(relion_job.folder / "more.mrcs") as stack:
        np.testing.assert_array_equal(data.class_averages.images[2], stack.data[2])
    with pytest.raises(OutputError, match="lie in 2 stacks"):
        write_back(data, None, tmp_path / "out", copy_templates=True)


def test_relion_3_0_tables_and_old_pixel_sizes(tmp_path: Path, write_stack, write_back) -> None:
    table = tmp_path / "old.star"
    rows = "".join(f" 14.0 50000.0 {n:06d}@p.mrcs {n % 2 + 1}\r\n" for n in range(1, 8))
    table.write_bytes(
        b"\r\ndata_\r\n\r\nloop_\r\n_rlnDetectorPixelSize #1\r\n_rlnMagnification #2\r\n"
        b"_rlnImageName #3\r\n_rlnClassNumber #4\r\n" + rows.rstrip("\r\n").encode()
    )
    stack = write_stack(tmp_path / "averages.mrcs", n=2, pixel_size=0.0)
    data = formats.read(table, stack)
    assert data.class_averages.pixel_size == 2.8
    assert data.class_averages.n_particles.tolist() == [3, 4]
    selected, excluded, _ = write_back(data, np.arange(7) < 6, tmp_path / "out")
    assert selected.read_bytes() + b" 14.0 50000.0 000007@p.mrcs 2" == table.read_bytes()
    assert excluded.read_bytes().endswith(b"#4\r\n 14.0 50000.0 000007@p.mrcs 2")


def test_an_unwritable_folder_is_an_output_error(relion_job, write_back, tmp_path: Path) -> None:
    data = formats.read(relion_job.iteration("run_it025", CLASSES))
    (tmp_path / "out" / "particles_selected.star").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"particles_selected\.star: The file can not be written"):
        write_back(data, [True] * 10, tmp_path / "out")


class TestRealJobs:
    """Jobs that RELION wrote."""

    @pytest.mark.parametrize("name", ["", "run_it020_optimiser.star", "run_it020_data.star"])
    def test_70s(self, real_data: Path, name: str) -> None:
        data = formats.read(real_data / "relion31_70s" / name)
        averages = data.class_averages
        assert (len(data.particles), len(averages), averages.box) == (3_000, 30, 64)
        assert (averages.pixel_size, averages.mask_diameter) == (4.3, 250.0)
        assert int(averages.is_empty.sum()) == 15
        assert averages.n_particles.max() == 463
        assert averages.n_particles.sum() == 3_000
        assert np.isinf(averages.resolution[0])
        assert data.job == "relion31_70s"
        assert data.warnings == ()

    def test_70s_table_and_stack(self, real_data: Path, tmp_path: Path) -> None:
        folder = real_data / "relion31_70s"
        whole = formats.read(folder)
        for name in ("run_it020_data.star", "run_it020_classes.mrcs"):
            shutil.copy(folder / name, tmp_path)
        table, stack = tmp_path / "run_it020_data.star", tmp_path / "run_it020_classes.mrcs"
        for data in (formats.read(table, stack), formats.read(table)):
            np.testing.assert_array_equal(data.class_averages.images, whole.class_averages.images)
            assert data.class_averages.n_particles.tolist() == (
                whole.class_averages.n_particles.tolist()
            )
            assert data.class_averages.pixel_size == 4.3

    @pytest.mark.parametrize(
        ("name", "n", "classes"),
        [
            ("relion31_bgal_tables/Class2D_job013", 9_482, 99),
            ("relion31_bgal_tables/Select_job014", 5_367, 8),
            ("relion_old/ap_s_c2d.star", 8_915, 32),
            ("star_variants/relion31.6opticsgroups.star", 139, None),
            ("star_variants/relion5.star", 17, None),
        ],
    )
    def test_tables_without_images(
        self, real_data: Path, write_back, rng, tmp_path: Path, name, n, classes
    ) -> None:
        data = formats.read(real_data / name, need_class_averages=False)
        assert len(data.particles) == n
        assert classes is None or len(np.unique(data.particles.class_id)) == classes
        keep = rng.random(n) < 0.4
        selected, excluded, *_ = write_back(data, keep, tmp_path / "out")
        handle = data.particles.handle
        for path, chosen in ((selected, keep), (excluded, ~keep)):
            again = formats.read(path, need_class_averages=False)
            rows = np.flatnonzero(chosen)
            assert again.particles.class_id.tolist() == data.particles.class_id[chosen].tolist()
            found = [again.particles.handle.row_bytes(row) for row in range(len(rows))]
            assert found == [handle.row_bytes(int(row)) for row in rows]

    def test_bgal_select_maps_by_number_not_by_row(
        self, real_data: Path, write_stack, tmp_path: Path
    ) -> None:
        folder = tmp_path / "Select_job014"
        shutil.copytree(real_data / "relion31_bgal_tables" / "Select_job014", folder)
        stack = write_stack(folder / "run_it025_classes.mrcs", n=100, box=64, pixel_size=3.54)
        data = formats.read(folder)
        assert data.class_averages.class_id.tolist() == [16, 26, 29, 37, 64, 79, 91, 96]
        assert data.class_averages.n_particles.sum() == len(data.particles) == 5_367
        with mrcfile.open(stack) as whole:
            np.testing.assert_array_equal(data.class_averages.images[3], whole.data[36])
        assert data.warnings == ()


class TestOtherPrograms:
    """What is written is read by programs that are not ours."""

    def test_starfile(self, real_data: Path, write_back, rng, tmp_path: Path) -> None:
        starfile = pytest.importorskip("starfile")
        data = formats.read(real_data / "relion31_70s")
        keep = rng.random(3_000) < 0.5
        selected, excluded, templates = write_back(data, keep, tmp_path / "out")
        original = starfile.read(real_data / "relion31_70s" / "run_it020_data.star")
        for path, chosen in ((selected, keep), (excluded, ~keep)):
            found = starfile.read(path)
            assert found["optics"].equals(original["optics"])
            expected = original["particles"][chosen].reset_index(drop=True)
            assert found["particles"].equals(expected)
        table = starfile.read(templates)
        assert table["rlnClassNumber"].tolist() == list(range(1, 31))

    def test_relion_itself(self, relion_job, write_back, tmp_path: Path) -> None:
        if shutil.which("relion_star_handler") is None:
            pytest.skip("RELION is not installed (relion_star_handler)")
        data = formats.read(relion_job.iteration("run_it025", CLASSES))
        keep = np.arange(10) % 3 > 0
        selected, excluded, templates = write_back(data, keep, tmp_path / "out")

        def relion(program: str, *arguments: str) -> str:
            done = subprocess.run(
                [f"relion_star_{program}", *arguments],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        relion("handler", "--combine", "--i", f"{selected} {excluded}", "--o", "both.star")
        rows = StarFile(tmp_path / "both.star").block("particles").loop
        coordinates = rows.read_column("rlnCoordinateX").tolist()
        assert sorted(coordinates) == [100.0 * n for n in range(1, 11)]
        arguments = ("--i", str(selected), "--select", "rlnClassNumber", "--minval", "3")
        relion("handler", *arguments, "--o", "some.star")
        some = StarFile(tmp_path / "some.star").block("particles").loop
        chosen = data.particles.class_id[keep]
        assert some.read_column("rlnClassNumber").tolist() == chosen[chosen >= 3].tolist()
        # relion_star_handler 3.1 can't read RELION's own class_averages.star; this can.
        columns = ("data_", "rlnReferenceImage", "rlnClassNumber")
        printed = relion("printtable", str(templates), *columns).split("\n")
        assert [line.split()[1] for line in printed if line.strip()] == ["1", "2", "3", "4"]
