"""Maps in MRC files: headers checked, planes read when they are asked for.

Nothing is mapped into memory, and no map is ever held whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.formats.mrc_header import HEADER, MODES, header_of, is_compressed, pixel_size_of
from rebalance.formats.paths import require_exists, same_file
from rebalance.formats.unchanged_file import UnchangedFile
from rebalance.model import FloatArray

SMALLEST_BOX = 4

_APART = 0.01
"""Relative tolerance when comparing two voxel sizes."""

LARGEST = 1e15
"""Largest value in a map or mask; sums of products stay far from the limit of float32."""

_PLANES = 16
_HINT = "Give a half map in MRC format (.mrc, .map), as a refinement writes it."


@dataclass(frozen=True, eq=False)
class MapFile:
    """A cubic map whose header has been checked against the file.

    Parameters
    ----------
    path : Path
    box : int
        Voxels along a side.
    voxel_size : float or None
        Å; None where the header says 0 or nonsense.
    order : tuple of int
        Which of x, y, z runs along columns, rows and planes.
    dtype : str
        Of the voxels in the file, with byte order.
    offset : int
        Where the first plane begins, in bytes.
    warnings : tuple of str
    file : UnchangedFile
    """

    path: Path
    box: int
    voxel_size: float | None
    order: tuple[int, int, int]
    dtype: str
    offset: int
    warnings: tuple[str, ...]
    file: UnchangedFile

    def planes(self, start: int, stop: int) -> FloatArray:
        """Planes as they are stored, float32 (stop − start, L, L).

        Raises
        ------
        InputError
            If the file is no longer what it was.
        """
        dtype = np.dtype(self.dtype)
        raw = np.empty((stop - start, self.box, self.box), dtype=dtype)
        with self.file.open() as opened:
            opened.seek(self.offset + start * self.box**2 * dtype.itemsize)
            self.file.read_into(opened, raw.data.cast("B"))
        with np.errstate(invalid="ignore"):
            return raw.astype(np.float32)

    def check_values(self, *, is_mask: bool = False) -> None:
        """InputError for values that are no map's, or no mask's."""
        low, high = np.inf, -np.inf
        for start in range(0, self.box, _PLANES):
            planes = self.planes(start, min(start + _PLANES, self.box))
            low, high = np.fmin(low, planes.min()), np.fmax(high, planes.max())
            if not np.isfinite(planes).all():
                high = np.nan
                break
        check_range(float(low), float(high), "The map", is_mask=is_mask, path=self.path)


@dataclass(frozen=True, eq=False)
class HalfMaps:
    """Two half maps of one box, and their mask.

    Parameters
    ----------
    first, second : MapFile
    mask : MapFile or None
    voxel_size : float or None
        Å; None where nothing says it.
    warnings : tuple of str
    """

    first: MapFile
    second: MapFile
    mask: MapFile | None
    voxel_size: float | None
    warnings: tuple[str, ...]

    def check_values(self) -> None:
        """InputError for maps that are constant or not finite, and for an empty mask."""
        self.first.check_values()
        self.second.check_values()
        if self.mask is not None:
            self.mask.check_values(is_mask=True)


def open_half_maps(
    first: Path | str,
    second: Path | str,
    mask: Path | str | None = None,
    pixel_size: float | None = None,
) -> HalfMaps:
    """Check the headers of two half maps and their mask.

    Parameters
    ----------
    first, second : Path or str
    mask : Path or str, optional
    pixel_size : float, optional
        Å; instead of what the headers say.

    Raises
    ------
    InputError
        If a file can't be read, is no cubic map, or they differ in box or voxel size, or both
        half maps are one file.
    OptionError
        If ``pixel_size`` is not positive.
    """
    if pixel_size is not None and not (np.isfinite(pixel_size) and pixel_size > 0):
        raise OptionError(
            f"pixel_size = {pixel_size:g}, expected more than 0 Å.", setting="pixel_size"
        )
    one, two = open_map(Path(first)), open_map(Path(second))
    if same_file(one.path, two.path):
        raise InputError(
            "Both half maps are this file.",
            path=two.path,
            hint="Give the maps of the two halves, e.g. run_half1_class001_unfil.mrc and "
            "run_half2_class001_unfil.mrc.",
        )
    third = None if mask is None else open_map(Path(mask))
    maps = [one, two] if third is None else [one, two, third]
    for other in maps[1:]:
        _check_fit(one, other, "The mask" if other is third else "The second half map", pixel_size)
    voxel_size, warnings = _voxel_size(maps, pixel_size)
    warnings = [*(text for other in maps for text in other.warnings), *warnings]
    return HalfMaps(one, two, third, voxel_size, tuple(warnings))


def open_map(path: Path) -> MapFile:
    """Check the header of a map against its file.

    Raises
    ------
    InputError
        If it can't be read, is compressed, cut short, no MRC file, a stack of images, not cubic,
        or of complex values.
    """
    require_exists(path, "file")
    if path.is_dir():
        raise InputError("This is a folder, but a map was expected.", path=path, hint=_HINT)
    file = UnchangedFile(path)
    with file.open() as opened:
        raw = file.read(opened, min(HEADER, file.size))
    if is_compressed(raw):
        raise InputError(
            "The file is compressed, but a plain MRC map was expected.",
            path=path,
            hint="Unpack it first (gunzip, bunzip2).",
        )
    header = header_of(raw)
    if header is None:
        raise InputError("This is not an MRC map: it has no valid header.", path=path, hint=_HINT)
    mode = int(header["mode"])
    if mode not in MODES:
        raise InputError(
            f"The voxels have MRC mode {mode}{' (complex)' if mode in (3, 4) else ''}, but real "
            f"values (mode {', '.join(map(str, MODES))}) were expected.",
            path=path,
            location="header field mode",
            hint="Convert the map to float32 (mode 2).",
        )
    box = _box(header, path)
    dtype = np.dtype(MODES[mode]).newbyteorder(header.dtype["nx"].byteorder)
    extended = int(header["nsymbt"])
    offset = HEADER + max(0, extended)
    there = max(0, file.size - offset)
    needed = box**3 * dtype.itemsize
    if there < needed:
        raise InputError(
            f"The map is cut short: {box}³ voxels ({needed:,} bytes) according to the header, "
            f"{there:,} bytes in the file.",
            path=path,
            hint="Copy the file again, or give the map of a finished iteration.",
        )
    warnings = list(_oddities(header, path, there - needed))
    return MapFile(
        path, box, pixel_size_of(header), _order(header), dtype.str, offset, tuple(warnings), file
    )


def _box(header: np.void, path: Path) -> int:
    nx, ny, nz = (int(header[name]) for name in ("nx", "ny", "nz"))
    place = "header fields nx, ny, nz"
    if min(nx, ny, nz) < 1:
        raise InputError(
            f"According to the header, the map has {nx} × {ny} × {nz} voxels.",
            path=path,
            location=place,
            hint=_HINT,
        )
    # ispg alone says little: many programs leave 0 in the maps that they write.
    is_stack = int(header["ispg"]) == 0 and int(header["mz"]) == 1 and nz > 1
    if path.suffix.lower() == ".mrcs" or is_stack or (nx == ny and nz == 1):
        raise InputError(
            f"This is a stack of {nz:,} image{'s' if nz > 1 else ''} of {nx} × {ny} pixels, but "
            "a map was expected.",
            path=path,
            location=place,
            hint=_HINT,
        )
    if not nx == ny == nz:
        raise InputError(
            f"The map has {nx} × {ny} × {nz} voxels, but equal sides were expected.",
            path=path,
            location=place,
            hint="Half maps of a refinement are cubes. Is this a stack of images, or a part that "
            "was cut out?",
        )
    if nx < SMALLEST_BOX:
        raise InputError(
            f"The map has {nx}³ voxels; the smallest possible is {SMALLEST_BOX}³.",
            path=path,
            location=place,
            hint=_HINT,
        )
    return nx


def _order(header: np.void) -> tuple[int, int, int]:
    """0, 1, 2 for x, y, z along columns, rows and planes."""
    runs = tuple(int(header[name]) - 1 for name in ("mapc", "mapr", "maps"))
    return runs if sorted(runs) == [0, 1, 2] else (0, 1, 2)  # type: ignore[return-value]


def _oddities(header: np.void, path: Path, surplus: int) -> Iterator[str]:
    if surplus:
        yield (
            f"{path.name} is {surplus:,} bytes longer than stated in its header. Are the voxels "
            "where the header says?"
        )
    if int(header["nsymbt"]) < 0:
        yield (
            f"The header of {path.name} states an extended header of {int(header['nsymbt']):,} "
            "bytes. The voxels are read as if there were none."
        )
    sides = [
        float(header["cella"][axis]) / int(header[n])
        for axis, n in (("x", "mx"), ("y", "my"), ("z", "mz"))
        if int(header[n]) > 0
    ]
    known = [side for side in sides if np.isfinite(side) and side > 0]
    if known and max(known) > (1 + _APART) * min(known):
        yield (
            f"The header of {path.name} says that voxels are not cubes "
            f"({' × '.join(f'{side:.4g}' for side in sides)} Å); the first side is taken."
        )


def _check_fit(one: MapFile, other: MapFile, name: str, pixel_size: float | None) -> None:
    if other.box != one.box:
        raise InputError(
            f"{name} has {other.box}³ voxels, but {one.path.name} has {one.box}³.",
            path=other.path,
            hint="Give maps from the same refinement.",
        )
    sizes = one.voxel_size, other.voxel_size
    if pixel_size is None and sizes[0] and sizes[1] and not _alike(sizes[0], sizes[1]):
        raise InputError(
            f"{name} has voxels of {sizes[1]:g} Å, but {one.path.name} has {sizes[0]:g} Å.",
            path=other.path,
            location="header fields cella, mx",
            hint="Give maps from the same refinement, or the right size with `pixel_size`.",
        )
    if other.order != one.order:
        raise InputError(
            f"{name} and {one.path.name} store their axes in a different order.",
            path=other.path,
            location="header fields mapc, mapr, maps",
            hint="Write both with x along the columns, as RELION and CryoSPARC do.",
        )


def _voxel_size(maps: list[MapFile], pixel_size: float | None) -> tuple[float | None, list[str]]:
    """Å as asked for, or as the first map says that says it; and what is to be said about it."""
    stated = next((one for one in maps if one.voxel_size), None)
    if pixel_size is None and stated is None:
        return None, [
            f"The header of {maps[0].path.name} states no voxel size, so frequencies are in "
            "1/voxel and resolutions in voxels. Give it with `pixel_size`."
        ]
    if pixel_size is None:
        assert stated is not None
        return stated.voxel_size, []
    if stated is not None and stated.voxel_size and not _alike(pixel_size, stated.voxel_size):
        return pixel_size, [
            f"{stated.path.name} states a voxel size of {stated.voxel_size:g} Å. Using "
            f"{pixel_size:g} Å from `pixel_size`."
        ]
    return pixel_size, []


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= _APART * min(one, other)


def check_range(
    low: float, high: float, name: str, *, is_mask: bool = False, path: Path | None = None
) -> None:
    """InputError for a map whose lowest and highest values say that it is none."""
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(
            f"{name} has values that are not finite.", path=path, hint="Copy the file again."
        )
    if max(-low, high) > LARGEST:
        raise InputError(
            f"{name} has values as large as {max(-low, high):.1g}; the limit is {LARGEST:g}.",
            path=path,
            hint="Is this a density map?",
        )
    if is_mask and not high > 0:
        raise InputError(
            f"{name} has no value above 0.", path=path, hint="A mask is 1 inside the molecule."
        )
    if not is_mask and low == high:
        raise InputError(
            f"{name} is {low:g} everywhere.",
            path=path,
            hint="Give the half maps of a refinement that has run.",
        )
