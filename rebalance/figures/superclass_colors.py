"""Colours of superclasses: there are fewer colours than superclasses, and neighbours differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from rebalance.figures import style
from rebalance.model import Superclasses


def color_by_superclass(superclasses: Superclasses) -> Callable[[int], str]:
    """What gives the colour of a superclass by its number; grey for none.

    Parameters
    ----------
    superclasses : Superclasses

    Returns
    -------
    callable
        Of an int; gives ``#rrggbb``.
    """
    colors = [style.PALETTE[at] for at in color_places(superclasses)]
    return lambda number: colors[number] if number >= 0 else style.RULE


def ink_on(color: str) -> str:
    """Black or white, whichever has more contrast on a colour (relative luminance of WCAG 2)."""
    parts = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.18 else style.INK


def color_places(superclasses: Superclasses) -> list[int]:
    """Place in the palette of the colour of each superclass.

    Each has the colour of its last digit, unless a neighbour with a lower number has it: next by
    number, or next or next but one in the order in which averages are shown. It has the following
    one that is free then.
    """
    k, colors = len(superclasses), len(style.PALETTE)
    beside: dict[int, set[int]] = defaultdict(set)
    for one, other in [*pairwise(range(k)), *_along(superclasses)]:
        beside[one].add(other)
        beside[other].add(one)
    found: list[int] = []
    for number in range(k):
        taken = {found[other] for other in beside[number] if other < number}
        wanted = [(number + step) % colors for step in range(colors)]
        found.append(next((place for place in wanted if place not in taken), wanted[0]))
    return found


def _along(superclasses: Superclasses) -> list[tuple[int, int]]:
    label = superclasses.label[superclasses.order]
    label = label[label >= 0]
    along = label[np.concatenate([[True], label[1:] != label[:-1]])[: len(label)]].tolist()
    return [
        (one, other)
        for far in (1, 2)
        for one, other in zip(along, along[far:], strict=False)
        if one != other
    ]
