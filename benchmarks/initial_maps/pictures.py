"""The picture of the page: maps of one seed beside the molecule, and their FSC with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.initial_maps.align_map import Volume, soft_sphere
from benchmarks.initial_maps.particles import (
    ALL,
    FACTORS,
    SETTINGS,
    UNIFORM,
    random_at,
    superclasses_at,
    true_views_at,
)
from benchmarks.poses import fsc
from docs.tools.images import shrink
from rebalance.figures import style
from rebalance.figures.layout import axes_at, new_figure, text_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = {
    UNIFORM: ("uniform views", style.PALETTE[2]),
    ALL: ("all", style.INK),
    random_at(FACTORS[0]): (f"at random, as f = {FACTORS[0]}", style.PALETTE[3]),
    superclasses_at(FACTORS[0]): (f"superclasses, f = {FACTORS[0]}", style.PALETTE[0]),
    true_views_at(FACTORS[0]): (f"true views, as f = {FACTORS[0]}", style.PALETTE[6]),
    superclasses_at(FACTORS[1]): (f"superclasses, f = {FACTORS[1]}", style.PALETTE[9]),
}
"""What is shown of each condition: its name and colour."""
SIDE, GAP, LABEL, CURVES = 1.0, 0.08, 1.85, 3.2


def draw(
    rows: Sequence[Mapping[str, Any]], maps: Mapping[str, Volume], truth: Volume, path: Path
) -> None:
    """Draw the seed whose map of all particles is the median, and write it as a PNG.

    Parameters
    ----------
    rows : sequence of mapping
        Of all models.
    maps : mapping of file name to float32 (L, L, L)
        Laid on the molecule.
    truth : float64 (L, L, L)
        The molecule.
    path : Path
    """
    seed = typical(rows)
    shown = [
        (row, maps[row["map"]].astype(np.float64))
        for condition in SHOWN
        for row in rows
        if (row["condition"], row["seed"]) == (condition, seed)
    ]
    figure = _figure(seed, shown, truth)
    path.parent.mkdir(parents=True, exist_ok=True)
    with style.context():
        figure.savefig(path, metadata={"Software": None})
    shrink(path, path)


def typical(rows: Sequence[Mapping[str, Any]]) -> int:
    """The seed whose map of all particles has the median area under its FSC."""
    of = sorted((row["area"], row["seed"]) for row in rows if row["condition"] == ALL)
    return int(of[(len(of) - 1) // 2][1])


@style.styled
def _figure(seed: int, shown: Sequence[tuple[Mapping[str, Any], Volume]], truth: Volume) -> Figure:
    size, box = float(SETTINGS["pixel_size"]), len(truth)
    radius = _radius(truth)
    mask = soft_sphere(box, radius)
    lines = [("molecule", "", style.INK, truth * mask)]
    for row, volume in shown:
        name, color = SHOWN[row["condition"]]
        facts = (
            f"{row['particles']:,} particles · {row['resolution']:.0f} Å · cFAR {row['cfar']:.2f}"
        )
        lines.append((name, facts, color, volume * mask))
    height = style.HEADER + 0.15 + len(lines) * (SIDE + GAP)
    left = style.MARGIN + LABEL
    width = left + 3 * (SIDE + GAP) + 0.7 + CURVES + style.MARGIN
    figure = new_figure(
        width,
        height + style.MARGIN,
        "Ab initio maps of particles with preferred views",
        f"projections along three axes, and FSC with the molecule; RELION, seed {seed}",
    )
    for number, (name, facts, color, volume) in enumerate(lines):
        top = style.HEADER + 0.1 + number * (SIDE + GAP)
        text_at(figure, style.MARGIN, top + 0.3, name, style.BODY, bold=True, color=color)
        text_at(figure, style.MARGIN, top + 0.5, facts, style.TINY, color=style.MUTED)
        for axis in range(3):
            image = volume.sum(axis=axis)
            axes = axes_at(figure, left + axis * (SIDE + GAP), top, SIDE, SIDE)
            low, high = np.percentile(image, [2, 99.8])
            axes.imshow(image, cmap="gray", vmin=low, vmax=high, origin="lower")
            axes.set_axis_off()
    axes = axes_at(figure, left + 3 * (SIDE + GAP) + 0.7, style.HEADER + 0.15, CURVES, 3.2)
    last = round(box * size / 15.0)
    for row, volume in shown:
        curve = fsc(volume, truth, radius)[1 : last + 1]
        axes.plot(np.arange(1, last + 1), curve, color=SHOWN[row["condition"]][1])
    axes.axhline(0.5, color=style.RULE, linewidth=0.6, zorder=0)
    axes.set_ylim(-0.1, 1.02)
    axes.set_xlim(1, last)
    ticks = [box * size / at for at in (100, 50, 30, 20, 15)]
    axes.set_xticks(ticks, ["100 Å", "50 Å", "30 Å", "20 Å", "15 Å"])
    axes.set_ylabel("FSC with the molecule")
    return figure


def _radius(truth: Volume) -> float:
    from rebalance.simulate import phantom

    return phantom().diameter / float(SETTINGS["pixel_size"]) / 2
