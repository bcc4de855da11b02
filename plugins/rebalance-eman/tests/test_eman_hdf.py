"""Class averages of EMAN2: pixels, numbers, particle counts, and files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rebalance_eman", reason="rebalance-eman is not installed")

import h5py
from rebalance_eman.eman import Eman
from stacks import some_images, write_eman

import rebalance
from rebalance.errors import InputError, OptionError
from rebalance.formats import inspect


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint8", "uint16", "float64"])
@pytest.mark.parametrize("volume_of_one", [False, True])
def test_images_are_read_as_they_are(tmp_path: Path, dtype: str, volume_of_one: bool) -> None:
    images = np.clip(np.rint(30 * some_images() + 100), 0, 255).astype(dtype)
    path = write_eman(tmp_path / "a.hdf", images[:, None] if volume_of_one else images)
    data = rebalance.read(path)
    assert data.format == "eman"
    assert data.class_averages is not None
    np.testing.assert_array_equal(data.class_averages.images, images.astype(np.float32))
    assert data.class_averages.images.dtype == np.float32
    assert data.class_averages.class_id.tolist() == [1, 2, 3, 4, 5]
    assert data.class_averages.pixel_size == 2.5


def test_images_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """HDF5 lists names as text: 0, 1, 10, 11, 2 …"""
    images = some_images(12)
    data = rebalance.read(write_eman(tmp_path / "a.hdf", images))
    assert data.class_averages is not None
    np.testing.assert_array_equal(data.class_averages.images, images)


def test_images_of_few_bits_are_scaled_back(tmp_path: Path) -> None:
    images = some_images(2)
    low, high = float(images.min()), float(images.max())
    packed = np.rint((images - low) / (high - low) * 4095).astype(np.uint16)
    path = write_eman(tmp_path / "a.hdf", packed)
    with h5py.File(path, "r+") as file:
        for group in file["MDF/images"].values():
            group.attrs["EMAN.stored_renderbits"] = np.int32(12)
            group.attrs["EMAN.stored_rendermin"] = np.float32(low)
            group.attrs["EMAN.stored_rendermax"] = np.float32(high)
    data = rebalance.read(path)
    assert data.class_averages is not None
    np.testing.assert_allclose(data.class_averages.images, images, atol=(high - low) / 4095)


def test_particles_of_an_average_are_those_that_eman_counted(tmp_path: Path) -> None:
    counted = write_eman(tmp_path / "a.hdf", some_images(3), ptcl_repr=[7, 0, 5], listed=True)
    averages = rebalance.read(counted).class_averages
    assert averages is not None
    assert averages.n_particles is not None
    assert averages.n_particles.tolist() == [7, 0, 5]
    assert averages.is_empty.tolist() == [False, True, False]
    listed = rebalance.read(write_eman(tmp_path / "b.hdf", some_images(3), listed=True))
    assert listed.class_averages is not None
    assert listed.class_averages.n_particles is not None
    assert listed.class_averages.n_particles.tolist() == [3, 4, 5]
    neither = rebalance.read(write_eman(tmp_path / "c.hdf", some_images(3))).class_averages
    assert neither is not None
    assert neither.n_particles is None


def test_counts_of_some_images_alone_are_not_used_and_that_is_said(tmp_path: Path) -> None:
    path = write_eman(tmp_path / "a.hdf", some_images(3), ptcl_repr=[7, 6, 5])
    with h5py.File(path, "r+") as file:
        del file["MDF/images/1"].attrs["EMAN.ptcl_repr"]
    data = rebalance.read(path)
    assert data.class_averages is not None
    assert data.class_averages.n_particles is None
    assert any("1 of 3 images" in note for note in data.notes)


def test_pixel_sizes_that_can_not_be_believed_are_told(tmp_path: Path) -> None:
    one = rebalance.read(write_eman(tmp_path / "a.hdf", some_images(2), apix=1.0))
    assert any("when it does not know it" in warning for warning in one.warnings)
    two = write_eman(tmp_path / "b.hdf", some_images(2))
    with h5py.File(two, "r+") as file:
        file["MDF/images/1"].attrs["EMAN.apix_x"] = np.float32(1.7)
    data = rebalance.read(two)
    assert data.class_averages is not None
    assert data.class_averages.pixel_size is None
    assert any("1.7 and 2.5" in warning for warning in data.warnings)
    given = rebalance.read(write_eman(tmp_path / "c.hdf", some_images(2)), pixel_size=4.0)
    assert given.class_averages is not None
    assert given.class_averages.pixel_size == 4.0
    assert any("2.5" in warning for warning in given.warnings)
    with pytest.raises(OptionError, match="must be above 0"):
        rebalance.read(write_eman(tmp_path / "d.hdf", some_images(2)), pixel_size=-1.0)


def test_a_whole_run_writes_a_list_that_names_every_average(tmp_path: Path) -> None:
    images = some_images(6, 24)
    path = write_eman(tmp_path / "classes.hdf", images, ptcl_repr=[9, 8, 7, 6, 5, 0])
    result = rebalance.run(
        path, n_superclasses=2, output=tmp_path / "out", figures=False, copy_templates=True
    )
    assert result.folder is not None
    assert (result.folder / "templates.hdf").read_bytes() == path.read_bytes()
    head, comment, width, *lines = (result.folder / "templates.lst").read_text().split("\n")
    assert head == "#LSX"
    assert comment.startswith("#")
    assert lines.pop() == ""
    # EMAN2 seeks lines by their length, which counts the line feed.
    assert {len(line.encode()) + 1 for line in lines} == {int(width.removeprefix("# "))}
    rows = [line.split("\t") for line in lines]
    assert [int(row[0]) for row in rows] == list(range(6))
    assert {row[1] for row in rows} == {str(path.resolve())}
    said = [json.loads(row[2]) for row in rows]
    assert [one["class_id"] for one in said] == [1, 2, 3, 4, 5, 6]
    assert [one["superclass"] for one in said] == result.superclasses.label.tolist()
    assert said[5]["superclass"] == -1


def test_superclasses_are_as_large_as_their_particles_are_many(tmp_path: Path) -> None:
    """Three averages of few particles, alike, and one of many: the one comes first."""
    one, other = some_images(2, 24)
    path = write_eman(tmp_path / "a.hdf", np.stack((one, one, one, other)), ptcl_repr=[1, 2, 3, 40])
    result = rebalance.run(path, n_superclasses=2, output=tmp_path / "out", figures=False)
    assert result.superclasses.label.tolist() == [1, 1, 1, 0]
    assert result.superclasses.size.tolist() == [40, 6]
    few = rebalance.run(
        path, n_superclasses=1, min_class_particles=3, output=tmp_path / "few", figures=False
    )
    assert few.superclasses.label.tolist() == [-1, -1, 0, 0]


def test_deleted_images_leave_their_numbers_to_eman(tmp_path: Path) -> None:
    path = write_eman(tmp_path / "a.hdf", some_images(3, 24), numbers=[0, 4, 7])
    result = rebalance.run(path, n_superclasses=2, output=tmp_path / "out", figures=False)
    assert result.folder is not None
    lines = (result.folder / "templates.lst").read_text().split("\n")[3:-1]
    assert [line.split("\t")[0] for line in lines] == ["0", "4", "7"]
    assert result.superclasses.class_id.tolist() == [1, 2, 3]
    assert any("Images are missing" in note for note in result.dataset.notes)


def break_volume(path: Path) -> None:
    write_eman(path, np.zeros((1, 8, 8, 8), dtype=np.float32))


def break_shape(path: Path) -> None:
    write_eman(path, np.zeros((2, 8, 9), dtype=np.float32))


def break_sizes(path: Path) -> None:
    write_eman(path, some_images(2))
    with h5py.File(path, "r+") as file:
        del file["MDF/images/1/image"]
        file["MDF/images/1"].create_dataset("image", data=np.zeros((4, 4)))


def break_complex(path: Path) -> None:
    write_eman(path, some_images(2))
    with h5py.File(path, "r+") as file:
        file["MDF/images/1"].attrs["EMAN.is_complex"] = np.int32(1)


def break_link(path: Path) -> None:
    write_eman(path.with_name("other.hdf"), some_images(1))
    write_eman(path, some_images(2))
    with h5py.File(path, "r+") as file:
        del file["MDF/images/1/image"]
        file["MDF/images/1"]["image"] = h5py.ExternalLink("other.hdf", "/MDF/images/0/image")


def break_missing(path: Path) -> None:
    write_eman(path, some_images(2))
    with h5py.File(path, "r+") as file:
        del file["MDF/images/1/image"]


def break_empty(path: Path) -> None:
    write_eman(path, np.zeros((0, 4, 4)))


def break_other(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["entry/data"] = np.zeros((3, 4, 4))


def break_cut(path: Path) -> None:
    write_eman(path, some_images(20))
    path.write_bytes(path.read_bytes()[:3000])


def break_text(path: Path) -> None:
    path.write_text("no HDF5 at all\n" * 50)


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (break_volume, "image 0: This is a volume"),
        (break_shape, "image 0: The image is 9 × 8 pixels"),
        (break_sizes, "image 1: The images have two sizes: 16 px and, here, 4 px"),
        (break_complex, "image 1: The image is complex"),
        (break_link, "image 1: It has no data"),
        (break_missing, "image 1: It has no data"),
        (break_empty, "There are no images"),
        (break_other, "no group /MDF/images"),
        (break_cut, "can't be read"),
        (break_text, "can't be read"),
    ],
)
def test_files_that_are_none_are_refused_by_name(tmp_path: Path, break_it, says: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "broken.hdf"
    break_it(path)
    with pytest.raises(InputError, match=says) as error:
        rebalance.read(path, format="eman")
    assert "broken.hdf" in str(error.value)


def test_inspect_describes_it(tmp_path: Path) -> None:
    found = inspect(write_eman(tmp_path / "a.hdf", some_images(3), ptcl_repr=[3, 2, 1]))
    assert found.format == "eman"
    assert ("version", "EMAN2, HDF5") in found.rows
    assert Eman().sniff(tmp_path) == 0
