"""IMAGIC stacks of both byte orders, read as RELION reads them, and files that are damaged."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rebalance_eman", reason="rebalance-eman is not installed")

from rebalance_eman.templates import write_templates
from stacks import KINDS, some_images, write_imagic

import rebalance
from rebalance.errors import InputError, OutputError
from rebalance.formats import inspect
from rebalance.model import Superclasses


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("which", [0, 1])
def test_both_files_lead_to_the_images(tmp_path: Path, order: str, kind: str, which: int) -> None:
    images = np.clip(np.rint(40 * some_images() + 100), 0, 255)
    if kind == "REAL":
        images = some_images()
    data = rebalance.read(write_imagic(tmp_path / "a", images, order=order, kind=kind)[which])
    assert data.format == "imagic"
    assert data.class_averages is not None
    np.testing.assert_array_equal(data.class_averages.images, images.astype(np.float32))
    assert data.class_averages.images.dtype == np.float32
    assert data.class_averages.class_id.tolist() == [1, 2, 3, 4, 5]
    assert data.class_averages.pixel_size is None
    assert data.class_averages.n_particles is None


def test_suffixes_may_be_capital_letters(tmp_path: Path) -> None:
    for path in write_imagic(tmp_path / "a", some_images()):
        path.rename(path.with_suffix(path.suffix.upper()))
    assert rebalance.read(tmp_path / "a.HED").class_averages is not None


@pytest.mark.skipif(shutil.which("relion_image_handler") is None, reason="RELION is not installed")
@pytest.mark.parametrize("kind", ["REAL", "INTG"])
def test_relion_reads_the_same_pixels(tmp_path: Path, kind: str) -> None:
    """Our files of tests are IMAGIC files, and no image is flipped or moved against RELION's."""
    import mrcfile

    images = np.rint(100 * some_images(3, 12)).astype(np.float32)
    header, _ = write_imagic(tmp_path / "a", images, kind=kind)
    done = subprocess.run(
        ["relion_image_handler", "--i", f"2@{header}", "--o", str(tmp_path / "b.mrc")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data = rebalance.read(header)
    assert data.class_averages is not None
    with mrcfile.open(tmp_path / "b.mrc", permissive=True) as opened:
        np.testing.assert_array_equal(np.squeeze(opened.data), data.class_averages.images[1])


def test_a_whole_run_copies_both_files(tmp_path: Path) -> None:
    header, pixels = write_imagic(tmp_path / "a", some_images(4, 24), order=">")
    result = rebalance.run(
        pixels, n_superclasses=2, output=tmp_path / "out", figures=False, copy_templates=True
    )
    assert result.folder is not None
    assert (result.folder / "templates.hed").read_bytes() == header.read_bytes()
    assert (result.folder / "templates.img").read_bytes() == pixels.read_bytes()
    assert rebalance.read(result.folder / "templates.hed").format == "imagic"
    assert "\t" + str(header.resolve()) in (result.folder / "templates.lst").read_text()


def test_more_headers_than_images_are_no_harm(tmp_path: Path) -> None:
    """Programs that write over a longer stack leave its tail."""
    header, pixels = write_imagic(tmp_path / "a", some_images(3))
    for path in (header, pixels):
        path.write_bytes(path.read_bytes() + path.read_bytes()[:1024])
    data = rebalance.read(header)
    assert data.class_averages is not None
    assert len(data.class_averages) == 3


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        ({}, "COMP", r"word 15 \(TYPE\): The pixels have type COMP"),
        ({}, "TEXT", "not an IMAGIC header"),
        ({"w61": 16}, "REAL", r"word 61 \(IZLP\): This is a volume of 16 sections"),
        ({"w13": 8}, "REAL", "The images are 16 × 8 pixels"),
        ({"w13": 0}, "REAL", "not an IMAGIC header"),
        ({"w1": 7}, "REAL", "not an IMAGIC header"),
        ({"w2": 9}, "REAL", r"a.hed, word 2 \(IFOL\): The stack is cut short: 10 images"),
    ],
)
def test_headers_that_are_none_are_refused(
    tmp_path: Path, words: dict[str, int], kind: str, says: str
) -> None:
    header, _ = write_imagic(tmp_path / "a", some_images(), kind=kind, **words)
    with pytest.raises(InputError, match=says):
        rebalance.read(header, format="imagic")


def test_half_a_stack_is_told_which_half_is_missing(tmp_path: Path) -> None:
    header, pixels = write_imagic(tmp_path / "a", some_images())
    content = pixels.read_bytes()
    pixels.unlink()
    with pytest.raises(InputError, match=r"a.img is missing"):
        rebalance.read(header)
    pixels.write_bytes(content[:-1])
    with pytest.raises(InputError, match=r"a.img: The stack is cut short: 5 images .* 4 in a.img"):
        rebalance.read(header)
    header.unlink()
    with pytest.raises(InputError, match=r"a.hed is missing"):
        rebalance.read(pixels, format="imagic")


def test_inspect_says_the_byte_order(tmp_path: Path) -> None:
    found = inspect(write_imagic(tmp_path / "a", some_images(), order=">")[0])
    assert found.format == "imagic"
    assert ("version", "IMAGIC, big-endian") in found.rows
    assert any("no pixel size" in text for _, text in found.rows)


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path: Path) -> None:
    zero = np.array([0])
    one = Superclasses(zero, zero + 1, zero, zero + 1, np.array([1.0]), zero)
    stack = write_imagic(tmp_path / "a", some_images(1))[0]
    with pytest.raises(OutputError, match="could not be written") as caught:
        write_templates(stack, zero, one, tmp_path / "gone", [])
    assert "`output`" in str(caught.value.hint)
