"""Axes in frequency whose ticks say resolutions: 20, 10, 6, 4, 3 Å."""

from __future__ import annotations

from collections.abc import Callable

from rebalance.figures.text import text_width

_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0)
_ROUNDEST = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)


def resolution_ticks(
    low: float, high: float, gap: Callable[[str, str], float]
) -> tuple[list[float], list[str]]:
    """Frequencies of round resolutions, and what to write there.

    Parameters
    ----------
    low, high : float
        Frequencies at the ends of the axis.
    gap : callable
        Least distance, in frequency, between two ticks of such texts.

    Returns
    -------
    ticks : list of float
        Falling; 0, written ``none``, where the axis begins there.
    labels : list of str
    """
    ticks = [0.0] if low <= 0 else []
    labels = ["none"] if low <= 0 else []
    for choice in (_ROUNDEST, _ROUND):
        for tick, label in _candidates(choice, low, high):
            if all(
                abs(tick - other) >= gap(label, text)
                for other, text in zip(ticks, labels, strict=True)
            ):
                ticks.append(tick)
                labels.append(label)
    return ticks, labels


def along(width: float, low: float, high: float, size: float) -> Callable[[str, str], float]:
    """The gap of texts side by side on an axis of so many inches."""

    def gap(one: str, other: str) -> float:
        points = (text_width(one, size) + text_width(other, size)) / 2 + size
        return points / 72 / width * (high - low)

    return gap


def upright(height: float, low: float, high: float, size: float) -> Callable[[str, str], float]:
    """The gap of texts above each other on an axis of so many inches."""
    return lambda one, other: 1.6 * size / 72 / height * (high - low)


def _candidates(choice: tuple[float, ...], low: float, high: float) -> list[tuple[float, str]]:
    values = [mantissa * 10.0**power for power in range(-2, 5) for mantissa in choice]
    return [(1 / value, f"{value:g}") for value in values if low < 1 / value <= high * 1.0001]
