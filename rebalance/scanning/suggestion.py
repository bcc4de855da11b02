"""Which number of superclasses to try first, which next, and why; or that none stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import BoolArray, DoubleArray, IntArray, Suggestion
from rebalance.model.counting import counted

STANDS_OUT = 0.35
"""Least gain of the silhouette over averages without groups for a number to stand out.

On 39 simulated jobs of 5 to 16 discrete views, 27 of which were trusted: of these all 23 with a
higher gain got a number within 20 % of that of the views, and one of the four with a lower one; of
those that were not trusted, one of the four with a higher gain did."""

GROUPED = 0.08
"""Least gain for there to be groups at all, however many."""

DOMINATED = 0.8
"""Where one superclass holds more than this share of the averages, no number stands out: it is the
rest that was told apart, one by one. Shares of particles have no say; they may be that uneven."""

_MOST_ALONE = 0.25
"""Where more than this share of the superclasses are single averages, no number stands out: what
was told apart are these, not views. Where a number was right, at most a sixth were."""

_CRUMBS = 0.1
"""Gain that a number loses if all of its superclasses are too small to stand as views. On 24
simulated sets of 6, 10 and 15 views in 64 averages there are a quarter of such crumbs as many as
without, and the superclasses agree as well with the views (ARI 0.60, without 0.57)."""

_FEW_AVERAGES = 30
"""From fewer averages a number is rough."""

_LEAST_MEMBERS = 2.0
"""With fewer averages a superclass, no number stands out: most superclasses hold one alone then,
and any averages without noise are told apart like that."""

_CLOSE = 0.05
"""A runner-up's score is at most this much lower than the best."""

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
        Averages of the superclass that has most of them ÷ all averages.
    n_averages : int
    trusts_views : bool, optional
        Whether the views that the affinity goes by are trusted; None where it goes by none.
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
    """Gain of the silhouette over averages without groups.

    The stability has no say: with linkages that leave averages alone it favours many superclasses.

    Parameters
    ----------
    silhouette, expected : float64 (M,)
        For each number of superclasses.
    """
    return silhouette - expected


def suggest(tried: Tried) -> Suggestion:
    """The number with the highest score, less what it loses for crumbs.

    It stands out by `STANDS_OUT`, unless the affinity was to go by views and these are not trusted:
    images alone then told the groups, and where no common structure was found for them they tell
    noise and junk apart more than views. Nor does a number with many single averages stand out.
    Numbers at which one superclass holds nearly all averages (`DOMINATED`) are suggested only if no
    other has groups, and never as one that stands out.
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
        # A neighbour of what is named already is no other choice.
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
    """Which number a run took that was left to it, and which others come close."""
    groups = counted(suggestion.number, "superclass is", "superclasses are")
    said = f"{groups} made" + ("" if suggestion.has_structure else ", which score best")
    if not suggestion.runners_up:
        return f"{said}."
    others = ", ".join(f"`n_superclasses={number}`" for number in suggestion.runners_up)
    return f"{said}; also worth a look: {others}."


def _too_few(tried: Tried, best: int) -> bool:
    return bool(tried.n_averages < _LEAST_MEMBERS * tried.numbers[best])


def _many_alone(tried: Tried, best: int) -> bool:
    return bool(tried.alone[best] > max(1, _MOST_ALONE * tried.numbers[best]))


def _measured(tried: Tried, best: int) -> str:
    silhouette, expected = tried.silhouette[best], tried.expected[best]
    return (
        f"silhouette {silhouette:.2f}, where averages of the same spread without groups have "
        f"{expected:.2f}"
    )


def _why(tried: Tried, best: int) -> str:
    reason = f"{tried.numbers[best]} superclasses stand out most: {_measured(tried, best)}"
    if np.isfinite(tried.stability[best]):
        reason += (
            f"; with averages left out and noise added they agree with themselves to "
            f"{tried.stability[best]:.2f} (ARI)"
        )
    reason += "."
    if len(tried.numbers) > 2 and best == len(tried.numbers) - 1:
        reason += " It is the largest that was tried; try larger ones too."
    return reason


def _why_none(tried: Tried, best: int, gain: float) -> str:
    share = tried.largest_share[best]
    if share > DOMINATED:
        return (
            f"No number of superclasses stands out: with {tried.numbers[best]}, one holds "
            f"{share:.0%} of the class averages, and the others are what is unlike them. Look at "
            "these: junk among them can be set aside on the report page."
        )
    alone, number = int(tried.alone[best]), int(tried.numbers[best])
    if gain >= GROUPED and tried.trusts_views is not False and _many_alone(tried, best):
        why = f"with {number}, {alone} are single averages, like no other: junk, noise or rare "
        why += "views. Choose one"
    elif tried.trusts_views is False and gain >= GROUPED:
        why = (
            "where the averages look from is not known, and images alone don't tell how many views"
        )
        why += " there are. Choose a number"
    elif gain >= GROUPED and _too_few(tried, best):
        why = f"{counted(tried.n_averages, 'class average')} are too few to tell {number} views. "
        why += "Choose a number"
    elif gain >= GROUPED:
        why = "there are groups, but noise or gradual views blur where they end, and others are "
        why += "almost as good. Choose one"
    else:
        why = "views change gradually, or noise hides their groups. Any number cuts a continuum; "
        why += "choose it"
    return (
        f"No number of superclasses stands out ({_measured(tried, best)}, gain {gain:+.2f}): {why} "
        "by the pictures and by the sizes of the superclasses."
    )


def _about(tried: Tried, best: int) -> list[str]:
    """What makes the number less sure than it looks."""
    said = []
    small = int(tried.small[best])
    if small:
        are = "is" if small == 1 else "are"
        said.append(f"Of the {tried.numbers[best]}, {small} {are} too small to stand as views.")
    if tried.n_averages < _FEW_AVERAGES:
        averages = counted(tried.n_averages, "class average")
        said.append(f"From {averages} a number is rough.")
    return said


def _is_peak(score: DoubleArray) -> BoolArray:
    padded = np.concatenate([[-np.inf], score, [-np.inf]])
    return np.isfinite(score) & (score >= padded[:-2]) & (score >= padded[2:])
