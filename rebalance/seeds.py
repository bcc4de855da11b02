"""Where every random number comes from: one seed, and what it is to be used for."""

from __future__ import annotations

import numpy as np

from rebalance.errors import OptionError


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """A fresh generator that depends on the seed and on the numbers of a purpose alone.

    Parameters
    ----------
    seed : int ≥ 0
    *purpose : int
        E.g. the class numbers of a superclass; may be negative.

    Raises
    ------
    OptionError
        If the seed is no whole number, or negative.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise OptionError(
            f"The seed must be a whole number of at least 0, not {seed!r}.",
            hint="Give `seed` as a whole number; the same seed gives the same result.",
            setting="seed",
        )
    # SeedSequence takes no negative numbers.
    entropy = [int(seed), *(int(number) % 2**64 for number in purpose)]
    return np.random.default_rng(np.random.SeedSequence(entropy))
