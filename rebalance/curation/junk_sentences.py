"""What is said of suspected averages, on the screen, in the summary and in the report."""

from __future__ import annotations

from rebalance.curation.junk_reasons import FEWEST
from rebalance.model import AverageQuality

_MOST = 8
"""Averages whose reasons are said; the table has all."""


def about_quality(quality: AverageQuality | None, *, left_out: bool) -> list[str]:
    """A sentence on how many are suspected, and one for each of them with the reasons.

    Parameters
    ----------
    quality : AverageQuality or None
        None where nobody asked: nothing is said.
    left_out : bool
        Whether those suspected are left out.
    """
    if quality is None:
        return []
    n = int(quality.is_judged.sum())
    if n < FEWEST:
        return [
            f"No class average is suspected of being junk: {n} are too few to tell, "
            f"{FEWEST} are needed."
        ]
    suspects = quality.suspects
    if not suspects:
        return [f"None of {n:,} class averages is suspected of being junk."]
    one = len(suspects) == 1
    what = f"{len(suspects):,} of {n:,} class averages {'is' if one else 'are'} suspected of being"
    done = (
        f"junk and left out; look at {'it' if one else 'them'} before you rely on that."
        if left_out
        else f"junk and {'is' if one else 'are'} used all the same; --junk auto leaves "
        f"{'it' if one else 'them'} out."
    )
    named = suspects[:_MOST]
    reasons = [f"Class {number}: {'; '.join(quality.reasons_of(number))}." for number in named]
    said = [f"{what} {done}", *reasons]
    if len(suspects) > _MOST:
        said.append(f"junk.csv has the reasons of {len(suspects) - _MOST:,} more.")
    return said
