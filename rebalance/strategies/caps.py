"""How large a group may be: exact arithmetic from a factor, a size or a percentile, nothing else.

In floats floor(7 / 0.07) is 99; the factor is a decimal number, and so is the division here.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.strategies.words import plural

Factor = str | Decimal | Fraction | float
"""How a rebalance factor may be given: decimal text is exact, floats count as they print."""

Percentile = Factor
"""How a percentile may be given: as a factor."""

# A smaller factor allows 10³⁰ particles: the same cap in effect, at a bounded cost of exactness.
_SMALLEST = Decimal("1e-30")


@dataclass(frozen=True)
class Cap:
    """The largest group size allowed, and what there is to say about it.

    Parameters
    ----------
    size : int or None
        None when nothing is capped.
    rule : ``"off"``, ``"factor"``, ``"max_size"`` or ``"percentile"``
    warnings, notes : tuple of str
    """

    size: int | None
    rule: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def parse_factor(factor: Factor, *, word: str = "superclass") -> Fraction:
    """The rebalance factor as an exact fraction.

    Parameters
    ----------
    factor : str, Decimal, Fraction, int or float
        0 to 1. A float stands for the decimal number it prints as.
    word : str
        What a group is called.

    Raises
    ------
    OptionError
        If it is no number, not finite, or outside [0, 1].
    """
    value = _exact(factor, 1)
    if value is None:
        meant = _meant(factor)
        raise OptionError(
            f"The rebalance factor must be a number from 0 to 1, not {factor!s}.",
            hint=f"For {factor}, use `factor={meant}`."
            if meant
            else f"0 keeps every particle; 1 cuts all {plural(word)} to the size of the smallest.",
            setting="factor",
        )
    return value


def _meant(factor: Any) -> str:
    """A factor with a decimal comma, or in per cent, as it has to be written; else empty."""
    given = str(factor).strip()
    text, per_cent = given.replace(",", "."), given.endswith("%")
    if text == given and not per_cent:
        return ""
    try:
        value = Decimal(text.removesuffix("%").strip()) / (100 if per_cent else 1)
    except InvalidOperation:
        return ""
    if not value.is_finite() or not 0 <= value <= 1:
        return ""
    return f"{value.normalize():f}"


def parse_percentile(percentile: Percentile) -> Fraction:
    """The percentile as an exact fraction.

    Parameters
    ----------
    percentile : str, Decimal, Fraction, int or float
        Above 0, to 100. A float stands for the decimal number it prints as.

    Raises
    ------
    OptionError
        If it is no number, not finite, or outside (0, 100].
    """
    value = _exact(percentile, 100)
    if not value:
        raise OptionError(
            f"The percentile must be a number above 0 and up to 100, not {percentile!s}.",
            hint="`percentile=80` cuts the fullest fifth; 100 keeps every particle.",
            setting="percentile",
        )
    return value


def _exact(given: Any, most: int) -> Fraction | None:
    """The number that is meant, if it is one from 0 to ``most``."""
    if isinstance(given, bool | np.bool_):
        return None
    if isinstance(given, Fraction):
        return given if 0 <= given <= most else None
    try:
        decimal = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    # Compared before it becomes a fraction: 1e999999999 as an integer would fill the memory.
    if not decimal.is_finite() or not 0 <= decimal <= most:
        return None
    return Fraction(max(decimal, _SMALLEST)) if decimal else Fraction(0)


def parse_max_size(max_size: Any, *, word: str = "superclass") -> int:
    """The largest group size as a whole number ≥ 1.

    Raises
    ------
    OptionError
        If it is anything else.
    """
    problem = OptionError(
        f"The maximum {word} size must be a whole number of at least 1, not {max_size!r}.",
        hint="Give `max_size` as a number of particles, e.g. 5000.",
        setting="max_size",
    )
    if isinstance(max_size, bool | np.bool_):
        raise problem
    try:
        size = int(max_size) if isinstance(max_size, str) else operator.index(max_size)
    except (TypeError, ValueError):
        raise problem from None
    if size < 1:
        raise problem
    return size


def cap_for_factor(n_min: int, factor: Fraction) -> int:
    """floor(n_min / f), exactly, for f > 0."""
    return n_min * factor.denominator // factor.numerator


def cap_for_percentile(sizes: npt.ArrayLike, percentile: Fraction) -> int:
    """The percentile of the sizes of the groups that have any particles, by nearest rank.

    The cap is the size of rank ⌈p / 100 · n⌉ among the n sizes in rising order, so it is one of
    them, and at least 1. Capped at it, that rank and all below keep their sizes, and those above
    get the same: the percentile of what is left is the same cap, and a second run drops nothing.
    Interpolated, the percentile would not be one of the sizes, and move: of 10, 20 and 40 the
    75th is 30; of 10, 20 and 30 it is 25. Groups without particles don't count: where most are,
    the cap would be 0.

    Parameters
    ----------
    sizes : int64 (G,)
        At least one is above 0.
    percentile : Fraction
        Above 0, to 100.
    """
    present = np.asarray(sizes, dtype=np.int64)
    present = np.sort(present[present > 0])
    rank = -(-len(present) * percentile.numerator // (100 * percentile.denominator))
    return int(present[rank - 1])


def decide_cap(
    sizes: npt.ArrayLike,
    factor: Factor | None = None,
    max_size: Any = None,
    percentile: Percentile | None = None,
    *,
    word: str = "superclass",
) -> Cap:
    """The cap from a rebalance factor, a maximum size, both of these, or a percentile.

    The meaning of the first two is that of CryoSPARC's job Rebalance 2D Classes [1]_; for both
    given and the factor above 0 the maximum size overrides the factor, as its name there
    (*Override maximum superclass size*) says. The percentile is that of Rebalance Orientations
    [2]_, by nearest rank over the groups that have particles (`cap_for_percentile`).

    Parameters
    ----------
    sizes : int64 (G,) or int
        Particles of the groups that decide; those without any don't count, and one has some. The
        smallest will do where there is no percentile.
    factor : Factor, optional
        f; the cap is floor(n_min / f), n_min being the smallest size, and f = 0 caps nothing. None
        counts as 0 unless another rule is given.
    max_size : int, optional
        The cap itself, the same as f = n_min / max_size. Ignored, with a warning, when the
        factor is explicitly 0.
    percentile : Percentile, optional
        Above 0, to 100.
    word : str
        What a group is called.

    Raises
    ------
    OptionError
        If one is out of range, or a percentile is given beside another.

    References
    ----------
    .. [1] CryoSPARC Guide, "Job: Rebalance 2D Classes", https://guide.cryosparc.com.
    .. [2] CryoSPARC Guide, "Job: Rebalance Orientations", https://guide.cryosparc.com.
    """
    fraction = None if factor is None else parse_factor(factor, word=word)
    size = None if max_size is None else parse_max_size(max_size, word=word)
    if percentile is not None:
        share = parse_percentile(percentile)
        _check_one_rule(percentile, factor, max_size)
        return _by_percentile(np.atleast_1d(sizes), share, percentile, word)
    if size is None and not fraction:
        return Cap(None, "off")
    if size is not None and fraction == 0:
        return Cap(
            None,
            "off",
            warnings=(
                f"The maximum {word} size {size:,} is ignored, because the rebalance factor is 0 "
                "(no balancing). To use it, leave out `factor`.",
            ),
        )
    n_min = _smallest(sizes)
    if size is None:
        assert fraction
        return Cap(cap_for_factor(n_min, fraction), "factor")
    warnings = []
    if fraction is not None:
        warnings.append(
            f"The maximum {word} size {size:,} overrides the rebalance factor {factor}."
        )
    if size < n_min:
        warnings.append(
            f"The maximum {word} size {size:,} is below the smallest {word} ({n_min:,} "
            f"particles), so every {word} is cut to {size:,}."
        )
        return Cap(size, "max_size", warnings=tuple(warnings))
    note = (
        f"A maximum {word} size of {size:,} equals a rebalance factor of {n_min / size:.4g} here."
    )
    return Cap(size, "max_size", warnings=tuple(warnings), notes=(note,))


def _smallest(sizes: npt.ArrayLike) -> int:
    present = np.atleast_1d(sizes)
    return int(present[present > 0].min())


def _check_one_rule(percentile: Percentile, factor: Factor | None, max_size: Any) -> None:
    others = {"factor": factor, "max_size": max_size}
    for name, value in others.items():
        if value is not None:
            raise OptionError(
                f"`percentile={percentile}` and `{name}={value}` can't be combined: both set the "
                "cap.",
                hint="Give one of `percentile`, `factor` and `max_size`.",
                setting="percentile",
            )


def _by_percentile(
    sizes: npt.NDArray[Any], share: Fraction, percentile: Percentile, word: str
) -> Cap:
    cap = cap_for_percentile(sizes, share)
    above, n = np.count_nonzero(sizes > cap), np.count_nonzero(sizes)
    words = plural(word) if n > 1 else word
    note = (
        f"Percentile {percentile} of the {n:,} occupied {words} is {cap:,} "
        f"particle{'s' if cap > 1 else ''}; {above:,} {'has' if above == 1 else 'have'} more."
    )
    return Cap(cap, "percentile", notes=(note,))
