"""All numbers of superclasses tried: silhouette, stability and particles kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.figures import style
from rebalance.figures.layout import axes_at, new_figure
from rebalance.figures.text import joined
from rebalance.model import Scan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, WIDTH, RIGHT = 0.8, 5.6, 0.9
PANEL, GAP, BOTTOM = 1.35, 0.3, 0.55
"""Inches."""

FOUND, EXPECTED = style.PALETTE[0], style.MUTED
FEW = 12
"""Up to this many numbers, each has a dot and a tick."""


@style.styled
def scan_of_numbers(scan: Scan, *, job: str = "") -> Figure:
    """Silhouette (and that expected by chance), stability and particles kept, by number.

    Parameters
    ----------
    scan : Scan
    job : str
        For the heading.
    """
    panels = [_draw_silhouette, _draw_stability]
    # Without balancing all particles are kept at any number.
    panels += [_draw_kept] if (scan.kept != scan.total).any() else []
    top = style.HEADER + 0.15
    height = top + len(panels) * PANEL + (len(panels) - 1) * GAP + BOTTOM
    figure = new_figure(LEFT + WIDTH + RIGHT, height, _title(scan), _subtitle(scan, job))
    for place, draw in enumerate(panels):
        axes = axes_at(figure, LEFT, top + place * (PANEL + GAP), WIDTH, PANEL)
        draw(axes, scan)
        _mark(axes, scan, named=place == 0)
        last = place == len(panels) - 1
        axes.tick_params(labelbottom=last)
        if last:
            axes.set_xlabel("number of superclasses")
    return figure


def _title(scan: Scan) -> str:
    suggestion = scan.suggestion
    if not suggestion.has_structure:
        return "No number of superclasses stands out"
    return f"Suggested: {suggestion.number} superclasses"


def _subtitle(scan: Scan, job: str) -> str:
    also = ", ".join(map(str, scan.suggestion.runners_up))
    return joined(job, scan.clustering, f"also worth a look: {also}" if also else "")


def _points(scan: Scan) -> dict[str, Any]:
    """Dots on a line of few numbers, since a single one makes no line."""
    return {"marker": "o", "markersize": 3} if len(scan) <= FEW else {}


def _draw_silhouette(axes: Axes, scan: Scan) -> None:
    axes.fill_between(
        scan.numbers,
        scan.expected - 2 * scan.expected_sd,
        scan.expected + 2 * scan.expected_sd,
        color=style.PALE,
        linewidth=0,
    )
    axes.plot(scan.numbers, scan.expected, color=EXPECTED, linewidth=0.9, **_points(scan))
    axes.plot(scan.numbers, scan.silhouette, color=FOUND, linewidth=1.3, **_points(scan))
    axes.set_ylabel("silhouette")
    ends = sorted(
        [
            (float(scan.silhouette[-1]), "found", FOUND),
            (float(scan.expected[-1]), "expected\nby chance", EXPECTED),
        ]
    )
    low, high = axes.get_ylim()
    for (value, text, color), place in zip(ends, ("top", "bottom"), strict=True):
        axes.annotate(
            text,
            # Two lines below it have room above the axis.
            (scan.numbers[-1], max(value, low + 0.18 * (high - low)) if place == "top" else value),
            (5, 3 if place == "bottom" else -1),
            textcoords="offset points",
            color=color,
            fontsize=style.SMALL,
            va=place,
        )


def _draw_stability(axes: Axes, scan: Scan) -> None:
    axes.plot(scan.numbers, scan.stability, color=FOUND, linewidth=1.3, **_points(scan))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("stability")


def _draw_kept(axes: Axes, scan: Scan) -> None:
    share = 100.0 * scan.kept / max(scan.total, 1)
    axes.plot(scan.numbers, share, color=FOUND, linewidth=1.3, **_points(scan))
    axes.set_ylim(0, 104)
    rule = f"f = {scan.factor or 0}" if scan.max_size is None else f"at most {scan.max_size:,}"
    axes.set_ylabel(f"kept, {rule} (%)")


def _mark(axes: Axes, scan: Scan, *, named: bool) -> None:
    suggestion = scan.suggestion
    for number in suggestion.runners_up:
        axes.axvline(number, color=style.RULE, linewidth=0.6, linestyle=(0, (3, 3)), zorder=0)
    axes.axvline(suggestion.number, color=style.PALETTE[1], linewidth=1.0, zorder=0)
    axes.set_xlim(scan.numbers[0] - 0.5, scan.numbers[-1] + 0.5)
    if named:
        for number in (suggestion.number, *suggestion.runners_up):
            chosen = number == suggestion.number
            axes.annotate(
                str(number),
                (number, 1.0),
                (0, 2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=style.SMALL,
                fontweight="bold" if chosen else "normal",
                color=style.PALETTE[1] if chosen else style.MUTED,
            )
    if len(scan) <= FEW:
        axes.set_xticks(np.asarray(scan.numbers))
