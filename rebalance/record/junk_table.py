"""`junk.csv`: what each class average tells of its quality, and why it is suspected."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from rebalance.model import AverageQuality

COLUMNS = (
    "class_id",
    "suspected",
    "reasons",
    "particles",
    "resolution_A",
    "mean_frequency_per_px",
    "fine_share",
    "edge_energy",
    "highest_affinity",
    "median_affinity",
    "z_coarse",
    "z_noise",
    "z_edge",
    "z_few",
)
"""Blank where not known, and for averages that were not judged: empty ones, and those left out."""


def write_junk_table(quality: AverageQuality, path: Path) -> None:
    """Write `junk.csv` in the order of the class averages.

    Parameters
    ----------
    quality : AverageQuality
    path : Path
    """
    measures = ("mean_frequency", "fine_share", "edge_energy", "highest_affinity")
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for i, number in enumerate(quality.class_id.tolist()):
            table.writerow(
                [
                    number,
                    int(bool(quality.reasons[i])) if quality.is_judged[i] else "",
                    "; ".join(quality.reasons[i]),
                    "" if quality.n_particles is None else int(quality.n_particles[i]),
                    "" if quality.resolution is None else f"{quality.resolution[i]:.6g}",
                    *(_text(quality.measures[name][i]) for name in (*measures, "median_affinity")),
                    *(
                        _text(quality.scores[name][i])
                        for name in ("coarse", "noise", "edge", "few")
                    ),
                ]
            )


def _text(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"
