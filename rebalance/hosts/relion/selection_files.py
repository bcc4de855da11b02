"""The class averages that were kept, as RELION's Select writes them and reads them back.

`class_averages.star` has the rows of those in superclasses. `backup_selection.star` is what the
Select window loads: 1 or 0 for every class of the classification, in order (``rlnSelected``); 0 for
those that were set aside as junk, left out, or empty.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.formats.relion_averages import RelionAverages
from rebalance.model import BoolArray, Dataset, IntArray, Superclasses
from rebalance.record.job_folder import write_whole
from rebalance.star_writer import loop_block

CLASS_AVERAGES, BACKUP = "class_averages.star", "backup_selection.star"


def write_selection_files(
    dataset: Dataset, superclasses: Superclasses, folder: Path
) -> tuple[str, ...]:
    """Write both files; nothing where no class averages were read.

    Parameters
    ----------
    dataset : Dataset
    superclasses : Superclasses
    folder : Path

    Returns
    -------
    tuple of str
        Names of the files.
    """
    averages = dataset.handle
    if not isinstance(averages, RelionAverages) or dataset.class_averages is None:
        return ()
    keep = _is_kept(averages, superclasses)
    write_whole(folder / CLASS_AVERAGES, averages.table(keep))
    selected = loop_block("", {"Selected": _selected(averages, keep)})
    write_whole(folder / BACKUP, selected.encode())
    return CLASS_AVERAGES, BACKUP


def _is_kept(averages: RelionAverages, superclasses: Superclasses) -> BoolArray:
    grouped = superclasses.class_id[superclasses.label >= 0]
    return np.isin(averages.class_id, grouped)


def _selected(averages: RelionAverages, keep: BoolArray) -> IntArray:
    """A row for each image of the stack: Select shows all of a classification.

    Averages of several stacks, as no classification has them, are listed as they are.
    """
    if len(set(averages.stack)) > 1:
        return keep.astype(np.int64)
    selected = np.zeros(averages.stacks[0].n, dtype=np.int64)
    selected[averages.index[keep]] = 1
    return selected
