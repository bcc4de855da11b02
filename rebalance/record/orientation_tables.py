"""Tables of orientations as a person opens them in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import DoubleArray, FourierSampling, HalfMapSignal, IntArray, SphereBins

BIN_COLUMNS = (
    "bin",
    "view_x",
    "view_y",
    "view_z",
    "rot_deg",
    "tilt_deg",
    "particles_before",
    "particles_after",
)
"""``rot`` and ``tilt`` are RELION's, for the middle of the bin; azimuth is rot, elevation 90 −
tilt. ``particles_after`` is blank if nothing was balanced.
"""

SAMPLING_COLUMNS = ("direction_x", "direction_y", "direction_z", "slices")
"""Directions of Fourier space over half a sphere, and the number of slices through each."""

THINNED_COLUMNS = ("particles", "scf_star", "sd", "draws")
"""SCF* of this many particles drawn at random; the last row is all of them."""


def write_bin_table(bins: SphereBins, before: IntArray, after: IntArray | None, path: Path) -> None:
    """Write `bins.csv`, a row for each bin."""
    x, y, z = bins.centre.T
    rot, tilt = np.rad2deg(np.arctan2(y, x)), np.rad2deg(np.arccos(np.clip(z, -1, 1)))
    numbers = np.stack([x, y, z, rot, tilt], axis=1)
    write_rows(
        path,
        BIN_COLUMNS,
        (
            [at, *map(number, row), int(before[at]), "" if after is None else int(after[at])]
            for at, row in enumerate(numbers.tolist())
        ),
    )


def write_sampling_table(sampling: FourierSampling, path: Path) -> None:
    """Write `fourier_sampling.csv`, a row for each direction."""
    write_rows(
        path,
        SAMPLING_COLUMNS,
        (
            [*map(number, direction), f"{slices:.6g}"]
            for direction, slices in zip(
                sampling.directions.tolist(), sampling.slices.tolist(), strict=True
            )
        ),
    )


def write_thinned_table(sampling: FourierSampling, path: Path) -> None:
    """Write `scf_star.csv`, by rising number of particles."""
    rows: list[Sequence[Any]] = []
    for n, draws in zip(sampling.thinned_to.tolist(), sampling.thinned_scf_star, strict=True):
        sd = number(float(draws.std(ddof=1))) if len(draws) > 1 else ""
        rows.append([n, number(float(draws.mean())), sd, len(draws)])
    rows.append([sampling.n_particles, number(sampling.scf_star), "", ""])
    write_rows(path, THINNED_COLUMNS, rows)


def curves_of(sampling: FourierSampling | None, signal: HalfMapSignal | None) -> dict[str, Any]:
    """Every curve of a diagnosis as JSON values: SCF* by number of particles, FSC by frequency.

    Parameters
    ----------
    sampling : FourierSampling or None
    signal : HalfMapSignal or None
        None where there are no half maps; its curves by axis are rows of ``conical`` and
        ``toroidal``, None where a shell holds nothing.
    """
    content: dict[str, Any] = {}
    if sampling is not None:
        content["scf_star"] = {
            "particles": sampling.thinned_to.tolist(),
            "draws": _values(sampling.thinned_scf_star),
        }
    if signal is not None:
        content["fsc"] = {
            "frequency": _values(signal.frequency),
            "frequency_unit": f"1/{signal.unit}",
            "fsc": _values(signal.fsc),
            "axes": _values(signal.axes),
            "conical": _values(signal.conical),
            "toroidal": _values(signal.toroidal),
        }
    return content


def _values(array: DoubleArray) -> Any:
    """Nested lists, to six digits; None for what is not finite."""
    if array.ndim > 1:
        return [_values(part) for part in array]
    return [float(f"{one:.6g}") if np.isfinite(one) else None for one in array.tolist()]


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def number(value: float) -> str:
    """A number with six decimals; blank for none."""
    # Adding zero turns −0.000 into 0.000.
    return "" if np.isnan(value) else f"{round(value, 6) + 0.0:.6f}"
