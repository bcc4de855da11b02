"""Tables as a person opens them in a spreadsheet: of superclasses, scan, junk, views, visits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from rebalance.model import (
    Affinity,
    AverageQuality,
    Dataset,
    IntArray,
    ParticleTable,
    Scan,
    Selection,
    Superclasses,
    Views,
)
from rebalance.model.class_numbers import count_classes
from rebalance.poses.conventions import angles_of_rotation
from rebalance.record.summary import status_of_averages
from rebalance.strategies.subsets import Subsets

SUPERCLASS_COLUMNS = (
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
"""``superclass`` is −2 for averages set aside, −1 for others in none; ``status`` gives the reason:
``set aside``, ``empty``, ``without particles``, ``left out`` or ``junk``. The last five are
blank where unknown. The motion is that of `rebalance.model.Transform`.
"""

SCAN_COLUMNS = (
    "n_superclasses",
    "suggested",
    "score",
    "silhouette",
    "silhouette_without_groups",
    "stability",
    "contrast",
    "eigengap",
    "smallest",
    "small",
    "kept",
)
"""``suggested`` is 1 for the suggestion and 2, 3, … for the runners-up, best first; else blank.
``small`` is the number of superclasses too small to decide the cap.
"""

JUNK_COLUMNS = (
    "class_id",
    "suspected",
    "reasons",
    "particles",
    "resolution_A",
    "contrast",
    "structure",
    "middle",
    "level",
    "highest_affinity",
    "median_affinity",
    "nearest_affinity",
    "points_strong",
    "points_bright",
    "points_flat",
    "points_dim",
    "points_level",
)
"""Blank where unknown, and for averages that were not judged: empty ones, and those left out."""


VIEW_COLUMNS = (
    "class_id",
    "particles",
    "view_x",
    "view_y",
    "view_z",
    "rot_deg",
    "tilt_deg",
    "psi_deg",
    "shift_x_px",
    "shift_y_px",
    "fit",
    "misfit",
    "spread_deg",
)
"""Blank where unknown, and for averages that were not used. The angles are RELION's. The shift is
the position of the map's center in the image; ``spread_deg`` is the mean angle to the best view
over the possible views of the average.
"""

VISIT_COLUMNS = ("row", "class_id", "superclass", "visits")
"""``row`` counts the particles of the input from 0; ``superclass`` is as in `SUPERCLASS_COLUMNS`;
``visits`` is the number of subsets with the particle.
"""


def write_superclass_table(
    dataset: Dataset,
    superclasses: Superclasses,
    affinity: Affinity | None,
    selection: Selection | None,
    path: Path,
) -> None:
    """Write `superclasses.csv` in the order of the class averages.

    Parameters
    ----------
    dataset, superclasses
    affinity : Affinity or None
    selection : Selection or None
    path : Path
    """
    class_id = superclasses.class_id
    before = after = None
    if dataset.particles is not None and selection is not None:
        before = count_classes(dataset.particles.class_id)
        after = count_classes(dataset.particles.class_id[selection.selected])
    status = status_of_averages(dataset, superclasses)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(SUPERCLASS_COLUMNS)
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
            if label < 0:
                row += [""] * (len(SUPERCLASS_COLUMNS) - len(row))
            else:
                row += [superclasses.medoid[label], _number(superclasses.mean_affinity[label])]
                row += _onto_medoid(affinity, int(superclasses.medoid_row[label]), i)
            table.writerow(row)


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


def write_scan_table(scan: Scan, path: Path) -> None:
    """Write `scan.csv`, by rising number."""
    scores = (
        scan.score,
        scan.silhouette,
        scan.expected,
        scan.stability,
        scan.contrast,
        scan.eigengap,
    )
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(SCAN_COLUMNS)
        for at, rank in enumerate(scan.rank.tolist()):
            table.writerow(
                [
                    scan.numbers[at],
                    rank or "",
                    *(_number(column[at]) for column in scores),
                    scan.smallest[at],
                    0 if scan.small is None else scan.small[at],
                    scan.kept[at],
                ]
            )


def write_junk_table(quality: AverageQuality, path: Path) -> None:
    """Write `junk.csv` in the order of the class averages.

    Parameters
    ----------
    quality : AverageQuality
    path : Path
    """
    is_suspected = quality.is_suspected.tolist()
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(JUNK_COLUMNS)
        for i, number in enumerate(quality.class_id.tolist()):
            table.writerow(
                [
                    number,
                    int(is_suspected[i]) if quality.is_scored[i] else "",
                    "; ".join(quality.reasons[i]),
                    "" if quality.n_particles is None else int(quality.n_particles[i]),
                    "" if quality.resolution is None else f"{quality.resolution[i]:.6g}",
                    *(_number(values[i]) for values in quality.measures.values()),
                    *(_number(values[i]) for values in quality.points.values()),
                ]
            )


def write_view_table(views: Views, n_particles: IntArray | None, path: Path) -> None:
    """Write `views.csv` in the order of the class averages.

    Parameters
    ----------
    views : Views
    n_particles : int64 (N,), optional
    path : Path
    """
    took_part = np.isfinite(views.fit)
    angles = np.full((len(views), 3), np.nan)
    angles[took_part] = angles_of_rotation(views.rotation[took_part])
    columns = np.column_stack([views.direction, angles, views.shift, views.fit])
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(VIEW_COLUMNS)
        for i, number in enumerate(views.class_id.tolist()):
            table.writerow(
                [
                    number,
                    "" if n_particles is None else int(n_particles[i]),
                    # Adding zero turns −0.000 into 0.000.
                    *(_number(round(value, 6) + 0.0) for value in columns[i].tolist()),
                    int(views.is_misfit[i]) if took_part[i] else "",
                    _number(views.spread[i]),
                ]
            )


def write_visit_table(
    particles: ParticleTable, selection: Selection, subsets: Subsets, path: Path
) -> None:
    """Write `visits.csv` in the order of the particles.

    Parameters
    ----------
    particles : ParticleTable
    selection : Selection
        Of them.
    subsets : Subsets
    path : Path
    """
    columns = (particles.class_id, selection.superclass, subsets.visits)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(VISIT_COLUMNS)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        table.writerows((row, *cells) for row, cells in enumerate(rows))


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
