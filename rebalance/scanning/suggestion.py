"""Which number of superclasses to try first, which next, and why; or that none stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray, Suggestion
from rebalance.model.counting import counted

STANDS_OUT = 0.35
"""Least gain of the silhouette over that expected by chance for a number to stand out.

Measured on 39 simulated jobs of 5 to 16 discrete views. Where the views were trusted (27 jobs), the
number was within 20 % of the truth for all 23 jobs with a higher gain and for one of the four with
a lower one. Where they were not trusted, it was for one of the four jobs with a higher gain."""

GROUPED = 0.08
"""Least gain from which there are groups at all."""

DOMINATED = 0.8
"""Where one superclass holds more than this share of the averages, no number stands out: only
outliers were separated from it. Shares of particles don't count: they can be that uneven."""

_MOST_ALONE = 0.25
"""Where more than this share of the superclasses are single averages, no number stands out:
outliers were separated, not views. Where a number was right, at most a sixth were single."""

_CRUMBS = 0.1
"""Gain that a number loses if all of its superclasses are too small to count as views. On 24
simulated sets of 6, 10 and 15 views in 64 averages this leaves a quarter of such superclasses, and
agreement with the views is as good (adjusted Rand index 0.60; 0.57 without)."""

_FEW_AVERAGES = 30
"""With fewer averages a number is approximate."""

_LEAST_MEMBERS = 2.0
"""With fewer averages per superclass, no number stands out: most superclasses then hold a single
average, and any averages without noise can be separated like that."""

_CLOSE = 0.05
"""A runner-up scores at most this much lower than the best."""

_MOST_RUNNERS_UP = 3


@dataclass(frozen=True, eq=False)
class Tried:
    """What is known of each number of superclasses that was tried.

    Parameters
    ----------
    numbers : int64 (M,)
        Rising.
    silhouette, expected, stability : float64 (M,)
        As in `rebalance.model.Scan`.
    small : int64 (M,)
        Superclasses too small to decide the cap.
    alone : int64 (M,)
        Superclasses of one average.
    largest_share : float64 (M,)
        Averages of the superclass with the most averages ÷ all averages.
    n_averages : int
    trusts_views : bool, optional
        Whether the views behind the affinity are trusted; None where it uses none.
    """

    numbers: IntArray
    silhouette: DoubleArray
    expected: DoubleArray
    stability: DoubleArray
    small: IntArray
    alone: IntArray
    largest_share: DoubleArray
    n_averages: int
    trusts_views: bool | None = None


def score_of(silhouette: DoubleArray, expected: DoubleArray) -> DoubleArray:
    """Gain of the silhouette over that expected by chance.

    Stability is not used: with linkages that leave single averages it favors many superclasses.

    Parameters
    ----------
    silhouette, expected : float64 (M,)
        For each number of superclasses.
    """
    return silhouette - expected


def suggest(tried: Tried) -> Suggestion:
    """The number with the highest score, after the penalty for small superclasses.

    It stands out from a gain of `STANDS_OUT`, except with views that are not trusted (images alone
    then separate noise and junk more than views) or with many single averages. Numbers at which one
    superclass holds nearly all averages (`DOMINATED`) are suggested only if no other has groups,
    and never stand out.
    """
    numbers, gain = tried.numbers, score_of(tried.silhouette, tried.expected)
    score = gain - _CRUMBS * tried.small / numbers
    is_even = tried.largest_share <= DOMINATED
    if (is_even & (gain >= GROUPED)).any():
        score = np.where(is_even, score, -np.inf)
    best = int(score.argmax())
    number = int(numbers[best])
    peaks = np.flatnonzero(_is_peak(score) & (score >= score[best] - _CLOSE))
    peaks = peaks[np.argsort(-score[peaks], kind="stable")]
    runners_up: list[int] = []
    for peak in peaks[peaks != best]:
        # A neighbor of a number already named is not another choice.
        if all(abs(int(numbers[peak]) - named) > 1 for named in (number, *runners_up)):
            runners_up.append(int(numbers[peak]))
    is_sure = tried.trusts_views is not False and not _many_alone(tried, best)
    is_sure &= not _too_few(tried, best)
    has_structure = bool(gain[best] >= STANDS_OUT and is_even[best] and is_sure)
    reason = _why(tried, best) if has_structure else _why_none(tried, best, float(gain[best]))
    return Suggestion(
        number,
        tuple(runners_up[:_MOST_RUNNERS_UP]),
        has_structure,
        " ".join([reason, *_about(tried, best)]),
    )


