"""A blend as a person writes it: ``rotational-cc:0.7,frc:0.3``."""

from __future__ import annotations

import math
import re

_PART = re.compile(r"\s*([a-z0-9][a-z0-9-]*)\s*(?::\s*(\S+)\s*)?")


def read_recipe(text: str) -> tuple[tuple[str, float], ...]:
    """Metrics and their shares.

    Parameters
    ----------
    text : str
        Names of metrics, each with a weight after a colon (1 without), joined by commas.

    Returns
    -------
    tuple of (str, float)
        In alphabetical order; the shares sum to 1.

    Raises
    ------
    ValueError
        If a part can't be read, a metric is there twice, a weight is no positive number, or the
        alignment, which is no metric, or the blend itself is named.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(
                f"{part.strip()!r} is not a metric with its weight; write e.g. "
                "rotational-cc:0.7,frc:0.3"
            )
        name = match[1]
        if name in weights:
            raise ValueError(f"{name} occurs twice")
        if name in ("alignment", "blend"):
            raise ValueError(f"{name} can't be part of a blend")
        weights[name] = _weight(name, match[2])
    total = sum(weights.values())
    return tuple((name, weights[name] / total) for name in sorted(weights))


def _weight(name: str, text: str | None) -> float:
    try:
        weight = 1.0 if text is None else float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise ValueError(f"the weight of {name}, {text}, is not a number above 0")
    return weight
