"""Which superclasses are too small to decide the cap: crumbs of a classification, no views.

One superclass of three particles would cut every other down to three by the guide. The threshold,
a tenth of an even share, weighs what stays against how even it is (`benchmarks.small_superclasses`:
simulated classifications of heavy-tailed class sizes, 8 to 30 superclasses, f = 0.5):

============================  ===================  ===================  ===================
least, of an even share       discrete views       two preferred        95 % in one cap
============================  ===================  ===================  ===================
0 (the guide)                 U 0.762, 15 % stay   U 0.713, 6 % stay    U 0.230, 2 % stay
0.05                          U 0.776, 21 %        U 0.700, 29 %        U 0.213, 17 %
0.1                           U 0.766, 28 %        U 0.692, 35 %        U 0.209, 23 %
0.2                           U 0.755, 39 %        U 0.682, 46 %        U 0.197, 38 %
============================  ===================  ===================  ===================

Where 95 % are in one cap and no class is tiny, U is 0.257 instead of 0.268, with 27 % instead of
22 %.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import BoolArray, IntArray

CapFrom = int | Literal["auto"]
"""Particles a superclass needs to decide the cap, or ``auto``: a tenth of an even share."""

_OF_AN_EVEN_SHARE = 10
"""An even share is this many times as large as the smallest superclass that decides."""


def cap_from_of(size: IntArray, cap_from: CapFrom = "auto") -> int:
    """Particles from which a superclass decides the cap.

    Parameters
    ----------
    size : int64 (K,)
        Particles of each superclass; those without any don't count.
    cap_from : int or "auto"
        As given. ``auto`` is a tenth of what each would have if all were as large, rounded up.

    Returns
    -------
    int
        0 where every superclass decides, as they do where fewer than two have as many: between
        less than two there is nothing to balance.
    """
    present = np.sort(size[size > 0])
    if len(present) < 2:
        return 0
    least = cap_from
    if least == "auto":
        least = -(-int(present.sum()) // (_OF_AN_EVEN_SHARE * len(present)))
    return least if present[0] < least <= present[-2] else 0


def is_small(size: IntArray, cap_from: CapFrom = "auto") -> BoolArray:
    """bool (K,): superclasses with particles, but too few to decide the cap."""
    return (size > 0) & (size < cap_from_of(size, cap_from))


def check_cap_from(cap_from: CapFrom) -> None:
    """OptionError if it is neither ``auto`` nor a whole number of at least 0."""
    is_number = isinstance(cap_from, int | np.integer) and not isinstance(cap_from, bool)
    if cap_from == "auto" or (is_number and cap_from >= 0):
        return
    raise OptionError(
        f"`cap_from` is {cap_from!r}, not a whole number of particles or auto.",
        hint="With 0 the smallest superclass decides, whatever its size.",
        setting="cap_from",
    )
