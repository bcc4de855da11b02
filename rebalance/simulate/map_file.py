"""Density maps: MRC and CCP4 files read, cleared of what surrounds the molecule, and resampled."""

from __future__ import annotations

import gzip
import io
import math
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.model import FloatArray
from rebalance.simulate.volume import LARGEST_SIDE, Volume, fourier_cropped

SUFFIXES = (".mrc", ".map", ".ccp4")

_EDGE = 0.04
_HELD = 0.995
_SMALLEST_MAP, _LARGEST_MAP = 4, 1024
_LARGEST_VALUE = 1e15
"""Sums of squares stay far from the limit of float32."""
_DEFLATED = 1032
"""Times that deflate makes anything smaller, at most."""
_HEADER, _EXTENDED_SIZE = 1024, slice(92, 96)
_HINT = "Give a density map in MRC format (.mrc, .map), or an atomic model (.pdb, .cif)."


def read_map(path: Path) -> Volume:
    """A map about the middle voxel of its box, masked to the sphere that holds the molecule.

    The molecule is what rises above the mean outside the largest sphere of the box by more than
    three standard deviations there, and above a tenth of the highest density; the sphere about
    the middle holds 99.5 % of it.

    Parameters
    ----------
    path : Path
        Axes in any order; plain or gzipped.

    Raises
    ------
    InputError
        If the file is no map: a stack of images, of unequal sides, flat, not finite, or without a
        voxel size.
    """
    density, voxel_size = _read(path)
    m = len(density)
    axis = (np.arange(m) - m // 2).astype(np.float32) ** 2
    radius = np.sqrt(axis[:, None, None] + axis[:, None] + axis)
    outside = density[radius > m // 2]
    density -= outside.mean()
    level = max(3 * float(outside.std()), 0.1 * float(np.quantile(density, 0.9999)))
    molecule = density > level
    if level <= 0 or not molecule.any():
        raise InputError(
            "Nothing in this map stands out from its surroundings.",
            path=path,
            hint="Give a map with positive density for the molecule, in the center of its box.",
        )
    mass = np.bincount(radius[molecule].astype(np.int64), density[molecule])
    reach = 1 + int(np.searchsorted(np.cumsum(mass), _HELD * mass.sum()))
    edge = max(2.0, _EDGE * m)
    beyond = np.clip((radius - reach) / edge, 0, 1)
    density *= 0.5 + 0.5 * np.cos(np.pi * beyond, dtype=np.float32)
    return Volume(density, voxel_size, 2 * reach * voxel_size)


def resampled(volume: Volume, pixel_size: float) -> Volume:
    """A map with voxels of about a pixel, cut to its molecule; as it is if it is no finer."""
    m = len(volume.density)
    room = volume.diameter + 2 * _EDGE * m * volume.voxel_size
    cut = min(m, 2 * math.ceil(room / volume.voxel_size / 2))
    start = m // 2 - cut // 2
    part = volume.density[start : start + cut, start : start + cut, start : start + cut]
    side = min(cut, 2 * math.ceil(cut * volume.voxel_size / pixel_size / 2))
    if side > LARGEST_SIDE:
        raise OptionError(
            f"pixel_size = {pixel_size:g} Å is too fine for this map: it would need a grid of "
            f"{side}³ voxels, and the limit is {LARGEST_SIDE}³.",
            hint="Class averages are coarse: use pixels of 2 to 6 Å.",
        )
    small = fourier_cropped(np.ascontiguousarray(part), side)
    return Volume(small, volume.voxel_size * cut / side, volume.diameter)


def _read(path: Path) -> tuple[FloatArray, float]:
    """The density with axes z, y, x, and the voxel size."""
    import mrcfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = _header_of(path)
            if header.map not in (b"MAP ", b"MAP\0"):
                raise ValueError
            data = None
            if _is_all_there(header, path):
                with mrcfile.open(path, permissive=True) as opened:
                    data = opened.data
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror or error}.", path=path, hint=_HINT
        ) from error
    except (ValueError, EOFError, zlib.error) as error:
        raise InputError("This is not a density map.", path=path, hint=_HINT) from error
    if data is None:
        raise InputError(
            "The header is that of a map, but the density can't be read: the file is cut short, "
            f"or its mode {int(header.mode)} is not supported.",
            path=path,
            hint="Copy the file again.",
        )
    if data.ndim != 3 or len(set(data.shape)) != 1 or np.iscomplexobj(data):
        sides = " × ".join(str(side) for side in data.shape[::-1])
        raise InputError(
            f"This is not a cubic map: it has {sides} voxels.",
            path=path,
            location="header fields nx, ny, nz",
            hint="A map must have equal sides. " + _HINT,
        )
    if not _SMALLEST_MAP <= len(data) <= _LARGEST_MAP:
        raise InputError(
            f"The map has {len(data)}³ voxels, but {_SMALLEST_MAP}³ to {_LARGEST_MAP}³ were "
            "expected.",
            path=path,
            hint="Bin it first." if len(data) > _LARGEST_MAP else _HINT,
        )
    # mapc, mapr, maps say which of x, y, z runs along columns, rows and sections.
    runs = [int(header.mapc), int(header.mapr), int(header.maps)]
    if sorted(runs) != [1, 2, 3]:
        runs = [1, 2, 3]
    by_axis = {name: 2 - place for place, name in enumerate(runs)}
    density = np.array(np.transpose(data, [by_axis[3], by_axis[2], by_axis[1]]), dtype=np.float32)
    if not (np.abs(density) < _LARGEST_VALUE).all():
        raise InputError(
            f"The map has values that are not finite, or beyond {_LARGEST_VALUE:g}.", path=path
        )
    voxel = float(header.cella.x) / max(int(header.mx), 1)
    if not (np.isfinite(voxel) and voxel > 0):
        raise InputError(
            "The map states no voxel size.",
            path=path,
            location="header fields cella, mx",
            hint="Write it into the header, e.g. relion_image_handler --force_header_angpix.",
        )
    return density, float(f"{voxel:.6g}")


def _header_of(path: Path) -> Any:
    """The header as mrcfile reads it, without what may follow it.

    Raises
    ------
    OSError, ValueError, EOFError, zlib.error
        If it can't be read.
    """
    from mrcfile.mrcinterpreter import MrcInterpreter

    with _opened(path) as file:
        raw = bytearray(file.read(_HEADER))
    extended = bytes(raw[_EXTENDED_SIZE])
    raw[_EXTENDED_SIZE] = bytes(len(extended))
    header = MrcInterpreter(io.BytesIO(raw), permissive=True, header_only=True).header.copy()
    header.nsymbt = np.frombuffer(extended, dtype=header.nsymbt.dtype)[0]
    return header


def _is_all_there(header: Any, path: Path) -> bool:
    """Whether the file can have what its header says; mrcfile makes room before it reads."""
    from mrcfile.utils import dtype_from_mode

    try:
        voxel = dtype_from_mode(header.mode).itemsize
    except ValueError:
        return False
    sides = [int(header[name]) for name in ("nx", "ny", "nz")]
    said = _HEADER + int(header.nsymbt) + math.prod(sides) * voxel
    most = path.stat().st_size * (_DEFLATED if _is_gzipped(path) else 1)
    return min(sides) > 0 and header.nsymbt >= 0 and said <= most


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if _is_gzipped(path) else path.open("rb")


def _is_gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
