"""Which number of superclasses to try first, which next, and why; or that none stands out."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray, Suggestion

STANDS_OUT = 0.08
"""Least gain of the silhouette over averages without groups for a structure to be told."""

_CLOSE = 0.05
"""A runner-up's score is at most this much lower than the best."""

_MOST_RUNNERS_UP = 3


def score_of(silhouette: DoubleArray, expected: DoubleArray) -> DoubleArray:
    """Gain of the silhouette over averages without groups.

    The stability has no say: with linkages that leave averages alone it favours many superclasses.

    Parameters
    ----------
    silhouette, expected : float64 (M,)
        For each number of superclasses.
    """
    return silhouette - expected


def suggest(
    numbers: IntArray, silhouette: DoubleArray, expected: DoubleArray, stability: DoubleArray
) -> Suggestion:
    """The number with the highest score.

    Parameters
    ----------
    numbers : int64 (M,)
        Rising.
    silhouette, expected, stability : float64 (M,)
    """
    score = score_of(silhouette, expected)
    best = int(score.argmax())
    number, gain = int(numbers[best]), float(score[best])
    peaks = np.flatnonzero(_is_peak(score) & (score >= score[best] - _CLOSE))
    peaks = peaks[np.argsort(-score[peaks], kind="stable")]
    runners_up: list[int] = []
    for peak in peaks[peaks != best]:
        # A neighbour of what is named already is no other choice.
        if all(abs(int(numbers[peak]) - named) > 1 for named in (number, *runners_up)):
            runners_up.append(int(numbers[peak]))
    has_structure = gain >= STANDS_OUT
    measured = (
        f"silhouette {silhouette[best]:.2f}, where averages of the same spread without groups "
        f"have {expected[best]:.2f}"
    )
    if has_structure:
        reason = f"{number} superclasses stand out most: {measured}"
        if np.isfinite(stability[best]):
            reason += (
                f"; with averages left out and noise added they agree with themselves to "
                f"{stability[best]:.2f} (ARI)"
            )
        reason += "."
        if len(numbers) > 2 and numbers[best] == numbers[-1]:
            reason += " It is the largest that was tried; try larger ones too."
    else:
        reason = (
            f"No number of superclasses stands out ({measured}, gain {gain:+.2f}): views change "
            "gradually, or noise hides their groups. Any number cuts a continuum; choose it by "
            "the pictures and by the particles that are kept."
        )
    return Suggestion(number, tuple(runners_up[:_MOST_RUNNERS_UP]), has_structure, reason)


def _is_peak(score: DoubleArray) -> BoolArray:
    padded = np.concatenate([[-np.inf], score, [-np.inf]])
    return (score >= padded[:-2]) & (score >= padded[2:])
