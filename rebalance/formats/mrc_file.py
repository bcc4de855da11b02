"""Stacks of class averages in MRC files: header checked, chosen images read, images copied.

Format: A. Cheng et al., J. Struct. Biol. 192 (2015) 146, doi:10.1016/j.jsb.2015.04.002.
"""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import FloatArray, IntArray

SUFFIXES = (".mrc", ".mrcs", ".st")
_MODES = {0: "int8", 1: "int16", 2: "float32", 6: "uint16", 12: "float16"}
_HEADER = 1024
_HINT = "Give the stack again from the job that wrote it."


@dataclass(frozen=True)
class MrcStack:
    """A stack whose header has been checked against the file.

    Parameters
    ----------
    path : Path
    n : int
        Images.
    box : int
        Side of an image in pixels.
    pixel_size : float or None
        Å, from the header's voxel size; None where the header says 0 or nonsense.
    dtype : str
        Of the pixels in the file, with byte order.
    offset : int
        Where the first image begins, in bytes.
    """

    path: Path
    n: int
    box: int
    pixel_size: float | None
    dtype: str
    offset: int

    def _pixels(self) -> npt.NDArray[Any]:
        return np.memmap(
            self.path,
            dtype=self.dtype,
            mode="r",
            offset=self.offset,
            shape=(self.n, self.box, self.box),
        )

    def read(self, index: IntArray | None = None) -> FloatArray:
        """Images, float32 (n, L, L); chosen by 0-based index.

        Raises
        ------
        InputError
            If an index lies outside the stack.
        """
        pixels = self._pixels()
        if index is None:
            return np.array(pixels, dtype=np.float32)
        self._check(index)
        return np.array(pixels[index], dtype=np.float32)

    def _check(self, index: IntArray) -> None:
        outside = index[(index < 0) | (index >= self.n)]
        if len(outside):
            raise InputError(
                f"Image {int(outside[0]) + 1} is asked for, and the stack has {self.n}.",
                path=self.path,
                hint="The stack and the file that refers to it are of two different jobs; give "
                "the stack of the same job.",
            )

    def copy(self, target: Path, index: IntArray | None = None) -> None:
        """Write a copy; with ``index``, of those images alone. Pixels stay as they are."""
        if index is None or np.array_equal(index, np.arange(self.n)):
            shutil.copyfile(self.path, target)
            return
        import mrcfile

        self._check(index)
        with mrcfile.new(target, overwrite=True) as out:
            out.set_data(np.array(self._pixels()[index]))
            out.set_image_stack()
            out.voxel_size = self.pixel_size or 0.0
            # mrcfile writes the time here; the same run is to give the same bytes.
            out.header.label[:] = b""
            out.header.nlabl = 0


def open_stack(path: Path) -> MrcStack:
    """Check an MRC stack's header.

    Raises
    ------
    InputError
        If the file is no MRC file, is truncated, holds a volume, or has complex, non-square or
        no images.
    """
    import mrcfile

    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            if file.read(3)[:2] in (b"\x1f\x8b", b"BZ"):
                raise InputError(
                    "The file is compressed; a plain MRC stack was expected.",
                    path=path,
                    hint="Unpack it first (gunzip, bunzip2).",
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with mrcfile.open(path, permissive=True, header_only=True) as opened:
                header = opened.header.copy()
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror or error}.",
            path=path,
            hint="Check the name and the permissions.",
        ) from error
    except (ValueError, EOFError) as error:
        raise InputError(
            "This is not an MRC stack: it has no valid header.", path=path, hint=_HINT
        ) from error
    if size < _HEADER or (header.map != b"MAP " and not _plausible(header)):
        raise InputError("This is not an MRC stack: it has no valid header.", path=path, hint=_HINT)
    nx, ny, nz, mode = (int(header[name]) for name in ("nx", "ny", "nz", "mode"))
    if mode not in _MODES:
        raise InputError(
            f"The pixels are of MRC mode {mode}{' (complex)' if mode in (3, 4) else ''}; real "
            f"images of mode {', '.join(map(str, _MODES))} were expected.",
            path=path,
            location="header field mode",
            hint="Convert the stack to float32 (mode 2).",
        )
    if min(nx, ny, nz) < 1:
        raise InputError(
            f"The header says {nx} × {ny} pixels and {nz} images.",
            path=path,
            location="header fields nx, ny, nz",
            hint=_HINT,
        )
    if nx != ny:
        raise InputError(
            f"The images are {nx} × {ny} pixels; square ones were expected.",
            path=path,
            location="header fields nx, ny",
            hint="Class averages are square: is this a micrograph? Else crop or pad the images.",
        )
    if path.suffix.lower() != ".mrcs" and nz == nx and int(header.ispg) == 1:
        raise InputError(
            f"This is a three-dimensional map ({nx} × {ny} × {nz}); a stack of images was "
            "expected.",
            path=path,
            location="header field ispg",
            hint="Give the stack of class averages. If these are images, name the file .mrcs.",
        )
    dtype = np.dtype(_MODES[mode]).newbyteorder(header.nx.dtype.byteorder)
    offset = _HEADER + max(0, int(header.nsymbt))
    whole = (size - offset) // (nx * ny * dtype.itemsize)
    if whole < nz:
        raise InputError(
            f"The stack is cut short: the header says {nz} images, the file holds {max(0, whole)}.",
            path=path,
            hint="Copy the file again, or give the stack of a finished iteration.",
        )
    return MrcStack(path, nz, nx, _pixel_size(header), dtype.str, offset)


def looks_like_mrc(path: Path) -> bool:
    """True if the file has the MRC magic bytes."""
    with open(path, "rb") as file:
        return file.read(212)[208:212] in (b"MAP ", b"MAP\0")


def _plausible(header: Any) -> bool:
    # Files of before 2000 have no "MAP ".
    return all(0 < int(header[name]) < 1 << 16 for name in ("nx", "ny", "nz"))


def _pixel_size(header: Any) -> float | None:
    if int(header.mx) <= 0:
        return None
    # Written as float32: 4.3 comes as 4.300000190734863.
    value = float(f"{float(header.cella.x) / int(header.mx):.6g}")
    return value if np.isfinite(value) and value > 0 else None