def about_the_choice(suggestion: Suggestion) -> str:
    """Which number a run chose by itself, and which others come close."""
    made = f"{counted(suggestion.number, 'superclass was', 'superclasses were')} made"
    said = made + ("." if suggestion.has_structure else ", the best-scoring number.")
    if not suggestion.runners_up:
        return said
    others = ", ".join(f"`n_superclasses={number}`" for number in suggestion.runners_up)
    return f"{said} Also worth a look: {others}."


def _too_few(tried: Tried, best: int) -> bool:
    return bool(tried.n_averages < _LEAST_MEMBERS * tried.numbers[best])


def _many_alone(tried: Tried, best: int) -> bool:
    return bool(tried.alone[best] > max(1, _MOST_ALONE * tried.numbers[best]))


def _measured(tried: Tried, best: int) -> str:
    silhouette, expected = tried.silhouette[best], tried.expected[best]
    return f"silhouette {silhouette:.2f}; {expected:.2f} expected by chance"


def _why(tried: Tried, best: int) -> str:
    measured = _measured(tried, best)
    if np.isfinite(tried.stability[best]):
        measured += f"; stability {tried.stability[best]:.2f}"
    reason = f"Suggested: {tried.numbers[best]} superclasses ({measured})."
    if len(tried.numbers) > 2 and best == len(tried.numbers) - 1:
        reason += " This is the largest number tried, so try larger ones too."
    return reason


def _why_none(tried: Tried, best: int, gain: float) -> str:
    alone, number = int(tried.alone[best]), int(tried.numbers[best])
    share = tried.largest_share[best]
    if share > DOMINATED:
        return (
            f"No number of superclasses stands out. With {number}, one superclass holds "
            f"{share:.0%} of the class averages and the others are outliers. Look at these: junk "
            "can be set aside on the report page."
        )
    if gain < GROUPED:
        why = "The views change gradually, or noise hides their groups."
    elif tried.trusts_views is False:
        why = "The viewing directions are not known, and images alone don't show how many exist."
    elif _many_alone(tried, best):
        why = f"With {number}, {alone} are single averages: junk, noise or rare views."
    elif _too_few(tried, best):
        averages = counted(tried.n_averages, "class average")
        why = f"{averages} are too few to tell {number} views apart."
    else:
        why = (
            "There are groups, but noise or gradual views blur them, and other numbers are almost "
        )
        why += "as good."
    return (
        f"No number of superclasses stands out ({_measured(tried, best)}). {why} Choose a number "
        "by looking at the class averages and the sizes of the superclasses."
    )


def _about(tried: Tried, best: int) -> list[str]:
    """What makes the number less reliable."""
    said = []
    small = int(tried.small[best])
    if small:
        are = "is" if small == 1 else "are"
        view = "a view" if small == 1 else "views"
        said.append(f"{small} of the {tried.numbers[best]} {are} too small to count as {view}.")
    if tried.n_averages < _FEW_AVERAGES:
        averages = counted(tried.n_averages, "class average")
        said.append(f"With only {averages}, the number is approximate.")
    return said


def _is_peak(score: DoubleArray) -> BoolArray:
    padded = np.concatenate([[-np.inf], score, [-np.inf]])
    return np.isfinite(score) & (score >= padded[:-2]) & (score >= padded[2:])
