"""The half maps beside a refinement, by the names that RELION and CryoSPARC give them.

RELION: ``run_half1_class001_unfil.mrc`` at the end, ``run_it012_half1_class001.mrc`` on the way.
CryoSPARC: ``J12_005_volume_map_half_A.mrc``, and the mask that its own orientation diagnostics
take, ``J12_005_volume_mask_fsc_auto.mrc``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rebalance.formats.paths import folders_of, is_file

_RELION = re.compile(
    r"(?P<root>.*?)(?:_ct(?P<ct>\d+))?"
    r"(?:_it(?P<it>\d+)_half(?P<half>[12])_class001|_half(?P<end>[12])_class001_unfil)\.mrc"
)
_CRYOSPARC = re.compile(
    r"(?P<root>.*?)(?:_(?P<it>\d{3,}))?(?P<what>_volume.*?)?_map_half_(?P<half>[AB])\.mrc"
)
_END = 1 << 31
"""Iteration assigned to the final files."""


@dataclass(frozen=True)
class FoundHalfMaps:
    """Half maps that are next to a refinement.

    Parameters
    ----------
    first, second : Path
    mask : Path or None
        Only where its name leaves no doubt.
    """

    first: Path
    second: Path
    mask: Path | None = None


def find_half_maps(path: Path) -> FoundHalfMaps | None:
    """The half maps of a job: the final ones, else those of the last iteration.

    Parameters
    ----------
    path : Path
        The job's folder, or a file in it. A half map brings its own other half.

    Returns
    -------
    FoundHalfMaps or None
        None if there are none, or if there are several classes of them.
    """
    folders = [path] if path.is_dir() else folders_of(path)
    for folder in folders:
        found = dict(_pairs(folder))
        given = _kind(path.name)
        if given is not None and not path.is_dir():
            found = {kind: pair for kind, pair in found.items() if kind == given}
        if not found or len({(program, root) for program, root, _ in found}) > 1:
            continue
        return found[max(found, key=lambda kind: kind[2])]
    return None


_Kind = tuple[str, str, tuple[int, int]]
"""Program, name of the maps, and how late: the iteration that was continued from, and its own."""


def _pairs(folder: Path) -> Iterator[tuple[_Kind, FoundHalfMaps]]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return
    for name in names:
        kind, other = _kind(name), _other_half(name)
        if kind is None or other is None or not is_file(folder / name):
            continue
        if is_file(folder / other):
            yield kind, FoundHalfMaps(folder / name, folder / other, _mask(folder, name))


def _kind(name: str) -> _Kind | None:
    if match := _RELION.fullmatch(name):
        late = int(match["ct"] or 0), int(match["it"] or _END)
        return "RELION", match["root"], late
    if match := _CRYOSPARC.fullmatch(name):
        whose = match["root"] + (match["what"] or "")
        return "CryoSPARC", whose, (0, int(match["it"] or _END))
    return None


def _other_half(name: str) -> str | None:
    """The second half's name, of a first half; None for any other."""
    for first, second in (("_half1_class001", "_half2_class001"), ("_half_A.", "_half_B.")):
        before, found, after = name.rpartition(first)
        if found:
            return before + second + after
    return None


def _mask(folder: Path, name: str) -> Path | None:
    before, found, _ = name.rpartition("_map_half_A.mrc")
    mask = folder / f"{before}_mask_fsc_auto.mrc"
    return mask if found and is_file(mask) else None
