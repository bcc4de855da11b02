"""Whether an estimate can be trusted: independent starts have to find the same angles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.model import DoubleArray, FloatArray

FEWEST = 10
"""Averages below which nothing is estimated."""

AGREEING = 0.75
"""Spearman's correlation of their angles from which two starts found the same."""

LARGEST_MISFIT_SHARE = 0.5
"""Part of the class averages, and of the particles, that may be of averages that don't fit."""

_MOST = 400
"""Averages whose pairs are ranked."""


def agreement(angles: Sequence[DoubleArray]) -> FloatArray:
    """Spearman's rank correlation of the angles that runs found, float32 (S, S)."""
    from scipy.stats import rankdata

    n = len(angles[0])
    rows = np.arange(n) if n <= _MOST else np.linspace(0, n - 1, _MOST).round().astype(int)
    pairs = np.triu_indices(len(rows), 1)
    ranks = [rankdata(angle[np.ix_(rows, rows)][pairs]) for angle in angles]
    if len(ranks) == 1 or len(pairs[0]) < 2:
        return np.ones((len(ranks), len(ranks)), dtype=np.float32)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(np.corrcoef(ranks))
    np.fill_diagonal(found, 1.0)
    return found.astype(np.float32)


def largest_group(agreement: FloatArray, least: float = AGREEING) -> list[int]:
    """Numbers of the runs that agree with each other, the first alone if none does.

    Runs come best first: of groups of one size that with the better runs is taken.
    """
    n = len(agreement)
    groups = [[0]]
    for number in range(1, 2**n):
        members = [k for k in range(n) if number >> k & 1]
        if agreement[np.ix_(members, members)].min() >= least:
            groups.append(members)
    return max(groups, key=lambda members: (len(members), [-k for k in members]))


def typical(agreement: FloatArray) -> float:
    """Median correlation between different runs; 0 where there is one alone."""
    pairs = agreement[np.triu_indices(len(agreement), 1)]
    return float(np.median(pairs)) if len(pairs) else 0.0


def why_not(
    agreement: float, n_averages: int, misfit_share: float, *, of: str = "particles"
) -> str:
    """Why an estimate can't be trusted, a sentence; empty if it can.

    Parameters
    ----------
    agreement : float
        Of `typical`.
    n_averages : int
        Those that fit.
    misfit_share : float
        Part of the averages, or of the particles, that don't.
    of : str
        What it is a part of.
    """
    if misfit_share > LARGEST_MISFIT_SHARE:
        return (
            f"{misfit_share:.0%} of the {of} don't fit the structure that the other averages show: "
            "there may be more than one, or mostly junk."
        )
    if n_averages < FEWEST:
        return too_few(n_averages)
    if agreement < AGREEING:
        return (
            f"Independent starts agree by {agreement:.2f} only, {AGREEING:.2f} is needed: the "
            "averages may be too noisy or too few, show more than one structure, or be mostly junk."
        )
    return ""


def too_few(n_averages: int) -> str:
    """A sentence on averages that are too few to find views from."""
    return f"{n_averages} averages are too few to find their views; {FEWEST} are needed."
