"""Stacks of images in EMAN2's HDF5 files: group /MDF/images, one group an image.

EMAN2: G. Tang et al., J. Struct. Biol. 157 (2007) 38, doi:10.1016/j.jsb.2006.05.009; layout and
attributes as its HdfIO2 and e2classaverage.py write them (https://github.com/cryoem/eman2).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import FloatArray, IntArray

MAGIC = b"\x89HDF\r\n\x1a\n"
ROOT = "MDF/images"

_LARGEST_BOX = 8192
_HINT = "Export the file again from the program that wrote it."


@dataclass(frozen=True, eq=False)
class HdfStack:
    """The images of one file, and what their headers say.

    Parameters
    ----------
    images : float32 (N, L, L)
    number : int64 (N,)
        EMAN2's numbers of the images, from 0; those of deleted images are missing.
    pixel_sizes : float64 (N,)
        Å; NaN where the header says nothing.
    n_particles : int64 (N,)
        Particles that an average was made from; −1 where the header says nothing.
    """

    images: FloatArray
    number: IntArray
    pixel_sizes: npt.NDArray[np.float64]
    n_particles: IntArray


def looks_like_eman(path: Path) -> bool:
    """True if the file is an HDF5 file with EMAN2's group of images."""
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return False
    import h5py

    with h5py.File(path, "r") as opened:
        return ROOT in opened


def read_hdf_stack(path: Path) -> HdfStack:
    """Read every image.

    Raises
    ------
    InputError
        If the file is no HDF5 file or damaged, holds no images, or they are volumes, transforms,
        not square, or of several sizes.
    """
    import h5py

    try:
        with h5py.File(path, "r") as opened:
            if ROOT not in opened:
                raise InputError(
                    f"This HDF5 file has no group /{ROOT}, where EMAN2 stores images.",
                    path=path,
                    hint="Give an .hdf file written by EMAN2.",
                )
            return _read(opened[ROOT], path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"The HDF5 file can't be read: {error}.", path=path, hint=_HINT) from error


def _read(group: Any, path: Path) -> HdfStack:
    numbers = sorted(int(name) for name in group if name.isdecimal())
    if not numbers:
        raise InputError("There are no images in it.", path=path, location=f"/{ROOT}", hint=_HINT)
    images: list[FloatArray] = []
    sizes: list[float] = []
    counts: list[int] = []
    for number in numbers:
        where = f"image {number}"
        own = group[str(number)]
        attributes = dict(own.attrs)
        image = _image(own, attributes, path, where)
        if images and image.shape != images[0].shape:
            raise InputError(
                f"The images have two sizes: {images[0].shape[0]} px and, here, "
                f"{image.shape[0]} px.",
                path=path,
                location=where,
                hint="Give the class averages of a single classification.",
            )
        images.append(image)
        sizes.append(_positive(attributes.get("EMAN.apix_x")))
        counts.append(_count(attributes))
    return HdfStack(
        np.stack(images),
        np.array(numbers, dtype=np.int64),
        np.array(sizes, dtype=np.float64),
        np.array(counts, dtype=np.int64),
    )


def _image(group: Any, attributes: dict[str, Any], path: Path, where: str) -> FloatArray:
    import h5py

    # A link to another file could lead anywhere.
    if not isinstance(group.get("image", getlink=True), h5py.HardLink):
        raise InputError("It has no data.", path=path, location=where, hint=_HINT)
    data = group["image"]
    shape = tuple(int(n) for n in data.shape)
    if len(shape) == 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) != 2:
        what = f"a volume of {' × '.join(map(str, shape[::-1]))}" if len(shape) == 3 else "no image"
        raise InputError(
            f"This is {what}, but two-dimensional class averages were expected.",
            path=path,
            location=where,
            hint="Give the file of class averages, e.g. classes_01.hdf of a refine2d folder.",
        )
    if int(_number(attributes.get("EMAN.is_complex"), 0)) or data.dtype.kind not in "iuf":
        raise InputError(
            "The image is complex, but a real one was expected.",
            path=path,
            location=where,
            hint="Transform the images back into real space.",
        )
    if shape[0] != shape[1] or not 0 < shape[0] <= _LARGEST_BOX:
        raise InputError(
            f"The image is {shape[1]} × {shape[0]} pixels, but square ones of at most "
            f"{_LARGEST_BOX} were expected.",
            path=path,
            location=where,
            hint="Class averages are square. Is this a micrograph? If not, clip the images.",
        )
    pixels = np.asarray(data[()], dtype=np.float32).reshape(shape)
    return _unpacked(pixels, attributes)


def _unpacked(pixels: FloatArray, attributes: dict[str, Any]) -> FloatArray:
    """Densities of an image that was stored with few bits: EMAN2 keeps their range next to it."""
    bits = int(_number(attributes.get("EMAN.stored_renderbits"), 0))
    low = _number(attributes.get("EMAN.stored_rendermin"), 0.0)
    high = _number(attributes.get("EMAN.stored_rendermax"), 0.0)
    if bits <= 0 or high == low:
        return pixels
    return (low + pixels / np.float64(2**bits - 1) * (high - low)).astype(np.float32)


def _count(attributes: dict[str, Any]) -> int:
    """Particles of an average: EMAN2's ptcl_repr, else as many as it lists; −1 if neither."""
    stated = attributes.get("EMAN.ptcl_repr")
    if stated is not None:
        return max(0, int(_number(stated, 0)))
    listed = attributes.get("EMAN.class_ptcl_idxs")
    return -1 if listed is None else int(np.size(listed))


def _number(value: Any, default: float) -> float:
    try:
        found = float(np.asarray(value).reshape(-1)[0])
    except (TypeError, ValueError, IndexError):
        return default
    return found if np.isfinite(found) else default


def _positive(value: Any) -> float:
    found = _number(value, np.nan) if value is not None else np.nan
    # Written as float32: 1.06 comes as 1.0599999.
    return float(f"{found:.6g}") if found > 0 else np.nan
