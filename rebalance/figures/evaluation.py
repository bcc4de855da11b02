"""Uniformity of views against particles kept: superclasses, the oracle, and random dropping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.label_spacing import spread
from rebalance.figures.layout import axes_at, new_figure
from rebalance.model import DoubleArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, ORACLE, RANDOM = style.PALETTE[0], style.INK, style.MUTED
LEFT, RIGHT, BOTTOM, WIDTH, HEIGHT = 0.62, 1.32, 0.45, 4.9, 3.0
"""Inches."""

_STYLE: dict[str, tuple[str, str, str]] = {
    "oracle": (ORACLE, "--", "oracle: true views"),
    "ours": (OURS, "-", "superclasses"),
    "random": (RANDOM, ":", "random dropping"),
}


@style.styled
def balance_curves(
    curves: Mapping[str, tuple[DoubleArray, DoubleArray]],
    *,
    common: tuple[float, float] | None = None,
    point: tuple[float, float] | None = None,
    title: str = "Uniformity of views",
    subtitle: str = "",
) -> Figure:
    """Curves with the band of one standard deviation over seeds.

    Parameters
    ----------
    curves : mapping of name to (kept, uniformity)
        ``ours``, ``oracle``, ``random``; float64 (M,), rising, and (S, M).
    common : tuple of float, optional
        Range of particles kept over which areas are compared; the area between superclasses and
        random dropping is tinted there.
    point : tuple of float, optional
        Particles kept and uniformity at the run's own factor.
    title, subtitle : str
    """
    figure = new_figure(
        LEFT + WIDTH + RIGHT,
        style.HEADER + HEIGHT + BOTTOM + style.MARGIN,
        title,
        subtitle,
    )
    axes = axes_at(figure, LEFT, style.HEADER, WIDTH, HEIGHT)
    axes.grid(True, axis="y", color=style.PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    for name in ("random", "oracle", "ours"):
        if name in curves:
            _curve(axes, name, *curves[name])
    if common is not None and {"ours", "random"} <= curves.keys():
        _tint(axes, curves, common)
    if point is not None:
        axes.plot(*point, "o", color=OURS, markersize=5, markeredgecolor="white", zorder=5)
        axes.annotate(
            "this run",
            point,
            xytext=(5, 5),
            textcoords="offset points",
            fontsize=style.SMALL,
            color=OURS,
        )
    _limits(axes, curves)
    _names(axes, curves)
    axes.set_xlabel("particles kept")
    axes.set_ylabel("uniformity of views")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def _curve(axes: Axes, name: str, kept: DoubleArray, uniformity: DoubleArray) -> None:
    color, dash, _ = _STYLE[name]
    mean = uniformity.mean(axis=0)
    sd = uniformity.std(axis=0, ddof=1) if len(uniformity) > 1 else np.zeros_like(mean)
    axes.fill_between(kept, mean - sd, mean + sd, color=color, alpha=0.15, linewidth=0)
    # The oracle's dashes lie on top: where the two are the same, both are seen.
    width, above = (1.6, 2.0) if name == "ours" else (1.1, 3.0)
    axes.plot(kept, mean, dash, color=color, linewidth=width, zorder=above)


def _tint(
    axes: Axes,
    curves: Mapping[str, tuple[DoubleArray, DoubleArray]],
    common: tuple[float, float],
) -> None:
    kept = np.linspace(*common, 200)
    ours, chance = (
        np.interp(kept, curves[name][0], curves[name][1].mean(axis=0))
        for name in ("ours", "random")
    )
    axes.fill_between(kept, chance, ours, color=OURS, alpha=0.08, linewidth=0)


def _limits(axes: Axes, curves: Mapping[str, tuple[DoubleArray, DoubleArray]]) -> None:
    most = max(float(kept.max()) for kept, _ in curves.values())
    axes.set_xlim(0, most * 1.02)
    mean = [uniformity.mean(axis=0) for _, uniformity in curves.values()]
    sd = [uniformity.std(axis=0) for _, uniformity in curves.values()]
    low = min(float((m - s).min()) for m, s in zip(mean, sd, strict=True))
    high = max(float((m + s).max()) for m, s in zip(mean, sd, strict=True))
    room = 0.08 * max(high - low, 0.1)
    axes.set_ylim(max(0.0, low - room), min(1.0, high + room))


def _names(axes: Axes, curves: Mapping[str, tuple[DoubleArray, DoubleArray]]) -> None:
    """Right of the axes, in the order of the curves, each near the height of its own."""
    names = [name for name in _STYLE if name in curves]
    middle = 0.35 * axes.get_xlim()[1]
    low, high = axes.get_ylim()
    height = {
        name: (float(np.interp(middle, kept, uniformity.mean(axis=0))) - low) / (high - low)
        for name, (kept, uniformity) in curves.items()
    }
    names.sort(key=lambda name: height[name])
    wanted = np.array([height[name] for name in names])
    _, place = spread(wanted, np.ones(len(names)), 0.07, 0.0, 1.0)
    for name, y in zip(names, place, strict=True):
        color, dash, words = _STYLE[name]
        axes.plot(
            [1.015, 1.06],
            [y, y],
            dash,
            color=color,
            linewidth=1.6 if name == "ours" else 1.1,
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.text(
            1.075,
            y,
            words,
            transform=axes.transAxes,
            fontsize=style.SMALL,
            color=color,
            va="center",
        )
