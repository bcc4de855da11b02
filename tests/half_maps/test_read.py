"""Maps of every kind are read plane by plane; what is no pair of half maps is refused by name."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance.errors import InputError, OptionError
from rebalance.half_maps.read import open_half_maps, open_map
from rebalance.half_maps.signal import half_map_signal, half_map_signal_of_files

WriteMap = Callable[..., Path]


@pytest.fixture
def write_map(tmp_path: Path, rng: np.random.Generator) -> WriteMap:
    """A random map, or the one that is given; returns its path."""

    def write(
        name: str, data: np.ndarray | None = None, *, box: int = 16, voxel: float = 2.0, **header
    ) -> Path:
        if data is None:
            data = rng.normal(size=(box, box, box)).astype(np.float32)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with mrcfile.new(path, overwrite=True) as out:
            out.set_data(data)
            out.set_volume()
            out.voxel_size = voxel
            for key, value in header.items():
                out.header[key] = value
        return path

    return write


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint16, np.float16, np.float32, ">f4"])
def test_every_real_mode_and_byte_order_is_read(write_map: WriteMap, rng, dtype) -> None:
    data = rng.integers(0, 100, (12, 12, 12)).astype(dtype)
    opened = open_map(write_map("a.map", data, voxel=1.5))
    assert (opened.box, opened.voxel_size, opened.warnings) == (12, 1.5, ())
    planes = opened.planes(3, 7)
    assert planes.dtype == np.float32
    assert planes.dtype.isnative
    np.testing.assert_array_equal(planes, data[3:7].astype(np.float32))


def test_an_extended_header_is_passed_over(tmp_path: Path, rng) -> None:
    data = rng.normal(size=(8, 8, 8)).astype(np.float32)
    with mrcfile.new(tmp_path / "a.mrc") as out:
        out.set_data(data)
        out.set_volume()
        out.set_extended_header(np.zeros(160, dtype="S1"))
    np.testing.assert_array_equal(open_map(tmp_path / "a.mrc").planes(0, 8), data)


def test_files_give_what_arrays_give(write_map: WriteMap, rng) -> None:
    shared = rng.normal(size=(20, 20, 20))
    one, two = ((shared + rng.normal(size=shared.shape)).astype(np.float32) for _ in range(2))
    mask = rng.random(shared.shape).astype(np.float32)
    paths = [write_map(f"{at}.mrc", data) for at, data in enumerate((one, two, mask))]
    expected = half_map_signal(one, two, voxel_size=2.0, mask=mask, n_axes=12)
    found = half_map_signal_of_files(*paths, n_axes=12)
    assert found.conical.tobytes() == expected.conical.tobytes()
    assert found.toroidal.tobytes() == expected.toroidal.tobytes()
    assert (found.box, found.voxel_size, found.unit) == (20, 2.0, "Å")


def test_axes_are_followed_wherever_they_are_stored(write_map: WriteMap, rng) -> None:
    shared = rng.normal(size=(16, 16, 16))
    maps = [(shared + rng.normal(size=shared.shape)).astype(np.float32) for _ in range(2)]
    expected = half_map_signal(*maps, voxel_size=2.0, n_axes=12)
    # Columns run along z, rows along x, planes along y: stored[y, x, z] of [z, y, x].
    stored = [np.ascontiguousarray(one.transpose(1, 2, 0)) for one in maps]
    order = {"mapc": 3, "mapr": 1, "maps": 2}
    paths = [write_map(f"{at}.mrc", one, **order) for at, one in enumerate(stored)]
    found = half_map_signal_of_files(*paths, n_axes=12)
    np.testing.assert_allclose(found.conical, expected.conical, atol=1e-5)
    np.testing.assert_allclose(found.toroidal, expected.toroidal, atol=1e-5)
    with pytest.raises(InputError, match="different order"):
        open_half_maps(paths[0], write_map("c.mrc"))


def test_sizes_have_to_fit(write_map: WriteMap) -> None:
    one = write_map("one.mrc", voxel=2.0)
    with pytest.raises(InputError, match=r"second half map has 18³ voxels, but one.mrc has 16³"):
        open_half_maps(one, write_map("b.mrc", box=18))
    apart = write_map("c.mrc", voxel=2.03)
    with pytest.raises(InputError, match=r"has voxels of 2.03 Å, but one.mrc has 2 Å"):
        open_half_maps(one, apart)
    assert open_half_maps(one, apart, pixel_size=2.03).voxel_size == 2.03
    assert open_half_maps(one, write_map("d.mrc", voxel=2.019)).voxel_size == 2.0
    with pytest.raises(InputError, match=r"The mask has 12³ voxels, but one.mrc has 16³"):
        open_half_maps(one, write_map("e.mrc"), write_map("mask.mrc", box=12))
    with pytest.raises(OptionError, match="pixel_size = -1"):
        open_half_maps(one, apart, pixel_size=-1.0)


def test_a_voxel_size_that_nobody_states_is_said(write_map: WriteMap) -> None:
    one, two = write_map("a.mrc", voxel=0.0), write_map("b.mrc", voxel=0.0)
    opened = open_half_maps(one, two)
    assert opened.voxel_size is None
    assert "states no voxel size" in opened.warnings[0]
    found = half_map_signal_of_files(one, two, n_axes=4)
    assert (found.unit, found.voxel_size, found.frequency[-1]) == ("voxels", 1.0, 0.5)
    given = half_map_signal_of_files(one, two, pixel_size=3.0, n_axes=4)
    assert (given.unit, given.voxel_size, given.frequency[-1]) == ("Å", 3.0, 0.5 / 3)
    assert open_half_maps(one, two, pixel_size=3.0).warnings == ()
    assert open_half_maps(one, write_map("c.mrc", voxel=1.7)).voxel_size == 1.7
    (warning,) = open_half_maps(one, write_map("c.mrc", voxel=1.7), pixel_size=3).warnings
    assert "states a voxel size of 1.7 Å. Using 3 Å from `pixel_size`" in warning


def test_one_map_twice_is_refused(write_map: WriteMap, tmp_path: Path) -> None:
    one = write_map("a.mrc")
    link = tmp_path / "link.mrc"
    link.symlink_to(one)
    for other in (one, link):
        with pytest.raises(InputError, match="Both half maps are this file"):
            open_half_maps(one, other)
    copy = tmp_path / "copy.mrc"
    copy.write_bytes(one.read_bytes())
    with pytest.raises(InputError, match="correlation is 1 at every frequency") as raised:
        half_map_signal_of_files(one, copy)
    assert raised.value.path == copy


def test_what_is_no_map_is_refused(write_map: WriteMap, tmp_path: Path, rng) -> None:
    good = write_map("good.mrc")
    packed = tmp_path / "a.mrc.gz"
    packed.write_bytes(gzip.compress(good.read_bytes()))
    short = write_map("short.mrc")
    os.truncate(short, 1024 + 500)
    empty = tmp_path / "empty.mrc"
    empty.touch()
    text = tmp_path / "text.mrc"
    text.write_text("no map" * 400)
    stack = write_map("stack.mrcs")
    images = tmp_path / "images.mrc"
    with mrcfile.new(images) as out:
        out.set_data(rng.normal(size=(16, 16, 16)).astype(np.float32))
        out.set_image_stack()
    one = tmp_path / "one.mrc"
    with mrcfile.new(one) as out:
        out.set_data(rng.normal(size=(16, 16)).astype(np.float32))
    slab = write_map("slab.mrc", rng.normal(size=(10, 16, 16)).astype(np.float32))
    values = (rng.normal(size=(8, 8, 8)) + 1j).astype(np.complex64)
    for path, words in (
        (tmp_path / "goad.mrc", "does not exist(.|\n)*good.mrc"),
        (tmp_path, "This is a folder"),
        (packed, "compressed"),
        (short, r"cut short: 16³ voxels \(16,384 bytes\) according to the header, 500"),
        (empty, "no valid header"),
        (text, "no valid header"),
        (stack, "a stack of 16 images of 16 × 16 pixels"),
        (images, "a stack of 16 images"),
        (one, "a stack of 1 image of"),
        (slab, "has 16 × 16 × 10 voxels, but equal sides"),
        (write_map("tiny.mrc", box=3), "3³ voxels; the smallest possible is 4³"),
        (write_map("complex.mrc", values), r"mode 4 \(complex\)"),
        (write_map("zero.mrc", nx=0), "the map has 0 × 16 × 16 voxels"),
    ):
        with pytest.raises(InputError, match=words) as raised:
            open_half_maps(path, good)
        assert raised.value.path == path


def test_values_that_are_no_map_are_refused(write_map: WriteMap) -> None:
    good = write_map("good.mrc")
    flat = write_map("flat.mrc", np.full((16, 16, 16), 2.5, np.float32))
    bad, nan = (write_map(f"{name}.mrc") for name in ("bad", "nan"))
    for path, value in ((bad, np.inf), (nan, np.nan)):
        with mrcfile.open(path, mode="r+") as opened:
            opened.data[9, 2, 3] = value
    zero = write_map("zero.mrc", np.zeros((16, 16, 16), np.float32))
    for maps, words, path in (
        ((flat, good), "is 2.5 everywhere", flat),
        ((good, bad), "not finite", bad),
        ((nan, good), "not finite", nan),
        ((good, write_map("b.mrc"), zero), "no value above 0", zero),
    ):
        with pytest.raises(InputError, match=words) as raised:
            half_map_signal_of_files(*maps)
        assert raised.value.path == path


def test_odd_headers_are_said(write_map: WriteMap) -> None:
    longer = write_map("longer.mrc")
    with open(longer, "ab") as file:
        file.write(b"1234")
    assert "4 bytes longer than stated" in open_map(longer).warnings[0]
    cella = np.array((32.0, 32.0, 40.0), dtype=[("x", "f4"), ("y", "f4"), ("z", "f4")])
    oblong = write_map("oblong.mrc", cella=cella)
    assert "not cubes (2 × 2 × 2.5 Å)" in open_map(oblong).warnings[0]


def test_a_map_that_changes_meanwhile_is_refused(write_map: WriteMap) -> None:
    path = write_map("a.mrc")
    opened = open_map(path)
    os.utime(path, (1, 1))
    with pytest.raises(InputError, match="has changed after"):
        opened.planes(0, 4)
