"""`superclasses.csv`: one row a class average, as a person opens it in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from rebalance.left_out import count_classes
from rebalance.model import UNASSIGNED, Affinity, Dataset, Selection, Superclasses
from rebalance.record.summary import status_of_averages

COLUMNS = (
    "class_id",
    "superclass",
    "status",
    "particles_before",
    "particles_after",
    "medoid",
    "superclass_mean_affinity",
    "affinity_to_medoid",
    "rotation_onto_medoid_deg",
    "shift_x_onto_medoid_px",
    "shift_y_onto_medoid_px",
    "mirror_onto_medoid",
)
"""``superclass`` is −1 and ``status`` ``empty``, ``left out`` or ``junk`` for an average in none;
the last five are blank where they are not known. The motion is that of
`rebalance.model.Transform`."""


def write_superclass_table(
    path: Path,
    dataset: Dataset,
    superclasses: Superclasses,
    affinity: Affinity | None,
    selection: Selection | None,
) -> None:
    """Write `superclasses.csv` in the order of the class averages.

    Parameters
    ----------
    path : Path
    dataset, superclasses
    affinity : Affinity or None
    selection : Selection or None
    """
    class_id = superclasses.class_id
    before = after = None
    if dataset.particles is not None and selection is not None:
        before = count_classes(dataset.particles.class_id)
        after = count_classes(dataset.particles.class_id[selection.selected])
    status = status_of_averages(dataset, superclasses)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for i, (number, label) in enumerate(
            zip(class_id.tolist(), superclasses.label.tolist(), strict=True)
        ):
            row = [
                number,
                label,
                status[i],
                "" if before is None else before.get(number, 0),
                "" if after is None else after.get(number, 0),
            ]
            if label == UNASSIGNED:
                row += [""] * (len(COLUMNS) - len(row))
            else:
                medoid = int(superclasses.medoid[label])
                row += [class_id[medoid], _number(superclasses.mean_affinity[label])]
                row += _onto_medoid(affinity, medoid, i)
            table.writerow(row)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"


def _onto_medoid(affinity: Affinity | None, medoid: int, i: int) -> list[str]:
    if affinity is None:
        return [""] * 5
    row = [_number(affinity.values[medoid, i])]
    if affinity.alignment is None:
        return [*row, "", "", "", ""]
    motion = affinity.alignment.pair(medoid, i)
    return [
        *row,
        # Adding zero turns −0.000 into 0.000.
        f"{round(motion.rotation, 3) + 0.0:.3f}",
        f"{round(motion.shift[0], 3) + 0.0:.3f}",
        f"{round(motion.shift[1], 3) + 0.0:.3f}",
        str(int(motion.mirror)),
    ]
