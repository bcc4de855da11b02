"""Writes small EMAN2 and IMAGIC stacks as these programs do, byte by byte or with h5py."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

Images = npt.NDArray[Any]


def some_images(n: int = 5, box: int = 16, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, box, box)).astype(np.float32)


def write_eman(
    path: Path,
    images: Images,
    *,
    apix: float | None = 2.5,
    ptcl_repr: list[int] | None = None,
    listed: bool = False,
    numbers: list[int] | None = None,
) -> Path:
    """As EMAN2's HdfIO2 does: a group an image, attributes with the prefix EMAN."""
    numbers = list(range(len(images))) if numbers is None else numbers
    with h5py.File(path, "w") as file:
        root = file.create_group("MDF/images")
        root.attrs["imageid_max"] = np.int32(max(numbers, default=-1))
        for row, (number, image) in enumerate(zip(numbers, images, strict=True)):
            group = root.create_group(str(number))
            group.create_dataset("image", data=image)
            group.attrs["EMAN.nx"] = np.int32(image.shape[-1])
            group.attrs["EMAN.is_complex"] = np.int32(0)
            if apix is not None:
                group.attrs["EMAN.apix_x"] = np.float32(apix)
            if ptcl_repr is not None:
                group.attrs["EMAN.ptcl_repr"] = np.int32(ptcl_repr[row])
            if listed:
                group.attrs["EMAN.class_ptcl_idxs"] = np.arange(3 + row, dtype=np.int32)
                group.attrs["EMAN.class_ptcl_src"] = "sets/all.lst"
    return path


KINDS = {"REAL": "f4", "INTG": "i2", "PACK": "u1", "LONG": "i4"}


def write_imagic(
    stem: Path, images: Images, *, order: str = "<", kind: str = "REAL", **words: int
) -> tuple[Path, Path]:
    """A .hed of 256 words for each image and an .img; ``w61=5`` sets word 61 of every header."""
    header, pixels = stem.with_suffix(".hed"), stem.with_suffix(".img")
    records = []
    n, lines, columns = images.shape
    for place in range(n):
        record = bytearray(1024)

        def put(word: int, value: int, record: bytearray = record) -> None:
            struct.pack_into(f"{order}i", record, 4 * (word - 1), value)

        put(1, place + 1)
        put(2, n - 1 if place == 0 else 0)
        put(4, 1)
        put(12, lines * columns)
        put(13, lines)
        put(14, columns)
        record[56:60] = kind.encode()
        put(61, 1)
        put(69, 0x02020202 if order == "<" else 0x04040404)
        for name, value in words.items():
            put(int(name[1:]), value)
        records.append(bytes(record))
    header.write_bytes(b"".join(records))
    pixels.write_bytes(images.astype(f"{order}{KINDS.get(kind, 'f4')}").tobytes())
    return header, pixels
