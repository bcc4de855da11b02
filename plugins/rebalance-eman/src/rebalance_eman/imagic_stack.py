"""Stacks in IMAGIC's two files: .hed, a header of 256 words for each image, and .img, the pixels.

Format: https://www.imagescience.de/formats.html (IMAGIC-4D, and IMAGIC-5 before it); M. van Heel et
al., J. Struct. Biol. 116 (1996) 17, doi:10.1006/jsbi.1996.0004.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.model import FloatArray

SUFFIXES = (".hed", ".img")

WORDS = 256
"""4-byte words in the header of an image."""

# Places of words, from 0.
IMN, IFOL, LINES, PIXELS, TYPE, SECTIONS = 0, 1, 12, 13, 14, 60

TYPES = {b"REAL": "f4", b"INTG": "i2", b"PACK": "u1", b"LONG": "i4"}
_COMPLEX = (b"COMP", b"RECO")
_LARGEST_BOX = 8192
_HINT = "Export both files again from the program that wrote them."


@dataclass(frozen=True)
class ImagicStack:
    """A pair of files whose headers have been checked against the pixels.

    Parameters
    ----------
    header, pixels : Path
        The .hed and the .img file.
    n : int
        Images.
    box : int
        Side of an image in pixels.
    dtype : str
        Of the pixels, with byte order.
    """

    header: Path
    pixels: Path
    n: int
    box: int
    dtype: str

    def read(self) -> FloatArray:
        """Images, float32 (n, L, L)."""
        values = np.fromfile(self.pixels, dtype=self.dtype, count=self.n * self.box**2)
        return values.reshape(self.n, self.box, self.box).astype(np.float32)

    @property
    def byte_order(self) -> str:
        """In words."""
        return "big-endian" if np.dtype(self.dtype).str[0] == ">" else "little-endian"


def looks_like_imagic(path: Path) -> bool:
    """True if it is one of two files of which one holds IMAGIC headers."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    header, _ = _both(path)
    with open(header, "rb") as file:
        words = file.read(4 * WORDS)
    return len(words) == 4 * WORDS and _order(words) is not None


def open_imagic(path: Path) -> ImagicStack:
    """Check the headers of a stack, given either of its files.

    Raises
    ------
    InputError
        If one of the files is missing, the header is none, the pixels are complex or of an unknown
        type, images are volumes or not square, or the files are cut short.
    """
    header, pixels = _both(path)
    for one, other in ((header, pixels), (pixels, header)):
        if not one.is_file():
            raise InputError(
                f"{one.name} is missing: an IMAGIC stack consists of two files.",
                path=other,
                hint=f"Copy {one.name} next to {other.name}.",
            )
    try:
        n_bytes, size = header.stat().st_size, pixels.stat().st_size
        with open(header, "rb") as file:
            words = file.read(4 * WORDS)
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror or error}.",
            path=header,
            hint="Check the name and the permissions.",
        ) from error
    order = _order(words) if len(words) == 4 * WORDS else None
    if order is None:
        raise InputError(
            "This is not an IMAGIC header: image number, size and type (words 1, 13 to 15) are "
            "not valid.",
            path=header,
            hint=_HINT,
        )
    first = np.frombuffer(words, dtype=f"{order}i4")
    kind = words[4 * TYPE : 4 * TYPE + 4]
    _check_kind(kind, header)
    lines, columns = int(first[LINES]), int(first[PIXELS])
    if first[SECTIONS] > 1:
        raise InputError(
            f"This is a volume of {first[SECTIONS]} sections, but two-dimensional class averages "
            "were expected.",
            path=header,
            location="word 61 (IZLP)",
            hint="Give the file of class averages.",
        )
    if lines != columns:
        raise InputError(
            f"The images are {columns} × {lines} pixels, but square ones were expected.",
            path=header,
            location="words 13 and 14 (IXLP, IYLP)",
            hint="Class averages are square. Is this a micrograph? If not, crop or pad the images.",
        )
    n, records = int(first[IFOL]) + 1, n_bytes // (4 * WORDS)
    dtype = np.dtype(f"{order}{TYPES[kind]}")
    whole = size // (lines * columns * dtype.itemsize)
    for part, there in ((header, records), (pixels, whole)):
        if there < n:
            raise InputError(
                f"The stack is cut short: {n} images according to the header, {there} in "
                f"{part.name}.",
                path=part,
                location="word 2 (IFOL)" if part is header else None,
                hint="Copy both files again, or give those of a finished run.",
            )
    return ImagicStack(header, pixels, n, lines, dtype.str)


def _both(path: Path) -> tuple[Path, Path]:
    """The header and the pixels of a stack; suffixes keep the case of the one that is given."""
    suffixes = (".HED", ".IMG") if path.suffix.isupper() else SUFFIXES
    return path.with_suffix(suffixes[0]), path.with_suffix(suffixes[1])


def _order(words: bytes) -> str | None:
    """Byte order in which the first header makes sense; None if it does in neither."""
    if words[4 * TYPE : 4 * TYPE + 4] not in (*TYPES, *_COMPLEX):
        return None
    for order in "<>":
        first = np.frombuffer(words, dtype=f"{order}i4")
        sizes_fit = 0 < first[LINES] <= _LARGEST_BOX and 0 < first[PIXELS] <= _LARGEST_BOX
        if sizes_fit and first[IMN] == 1 and 0 <= first[IFOL] < 1 << 24:
            return order
    return None


def _check_kind(kind: bytes, header: Path) -> None:
    if kind in _COMPLEX:
        raise InputError(
            f"The pixels have type {kind.decode()} (complex), but real ones were expected.",
            path=header,
            location="word 15 (TYPE)",
            hint="Transform the images back into real space.",
        )
