"""What a person should know of particles and files of CryoSPARC that are read without an error."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rebalance.formats.cryosparc_paths import OWN_FOLDER
from rebalance.formats.cs_file import CsTable, column_names
from rebalance.formats.paths import folders_of, is_file
from rebalance.model import IntArray

_PIXEL_SIZE = "alignments2D/psize_A"
_NEEDED = ("blob", "ctf")
_SHOWN = 5


class _Columns(Protocol):
    @property
    def column_names(self) -> tuple[str, ...]: ...

    def read_column(self, name: str) -> npt.NDArray[Any]: ...


def one_class_warnings(class_id: IntArray) -> list[str]:
    """At most one sentence on particles that are all of one class."""
    if len(class_id) < 2 or class_id.min() != class_id.max():
        return []
    return [
        f"All {len(class_id):,} particles are in class {class_id[0]}. Are these the particles of "
        "a 3D job? If so, add the particles of the 2D classification with `passthrough`."
    ]


def pixel_size_warnings(particles: _Columns) -> list[str]:
    """At most one sentence on particles that were classified at several pixel sizes."""
    if _PIXEL_SIZE not in particles.column_names:
        return []
    values = particles.read_column(_PIXEL_SIZE)
    if values.dtype.kind not in "iuf" or not len(values) or values.min() == values.max():
        return []
    found = np.unique(values)
    rounded = np.array([float(f"{value:.4g}") for value in found])
    sizes, place = np.unique(rounded, return_inverse=True)
    if len(sizes) < 2:
        return []
    counts = np.bincount(place[np.searchsorted(found, values)], minlength=len(sizes))
    shown = ", ".join(
        f"{size:g} Å for {count:,}" for size, count in zip(sizes[:_SHOWN], counts, strict=False)
    )
    return [
        f"{_PIXEL_SIZE} has {len(sizes)} different values "
        f"({shown}{' …' if len(sizes) > _SHOWN else ''} of the {len(values):,} particles). Were "
        "they classified in several jobs? Then a class number may mean different averages."
    ]


def group_warnings(slots: Collection[str]) -> list[str]:
    """At most one sentence on what the group that is written lacks for reconstruction."""
    missing = [slot for slot in _NEEDED if slot not in slots]
    if not missing:
        return []
    return [
        f"No file has the particles' {' or '.join(missing)}, so the written group has none, and "
        "CryoSPARC will ask for it before reconstruction. Add the file that has it with "
        "`passthrough`."
    ]


def relative_path_warnings(table: CsTable, written: str) -> list[str]:
    """At most one sentence on paths that lead to the images from the table's own folder alone.

    Written rows stay as they are, so the results have to go where the paths start.

    Parameters
    ----------
    table : CsTable
    written : str
        The files that its rows are written to.
    """
    names = [name for name in column_names(table) if name.rpartition("/")[2].endswith("path")]
    names = [name for name in names if _is_text(table, name)]
    if not names or not len(table):
        return []
    counts = {name: n for name, n in table.count_marked(names, OWN_FOLDER).items() if n}
    if not counts:
        return []
    folder = table.path.absolute().parent
    first = _text(table.first_value(next(iter(counts)))).lstrip(OWN_FOLDER)
    if any(is_file(one / first) for one in folders_of(table.path)):
        target = f"into {folder}, so that the paths lead to the images."
    else:
        target = f"into a folder that has {first}, which {folder} does not."
    return [
        f"Paths in {table.path.name} ({' and '.join(counts)}) begin with {OWN_FOLDER}, so they "
        "are relative to the folder of the .cs file, also in the results. Before Import Result "
        f"Group, put {written} {target}"
    ]


def _is_text(table: CsTable, name: str) -> bool:
    return np.asarray(table.first_value(name)).dtype.kind in "SU" if len(table) else False


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
