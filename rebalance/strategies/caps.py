"""How large a superclass may be: exact arithmetic from the rebalance factor, nothing else.

In floats floor(7 / 0.07) is 99; the factor is a decimal number, and so is the division here.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np

from rebalance.errors import OptionError

Factor = str | Decimal | Fraction | float
"""How a rebalance factor may be given: decimal text is exact, floats count as they print."""

# A smaller factor allows 10³⁰ particles: the same cap in effect, at a bounded cost of exactness.
_SMALLEST = Decimal("1e-30")


@dataclass(frozen=True)
class Cap:
    """The largest superclass size allowed, and what there is to say about it.

    Parameters
    ----------
    size : int or None
        None when nothing is capped.
    rule : ``"off"``, ``"factor"`` or ``"max_size"``
    warnings, notes : tuple of str
    """

    size: int | None
    rule: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def parse_factor(factor: Factor) -> Fraction:
    """The rebalance factor as an exact fraction.

    Parameters
    ----------
    factor : str, Decimal, Fraction, int or float
        0 to 1. A float stands for the decimal number it prints as.

    Raises
    ------
    OptionError
        If it is no number, not finite, or outside [0, 1].
    """
    if isinstance(factor, bool | np.bool_):
        raise _bad_factor(factor)
    if isinstance(factor, Fraction):
        value = factor
    else:
        try:
            decimal = Decimal(str(factor).strip())
        except InvalidOperation:
            raise _bad_factor(factor) from None
        # Compared before it becomes a fraction: 1e999999999 as an integer would fill the memory.
        if not decimal.is_finite() or not 0 <= decimal <= 1:
            raise _bad_factor(factor)
        value = Fraction(max(decimal, _SMALLEST)) if decimal else Fraction(0)
    if not 0 <= value <= 1:
        raise _bad_factor(factor)
    return value


def parse_max_size(max_size: Any) -> int:
    """The largest superclass size as a whole number ≥ 1.

    Raises
    ------
    OptionError
        If it is anything else.
    """
    problem = OptionError(
        f"The maximum superclass size must be a whole number of at least 1, not {max_size!r}.",
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


def decide_cap(n_min: int, factor: Factor | None, max_size: Any = None) -> Cap:
    """The cap from a rebalance factor, a maximum superclass size, or both.

    The meaning is that of CryoSPARC's job Rebalance 2D Classes [1]_; for both given and the
    factor above 0 the maximum size overrides the factor, as its name there (*Override maximum
    superclass size*) says.

    Parameters
    ----------
    n_min : int ≥ 1
        Particles of the smallest superclass that has any.
    factor : Factor, optional
        f; the cap is floor(n_min / f), and f = 0 caps nothing. None counts as 0 unless
        ``max_size`` is given.
    max_size : int, optional
        The cap itself, the same as f = n_min / max_size. Ignored, with a warning, when the
        factor is explicitly 0.

    Raises
    ------
    OptionError
        If either is out of range.

    References
    ----------
    .. [1] CryoSPARC Guide, "Job: Rebalance 2D Classes", https://guide.cryosparc.com.
    """
    fraction = None if factor is None else parse_factor(factor)
    size = None if max_size is None else parse_max_size(max_size)
    if size is None:
        if not fraction:
            return Cap(None, "off")
        return Cap(cap_for_factor(n_min, fraction), "factor")
    if fraction == 0:
        return Cap(
            None,
            "off",
            warnings=(
                f"The maximum superclass size {size:,} is ignored, because the rebalance factor "
                "is 0: nothing is balanced. Leave `factor` away to use it.",
            ),
        )
    warnings = []
    if fraction is not None:
        warnings.append(
            f"The maximum superclass size {size:,} overrides the rebalance factor {factor}."
        )
    if size < n_min:
        warnings.append(
            f"The maximum superclass size {size:,} is below the smallest superclass ({n_min:,} "
            f"particles): every superclass is cut to {size:,}."
        )
        return Cap(size, "max_size", warnings=tuple(warnings))
    note = (
        f"A maximum superclass size of {size:,} is the same as a rebalance factor of "
        f"{n_min / size:.4g} here."
    )
    return Cap(size, "max_size", warnings=tuple(warnings), notes=(note,))


def _bad_factor(found: object) -> OptionError:
    return OptionError(
        f"The rebalance factor must be a number from 0 to 1, not {found!s}.",
        hint="0 keeps every particle; 1 makes all superclasses as large as the smallest.",
        setting="factor",
    )
