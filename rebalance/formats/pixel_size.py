"""Which pixel size to believe, when files state several, none, or a placeholder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rebalance.errors import OptionError

_TOLERANCE = 0.01


class Stated(NamedTuple):
    """A pixel size and who says so.

    Parameters
    ----------
    source : str
        Named in warnings, e.g. ``"the header of classes.mrcs"``.
    value : float or None
        Å; None where the source says nothing.
    is_header : bool
        An MRC header: 1.0 there is what many programs write when they don't know.
    """

    source: str
    value: float | None
    is_header: bool = False

    @property
    def is_sure(self) -> bool:
        """True for a size that is no placeholder."""
        if self.value is None or not 0 < self.value < math.inf:
            return False
        return not (self.is_header and self.value == 1.0)


class PixelSize(NamedTuple):
    """The decision: Å or None, and what to tell."""

    value: float | None
    warnings: tuple[str, ...] = ()


def choose_pixel_size(given: float | None, stated: Sequence[Stated]) -> PixelSize:
    """The pixel size of the class averages.

    Parameters
    ----------
    given : float or None
        Å, by the person; overrides all, with a warning if no one else says the same.
    stated : sequence of Stated
        In falling order of trust. A header's 1.0 counts only if no one else says anything.
    """
    known = [one for one in stated if one.value is not None and 0 < one.value < math.inf]
    sure = [one for one in known if one.is_sure]
    if given is not None:
        return PixelSize(given, _at_odds(given, sure))
    if not sure:
        if not known:
            return PixelSize(None)
        return PixelSize(
            known[0].value,
            (
                f"The pixel size 1.0 Å is only stated by {known[0].source}, and many programs "
                "write 1.0 when they don't know it. If it is another, give `pixel_size`.",
            ),
        )
    best = sure[0]
    assert best.value is not None
    return PixelSize(
        best.value,
        tuple(
            f"The pixel size is {best.value:g} Å according to {best.source}, but {other.value:g} "
            f"Å according to {other.source}. Are they from different jobs? Using {best.value:g} "
            "Å; to change it, give `pixel_size`."
            for other in sure[1:]
            if other.value is not None and not _agree(other.value, best.value)
        ),
    )


def as_pixel_size(given: float) -> float:
    """The pixel size that a person gave, in Å.

    Raises
    ------
    OptionError
        If it is not a positive number.
    """
    hint = "Give `pixel_size` in Å, e.g. `pixel_size=1.06`."
    try:
        size = float(given)
    except OverflowError:
        # A whole number of more than 308 digits.
        size = math.inf
    except (TypeError, ValueError):
        raise OptionError(f"`pixel_size` is {given!r}, not a number of Å.", hint=hint) from None
    if not 0 < size < math.inf:
        raise OptionError(f"The pixel size is {size:g} Å; it must be above 0.", hint=hint)
    return size


def _at_odds(given: float, sure: Sequence[Stated]) -> tuple[str, ...]:
    # Where files contradict each other, one that bears the person out is enough.
    if not sure or any(_agree(one.value, given) for one in sure if one.value is not None):
        return ()
    return (
        f"The pixel size is {given:g} Å according to `pixel_size`, but {sure[0].value:g} Å "
        f"according to {sure[0].source}. Using {given:g} Å.",
    )


def _agree(one: float, other: float) -> bool:
    return abs(one / other - 1) <= _TOLERANCE
