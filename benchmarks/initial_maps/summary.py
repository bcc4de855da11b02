"""Means over seeds, and differences of conditions paired by seed, with standard errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.initial_maps.particles import ALL, random_at

Row = dict[str, Any]
MEASURES = {"resolution": 1, "area": 3, "cfar": 3, "streaks": 3}
"""What is compared, and the decimals that are kept."""


def summary(rows: Sequence[Row]) -> list[Row]:
    """A row for each condition.

    Parameters
    ----------
    rows : sequence of mapping
        ``condition``, ``seed``, ``particles`` and each of `MEASURES`, of every model.

    Returns
    -------
    list of mapping
        Each measure as (mean, standard error); ``to_all`` and ``to_random``: the same of the
        paired differences, where there is something to compare with.
    """
    found = {(row["condition"], row["seed"]): row for row in rows}
    table = []
    for condition in dict.fromkeys(row["condition"] for row in rows):
        of = [row for row in rows if row["condition"] == condition]
        table.append(
            {
                "condition": condition,
                "seeds": len(of),
                "particles": round(float(np.mean([row["particles"] for row in of]))),
                **{m: _mean([row[m] for row in of], m) for m in MEASURES},
                "to_all": _paired(of, ALL, found),
                "to_random": _paired(of, matched_random(condition), found),
            }
        )
    return table


def matched_random(condition: str) -> str:
    """The condition that keeps as many at random; empty where there is none."""
    factor = re.search(r"f = ([\d.]+)", condition)
    return random_at(float(factor[1])) if factor else ""


def _paired(of: list[Row], other: str, found: dict[tuple[str, int], Row]) -> Row | None:
    pairs = [(row, found[other, row["seed"]]) for row in of if (other, row["seed"]) in found]
    if not pairs or of[0]["condition"] == other:
        return None
    return {m: _mean([one[m] - two[m] for one, two in pairs], m) for m in MEASURES}


def _mean(values: list[float], measure: str) -> tuple[float, float | None]:
    """Mean and its standard error, None of fewer than two."""
    digits = MEASURES[measure]
    mean = round(float(np.mean(values)), digits)
    if len(values) < 2:
        return mean, None
    return mean, round(float(np.std(values, ddof=1) / np.sqrt(len(values))), digits)


def said(value: tuple[float, float | None] | None, digits: int, *, sign: bool = False) -> str:
    """``0.61 ± 0.02``."""
    if value is None:
        return "–"
    mean, error = value
    text = f"{mean:{'+' if sign else ''}.{digits}f}"
    return text if error is None else f"{text} ± {error:.{digits}f}"
