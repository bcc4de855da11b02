"""Whether an estimate can be trusted: independent searches must find the same angles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rebalance.model import DoubleArray, FloatArray

FEWEST = 10
"""Fewest averages for an estimate."""

AGREEING = 0.75
"""Spearman's correlation of the angles from which two starts agree."""

LARGEST_MISFIT_SHARE = 0.5
"""Largest share of the class averages, and of the particles, that may not fit."""

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
    """Why an estimate can't be trusted; empty if it can.

    Parameters
    ----------
    agreement : float
        From `typical`.
    n_averages : int
        Number of averages that fit.
    misfit_share : float
        Share of the averages, or of the particles, that don't.
    of : str
        ``class averages`` or ``particles``, of which it is a share.
    """
    if misfit_share > LARGEST_MISFIT_SHARE:
        return (
            f"{misfit_share:.0%} of the {of} don't fit the common structure. There may be several "
            "structures, or mostly junk."
        )
    if n_averages < FEWEST:
        return too_few(n_averages)
    if agreement < AGREEING:
        return (
            f"Independent searches agree only to {agreement:.2f} ({AGREEING:.2f} needed). The "
            "averages may be too noisy or too few, show several structures, or be mostly junk."
        )
    return ""


def too_few(n_averages: int) -> str:
    """The sentence for too few averages."""
    return f"{n_averages} averages are too few to find views ({FEWEST} needed)."
