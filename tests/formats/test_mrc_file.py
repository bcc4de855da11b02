"""MRC stacks: every broken one is refused with its reason, every odd but whole one is read."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import engine, formats
from rebalance.errors import InputError, OutputError
from rebalance.formats.mrc_file import open_stack
from rebalance.formats.star_file import StarFile


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint16, np.float16, np.float32])
def test_every_real_mode_is_read_as_float32(tmp_path: Path, write_stack, dtype) -> None:
    path = write_stack(tmp_path / "a.mrcs", dtype=dtype)
    images = open_stack(path).read()
    assert images.dtype == np.float32
    with mrcfile.open(path) as stack:
        np.testing.assert_array_equal(images, stack.data.astype(np.float32))


def test_big_endian_and_extended_headers_are_read(tmp_path: Path, rng) -> None:
    data = rng.normal(size=(3, 6, 6)).astype(">f4")
    path = tmp_path / "big.mrcs"
    with mrcfile.new(path) as out:
        out.set_data(data)
        out.set_image_stack()
        out.set_extended_header(np.zeros(80, dtype="S1"))
        out.voxel_size = 2.5
    stack = open_stack(path)
    np.testing.assert_array_equal(stack.read(), data)
    assert stack.pixel_size == 2.5


def test_one_image_is_a_stack_of_one(tmp_path: Path, rng) -> None:
    with mrcfile.new(tmp_path / "one.mrc") as out:
        out.set_data(rng.normal(size=(5, 5)).astype(np.float32))
    assert open_stack(tmp_path / "one.mrc").read().shape == (1, 5, 5)


def test_chosen_images_are_read_in_the_order_asked_for(tmp_path: Path, write_stack) -> None:
    stack = open_stack(write_stack(tmp_path / "a.mrcs"))
    np.testing.assert_array_equal(stack.read(np.array([2, 0])), stack.read()[[2, 0]])


@pytest.mark.parametrize("voxel", [0.0, 3.0])
def test_a_voxel_size_of_zero_is_unknown(tmp_path: Path, write_stack, voxel: float) -> None:
    path = write_stack(tmp_path / "a.mrcs", pixel_size=voxel)
    assert formats.read(path).class_averages.pixel_size == (voxel or None)


def test_a_lone_pixel_size_of_one_is_doubted(tmp_path: Path, write_stack) -> None:
    data = formats.read(write_stack(tmp_path / "a.mrcs", pixel_size=1.0))
    assert data.class_averages.pixel_size == 1.0
    assert "`pixel_size`" in data.warnings[0]
    assert formats.read(data.sources[0], pixel_size=1.0).warnings == ()


def test_pixels_that_are_no_numbers_are_said(tmp_path: Path, write_stack) -> None:
    path = write_stack(tmp_path / "a.mrcs", n=4)
    with mrcfile.open(path, mode="r+") as stack:
        stack.data[1, 2, 3] = np.nan
    (warning,) = formats.read(path).warnings
    assert warning.startswith("Class 2: the image holds NaN or infinite pixels")
    assert warning in formats.inspect(path).warnings


def test_a_truncated_stack_says_how_many_images_are_there(tmp_path: Path, write_stack) -> None:
    path = write_stack(tmp_path / "a.mrcs", n=4, box=8)
    os.truncate(path, 1024 + 2 * 8 * 8 * 4 + 17)
    with pytest.raises(InputError, match="4 images according to the header, 2 in the file"):
        open_stack(path)


def test_images_that_are_not_square_are_refused(tmp_path: Path, rng) -> None:
    path = tmp_path / "a.mrcs"
    with mrcfile.new(path) as out:
        out.set_data(rng.normal(size=(3, 4, 8)).astype(np.float32))
    with pytest.raises(InputError, match="8 × 4 pixels, but square"):
        open_stack(path)


def test_complex_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mrcs"
    with mrcfile.new(path) as out:
        out.set_data(np.zeros((3, 4, 4), dtype=np.complex64))
    with pytest.raises(InputError, match=r"mode 4 \(complex\)"):
        open_stack(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("mode", 101, "mode 101"), ("nz", 0, "0 images"), ("nx", -5, "-5 × 8 pixels")],
)
def test_headers_that_make_no_sense_are_refused(
    tmp_path: Path, write_stack, field: str, value: int, message: str
) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    raw = bytearray(path.read_bytes())
    place = {"nx": 0, "nz": 8, "mode": 12}[field]
    raw[place : place + 4] = int(value).to_bytes(4, "little", signed=True)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match=message):
        open_stack(path)


def test_a_map_is_refused_as_a_stack(tmp_path: Path, rng) -> None:
    path = tmp_path / "map.mrc"
    with mrcfile.new(path) as out:
        out.set_data(rng.normal(size=(8, 8, 8)).astype(np.float32))
    with pytest.raises(InputError, match="three-dimensional map"):
        open_stack(path)
    path.rename(tmp_path / "stack.mrcs")
    assert open_stack(tmp_path / "stack.mrcs").n == 8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no valid header"),
        (b"short", "no valid header"),
        (b"this is text. " * 200, "no valid header"),
        (gzip.compress(b"\0" * 2000, mtime=0), "compressed"),
    ],
)
def test_what_is_no_stack_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.mrcs"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        formats.read(path)
    assert caught.value.path == path
    assert caught.value.hint


def test_a_bare_stack_is_a_dataset_without_particles(real_data: Path) -> None:
    data = formats.read(real_data / "slicem_ribosomes" / "mixture_2D.mrcs")
    averages = data.class_averages
    assert data.format == "stack"
    assert data.particles is None
    assert averages.images.shape == (100, 96, 96)
    assert averages.class_id.tolist() == list(range(1, 101))
    assert averages.pixel_size is None
    assert averages.n_particles is None
    assert not averages.is_empty.any()


def test_templates_of_a_bare_stack_are_a_reference_and_on_request_a_copy(
    tmp_path: Path, write_stack, write_back
) -> None:
    path = write_stack(tmp_path / "in put" / "a.mrcs", n=3)
    data = formats.read(path)
    (only,) = write_back(data, None, tmp_path / "out")
    assert only.name == "templates.star"
    names = StarFile(only).blocks[0].loop.read_column("rlnReferenceImage")
    assert names.tolist() == [f"{n:06d}@{path}" for n in (1, 2, 3)]
    table, copied = write_back(data, None, tmp_path / "out", copy_templates=True)
    assert copied.read_bytes() == path.read_bytes()
    again = formats.read(table)
    np.testing.assert_array_equal(again.class_averages.images, data.class_averages.images)


@pytest.mark.parametrize("folder", ["a\tb", "a\u2028b", "a\udcffb"])
def test_a_path_that_no_star_file_can_hold_is_an_error(
    tmp_path: Path, write_stack, write_back, folder: str
) -> None:
    data = formats.read(write_stack(tmp_path / folder / "a.mrcs"))
    with pytest.raises(OutputError, match="A star file can't refer to the stack") as caught:
        write_back(data, None, tmp_path / "out")
    assert caught.value.hint


def test_a_stack_beside_a_stack_is_an_error(tmp_path: Path, write_stack) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    with pytest.raises(InputError, match="can't be combined"):
        formats.read(path, path)


def set_header(path: Path, place: int, value: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place : place + 4] = value.to_bytes(4, "little", signed=True)
    path.write_bytes(bytes(raw))


NZ, NSYMBT = 8, 92


def test_an_extended_header_beyond_the_end_is_refused_before_it_is_read(
    tmp_path: Path, write_stack
) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    set_header(path, NSYMBT, 2**31 - 1)
    with pytest.raises(InputError, match=r"extended header of 2,147,483,647 bytes, .* 2,048 bytes"):
        open_stack(path)


def test_an_extended_header_below_zero_is_none_and_said(tmp_path: Path, write_stack) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    images = open_stack(path).read()
    set_header(path, NSYMBT, -4096)
    data = formats.read(path)
    np.testing.assert_array_equal(data.class_averages.images, images)
    assert any("extended header of -4,096 bytes" in warning for warning in data.warnings)


def test_a_stack_longer_than_its_header_says_is_suspected(tmp_path: Path, write_stack) -> None:
    path = write_stack(tmp_path / "a.mrcs", n=5)
    set_header(path, NZ, 1)
    (warning,) = formats.read(path).warnings
    assert warning == (
        "a.mrcs is longer than stated in its header: 1 image, but there is room for 5. Only the "
        "first is read."
    )
    assert warning in formats.inspect(path).warnings
    set_header(path, NZ, 5)
    path.write_bytes(path.read_bytes() + b"\0" * 80)
    (warning,) = formats.read(path).warnings
    assert "5 images, then 80 more bytes" in warning


@pytest.mark.parametrize("scale", [1e-40, 1e-25, 1e25, 1e37])
def test_pixels_that_float32_can_not_square_are_refused_or_left_out(
    tmp_path: Path, write_stack, scale: float
) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    with mrcfile.open(path, mode="r+") as stack:
        stack.data[2] *= scale
    data = formats.read(path)
    assert data.class_averages.is_empty.tolist() == [False, False, True, False]
    (warning,) = data.warnings
    assert warning.startswith("Class 3: the image has pixels from -")
    assert not np.isnan(engine.affinity(data.class_averages, "frc").values).any()
    with mrcfile.open(path, mode="r+") as stack:
        stack.data[[0, 1, 3]] *= scale
    with pytest.raises(InputError, match="All images have pixel values from -"):
        formats.read(path)


@pytest.mark.parametrize("change", ["truncated", "removed", "replaced"])
def test_a_stack_that_changes_after_it_was_opened_is_an_input_error(
    tmp_path: Path, write_stack, change: str
) -> None:
    path = write_stack(tmp_path / "a.mrcs")
    stack = open_stack(path)
    if change == "truncated":
        os.truncate(path, 1_500)
    elif change == "replaced":
        write_stack(tmp_path / "other.mrcs").rename(path)
    else:
        path.unlink()
    for act in (
        stack.read,
        lambda: stack.copy(tmp_path / "b.mrcs"),
        lambda: stack.copy(tmp_path / "b.mrcs", np.array([3, 1])),
    ):
        with pytest.raises(InputError, match=r"a\.mrcs: The (stack changed after|file can't)"):
            act()
