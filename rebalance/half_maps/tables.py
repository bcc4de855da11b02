"""Rows for tables of a directional signal: its curves by shell, its directions."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.model import HalfMapSignal

CURVE_COLUMNS = (
    "shell",
    "frequency",
    "fsc",
    "conical_mean",
    "conical_sd",
    "conical_min",
    "conical_max",
)
"""Then ``conical_0``, ``conical_1``, …, one for each axis; ``frequency`` in 1/Å (1/voxel if the
voxel size is unknown). None where there is no value.
"""

DIRECTION_COLUMNS = (
    "axis",
    "x",
    "y",
    "z",
    "conical_area",
    "resolution",
    "toroidal_area",
    "relative_signal",
)
"""``resolution`` in Å (voxels if the voxel size is unknown), None where there is no signal."""


def curve_columns(signal: HalfMapSignal) -> list[str]:
    """Names of the columns of `curve_rows`."""
    return [*CURVE_COLUMNS, *(f"conical_{axis}" for axis in range(len(signal.axes)))]


def curve_rows(signal: HalfMapSignal) -> list[list[Any]]:
    """A row for each shell.

    Parameters
    ----------
    signal : HalfMapSignal

    Returns
    -------
    list of list
        As wide as `curve_columns`: int, float or None, fit for CSV and JSON.
    """
    spread = signal.conical_spread
    return [
        [
            shell + 1,
            float(signal.frequency[shell]),
            *map(
                _value,
                (signal.fsc[shell], *spread[:, shell], *signal.conical[:, shell]),
            ),
        ]
        for shell in range(len(signal.frequency))
    ]


def direction_rows(signal: HalfMapSignal) -> list[list[Any]]:
    """A row for each axis, as wide as `DIRECTION_COLUMNS`."""
    relative = signal.relative_signal
    return [
        [
            axis,
            *map(
                _value,
                (
                    *signal.axes[axis],
                    signal.conical_area[axis],
                    signal.resolution[axis],
                    signal.toroidal_area[axis],
                    relative[axis],
                ),
            ),
        ]
        for axis in range(len(signal.axes))
    ]


def _value(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
