"""Pictures of our own as templates for CryoSPARC: a stack, a table, a result group."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.formats.cryosparc_paths import OWN_FOLDER
from rebalance.formats.csg_file import write_group
from rebalance.formats.mrc_writer import write_stack
from rebalance.formats.writing import guarded_writing
from rebalance.model import Dataset, FloatArray

_FIELDS: list[Any] = [
    ("uid", "<u8"),
    ("blob/idx", "<u4"),
    ("blob/shape", "<u4", (2,)),
    ("blob/psize_A", "<f4"),
    ("blob/sign", "<f4"),
    ("blob/import_sig", "<u8"),
]


def write_template_stack(
    dataset: Dataset,
    images: FloatArray,
    folder: Path,
    stem: str,
    title: str,
) -> tuple[Path, ...]:
    """Write ``stem``.mrc, ``stem``.cs, whose row n is image n, and ``stem``.csg.

    Parameters
    ----------
    dataset : Dataset
        Whose class averages they were made of.
    images : float32 (K, L, L)
    folder : Path
    stem, title : str

    Returns
    -------
    tuple of Path
        The group first.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    averages = dataset.class_averages
    pixel_size = None if averages is None else averages.pixel_size
    stack, table, group = (folder / f"{stem}.{ending}" for ending in ("mrc", "cs", "csg"))
    write_stack(stack, images, pixel_size)
    # As CryoSPARC exports groups: the folder may be moved.
    name = f"{OWN_FOLDER}{stack.name}".encode()
    rows = np.zeros(len(images), dtype=[*_FIELDS, ("blob/path", f"S{len(name)}")])
    # uids are arbitrary, but the same run is to give the same bytes.
    first = int.from_bytes(hashlib.sha256(images.tobytes()).digest()[:7], "little")
    rows["uid"] = np.uint64(first) + np.arange(len(images), dtype=np.uint64)
    rows["blob/path"] = name
    rows["blob/idx"] = np.arange(len(images))
    rows["blob/shape"] = images.shape[1:]
    rows["blob/psize_A"] = pixel_size or 0.0
    rows["blob/sign"] = 1.0
    with guarded_writing(folder), open(table, "wb") as out:
        np.save(out, rows, allow_pickle=False)
    write_group(
        group,
        type="template",
        title=title or stem,
        files={"blob": table.name},
        n_items=len(images),
        source=dataset.sources[0],
    )
    return group, table, stack
