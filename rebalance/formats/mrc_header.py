"""The header of an MRC file, of whatever byte order and age.

Format: A. Cheng et al., J. Struct. Biol. 192 (2015) 146, doi:10.1016/j.jsb.2015.04.002.
"""

from __future__ import annotations

from typing import Any

import numpy as np

HEADER = 1024
"""Bytes."""

MODES = {0: "int8", 1: "int16", 2: "float32", 6: "uint16", 12: "float16"}
"""Of real pixels."""

_KNOWN_MODES = {*MODES, 4}
_MAGIC, _MACHINE_STAMP = 208, 212


def header_of(raw: bytes) -> Any:
    """The fields of an MRC header, of the byte order by which they make sense; None if none do."""
    from mrcfile.dtypes import HEADER_DTYPE

    if len(raw) < HEADER:
        return None
    is_big = raw[_MACHINE_STAMP : _MACHINE_STAMP + 2] == b"\x11\x11"
    headers = [
        np.frombuffer(raw, dtype=HEADER_DTYPE.newbyteorder(order))[0]
        for order in (">", "<")[:: 1 if is_big else -1]
    ]
    # Machine stamps are wrong in some files.
    header = next((one for one in headers if int(one["mode"]) in _KNOWN_MODES), headers[0])
    return header if has_magic(raw) or _plausible(header) else None


def has_magic(raw: bytes) -> bool:
    """True if a header has the MRC magic bytes."""
    return raw[_MAGIC : _MAGIC + 4] in (b"MAP ", b"MAP\0")


def is_compressed(raw: bytes) -> bool:
    """True if a file begins as gzip and bzip2 do."""
    return raw[:2] in (b"\x1f\x8b", b"BZ")


def pixel_size_of(header: Any) -> float | None:
    """Å along x; None where the header says 0 or nonsense."""
    if int(header["mx"]) <= 0:
        return None
    # Written as float32: 4.3 comes as 4.300000190734863.
    value = float(f"{float(header['cella']['x']) / int(header['mx']):.6g}")
    return value if np.isfinite(value) and value > 0 else None


def _plausible(header: Any) -> bool:
    # Files of before 2000 have no "MAP ".
    return all(0 < int(header[name]) < 1 << 16 for name in ("nx", "ny", "nz"))
