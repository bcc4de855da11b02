"""Stacks of class averages in MRC files: header checked, chosen images read, images copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.mrc_header import (
    HEADER,
    MODES,
    has_magic,
    header_of,
    is_compressed,
    pixel_size_of,
)
from rebalance.formats.unchanged_file import identity, note_look
from rebalance.model import FloatArray, IntArray

SUFFIXES = (".mrc", ".mrcs", ".st")
_PIECE = 1 << 24
_HINT = "Export the stack again from the job that wrote it."


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
    warnings : tuple of str
        What is odd about the file, though it can be read.
    identity : tuple of int
        By which it is known again when it is read.
    """

    path: Path
    n: int
    box: int
    pixel_size: float | None
    dtype: str
    offset: int
    warnings: tuple[str, ...]
    identity: tuple[int, ...]

    @property
    def _image_bytes(self) -> int:
        return self.box**2 * np.dtype(self.dtype).itemsize

    def read(self, index: IntArray | None = None) -> FloatArray:
        """Images, float32 (n, L, L); chosen by 0-based index.

        Raises
        ------
        InputError
            If an index lies outside the stack, or the file is no longer what it was.
        """
        chosen = np.arange(self.n) if index is None else index
        images = np.empty((len(chosen), self.box, self.box), dtype=np.float32)
        self._read_into(images, chosen)
        return images

    def _read_into(self, images: npt.NDArray[Any], index: IntArray) -> None:
        self._check(index)
        image = np.empty((self.box, self.box), dtype=self.dtype)
        with self._opened() as file, np.errstate(invalid="ignore"):
            for row, place in enumerate(index.tolist()):
                file.seek(self.offset + place * self._image_bytes)
                if file.readinto(image.data.cast("B")) < self._image_bytes:
                    raise self._changed()
                images[row] = image

    @contextmanager
    def _opened(self) -> Iterator[BufferedReader]:
        with _reading(self.path), open(self.path, "rb") as file:
            if identity(os.fstat(file.fileno())) != self.identity:
                raise self._changed()
            yield file

    def _changed(self) -> InputError:
        return InputError(
            "The stack changed after it was first read.",
            path=self.path,
            hint="Is another program writing it? Run again when it has finished.",
        )

    def _check(self, index: IntArray) -> None:
        outside = index[(index < 0) | (index >= self.n)]
        if len(outside):
            raise InputError(
                f"Image {int(outside[0]) + 1} was requested, but the stack has only {self.n}.",
                path=self.path,
                hint="The stack and the file that refers to it are from different jobs; give the "
                "stack from the same job.",
            )

    def copy(self, target: Path, index: IntArray | None = None) -> None:
        """Write a copy; with ``index``, of those images alone. Pixels stay as they are.

        Raises
        ------
        InputError
            If the stack is no longer what it was.
        OSError
            If the copy can't be written.
        """
        if index is None or np.array_equal(index, np.arange(self.n)):
            self._copy_whole(target)
            return
        import mrcfile

        images = np.empty((len(index), self.box, self.box), dtype=self.dtype)
        self._read_into(images, index)
        with mrcfile.new(target, overwrite=True) as out:
            out.set_data(images)
            out.set_image_stack()
            out.voxel_size = self.pixel_size or 0.0
            # mrcfile writes the time here; the same run is to give the same bytes.
            out.header.label[:] = b""
            out.header.nlabl = 0

    def _copy_whole(self, target: Path) -> None:
        copied = 0
        with open(target, "wb") as out:
            for piece in self._pieces():
                copied += out.write(piece)
        if copied < self.offset + self.n * self._image_bytes:
            raise self._changed()

    def _pieces(self) -> Iterator[bytes]:
        with self._opened() as file:
            while piece := file.read(_PIECE):
                yield piece


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror or error}.",
            path=path,
            hint="Check the name and the permissions.",
        ) from error


def open_stack(path: Path) -> MrcStack:
    """Check an MRC stack's header.

    Raises
    ------
    InputError
        If the file can't be read, is no MRC file, is truncated, holds a volume, or has complex,
        non-square or no images.
    """
    with _reading(path), open(path, "rb") as file:
        raw = file.read(HEADER)
        state = os.fstat(file.fileno())
        note_look(path, state)
    if is_compressed(raw):
        raise InputError(
            "The file is compressed, but a plain MRC stack was expected.",
            path=path,
            hint="Unpack it first (gunzip, bunzip2).",
        )
    size = state.st_size
    header = header_of(raw)
    if header is None:
        raise InputError("This is not an MRC stack: it has no valid header.", path=path, hint=_HINT)
    nx, ny, nz, mode = (int(header[name]) for name in ("nx", "ny", "nz", "mode"))
    if mode not in MODES:
        raise InputError(
            f"The pixels have MRC mode {mode}{' (complex)' if mode in (3, 4) else ''}, but real "
            f"images (mode {', '.join(map(str, MODES))}) were expected.",
            path=path,
            location="header field mode",
            hint="Convert the stack to float32 (mode 2).",
        )
    if min(nx, ny, nz) < 1:
        raise InputError(
            f"According to the header, there are {nz} images of {nx} × {ny} pixels.",
            path=path,
            location="header fields nx, ny, nz",
            hint=_HINT,
        )
    if nx != ny:
        raise InputError(
            f"The images are {nx} × {ny} pixels, but square ones were expected.",
            path=path,
            location="header fields nx, ny",
            hint="Class averages are square. Is this a micrograph? If not, crop or pad the images.",
        )
    if path.suffix.lower() != ".mrcs" and nz == nx and int(header["ispg"]) == 1:
        raise InputError(
            f"This is a three-dimensional map ({nx} × {ny} × {nz}), but a stack of images was "
            "expected.",
            path=path,
            location="header field ispg",
            hint="Give the stack of class averages. If these are images, name the file .mrcs.",
        )
    dtype = np.dtype(MODES[mode]).newbyteorder(header.dtype["nx"].byteorder)
    extended = int(header["nsymbt"])
    offset = HEADER + max(0, extended)
    if offset > size:
        raise InputError(
            f"The header states an extended header of {extended:,} bytes, but the file only has "
            f"{size:,} bytes.",
            path=path,
            location="header field nsymbt",
            hint=_HINT,
        )
    image_bytes = nx * ny * dtype.itemsize
    whole = (size - offset) // image_bytes
    if whole < nz:
        raise InputError(
            f"The stack is cut short: {nz} images according to the header, {whole} in the file.",
            path=path,
            hint="Copy the file again, or give the stack of a finished iteration.",
        )
    surplus = size - offset - nz * image_bytes
    warnings = [_about_surplus(path, nz, whole, surplus)] if surplus else []
    if extended < 0:
        warnings.append(
            f"The header of {path.name} states an extended header of {extended:,} bytes. The "
            "images are read as if there were none."
        )
    return MrcStack(
        path, nz, nx, pixel_size_of(header), dtype.str, offset, tuple(warnings), identity(state)
    )


def _about_surplus(path: Path, n: int, whole: int, surplus: int) -> str:
    says = f"{path.name} is longer than stated in its header: {n} image{'s' if n > 1 else ''}"
    if whole > n:
        read = f"the first {n} are" if n > 1 else "the first is"
        return f"{says}, but there is room for {whole}. Only {read} read."
    return f"{says}, then {surplus:,} more bytes. Are the images where the header says?"


def looks_like_mrc(path: Path) -> bool:
    """True if the file has the MRC magic bytes."""
    with open(path, "rb") as file:
        return has_magic(file.read(HEADER))
