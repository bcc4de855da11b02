"""Which superclasses are too small to decide the cap: crumbs of a classification, no views.

One superclass of three particles would cut every other down to three by the guide. On simulated
classifications of heavy-tailed class sizes, a fifth of them under ten particles (phantom, views
discrete, preferred and with 95 to 97 % in one cap; K of 8, 12, 20 and 30; f = 0.5), the uniformity of
views was 0.393 with a tenth of the median as threshold, with 22 % of the particles kept; by the guide
0.378 with 7 %. It was highest, 0.398, with thresholds half as high or less, and fell back to that of
the guide at three tenths. A share of the mean instead would set every rare view aside where one
superclass holds nearly all.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import BoolArray, IntArray

CapFrom = int | Literal["auto"]
"""Particles from which a superclass decides the cap, or ``auto``: a tenth of the median."""

_SHARE_OF_MEDIAN, _FEWEST = 10, 4
"""The median superclass is at most so many times as large as the smallest that decides; and the
number of superclasses from which a median means something."""


def cap_from_of(size: IntArray, cap_from: CapFrom = "auto") -> int:
    """Particles from which a superclass decides the cap.

    Parameters
    ----------
    size : int64 (K,)
        Particles of each superclass; those without any don't count.
    cap_from : int or "auto"
        As given. ``auto`` is a tenth of the median superclass, rounded up; 0 for fewer than four,
        of which each is a view.

    Returns
    -------
    int
        0 where every superclass decides, as they do where none has as many.
    """
    present = np.sort(size[size > 0])
    if not len(present):
        return 0
    if cap_from == "auto" and len(present) < _FEWEST:
        least = 0
    elif cap_from == "auto":
        # Twice the median is a whole number, and so the division is exact.
        twice = int(present[(len(present) - 1) // 2]) + int(present[len(present) // 2])
        least = -(-twice // (2 * _SHARE_OF_MEDIAN))
    else:
        least = int(cap_from)
    return least if present[0] < least <= present[-1] else 0


def is_small(size: IntArray, cap_from: CapFrom = "auto") -> BoolArray:
    """bool (K,): superclasses with particles, but too few to decide the cap."""
    return (size > 0) & (size < cap_from_of(size, cap_from))


def check_cap_from(cap_from: CapFrom) -> None:
    """OptionError if it is neither ``auto`` nor a whole number of at least 0."""
    is_number = isinstance(cap_from, int | np.integer) and not isinstance(cap_from, bool)
    if cap_from == "auto" or (is_number and cap_from >= 0):
        return
    raise OptionError(
        f"`cap_from` is {cap_from!r}; a whole number of particles or auto was expected.",
        hint="0 lets the smallest superclass decide, whatever its size.",
        setting="cap_from",
    )
