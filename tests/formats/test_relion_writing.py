"""RELION tables are written back whole: rows, templates, and nothing outside the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import OutputError
from rebalance.formats.star_file import StarFile
from tests.formats.relion_jobs import CLASSES, select_job


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


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
    with pytest.raises(OutputError, match="are in 2 stacks"):
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
    with pytest.raises(
        OutputError, match=r"particles_selected\.star: The file could not be written"
    ):
        write_back(data, [True] * 10, tmp_path / "out")
