"""From where particles look as a 3D refinement found: over the sphere, by angle, and by bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.colour_scales import COLOR_MAP, NONE, counts_bar, log_scale, swatch
from rebalance.figures.hemisphere import symmetry_axes
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.sphere_axes import MARKS
from rebalance.figures.sphere_discs import bins_at, disc_directions, draw_half_sphere
from rebalance.figures.text import joined, percent
from rebalance.model import DoubleArray, IntArray, SphereBins
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

DISC, GAP, BETWEEN = 2.4, 0.2, 0.35
"""Inches: a half sphere, between two halves, between before and after."""

SCALE = 0.85
"""Inches that a scale of colours and its numbers take."""

WIDE, HIGH = 4.0, 2.0
"""Inches: a histogram of azimuth and elevation."""

STEP = 3
"""Degrees of azimuth and elevation."""

FOUND = style.PALETTE[0]

NAMES = ("Before", "After")
"""Of two sets of particles, where nobody names them."""


@style.styled
def viewing_directions(
    counts_before: IntArray,
    counts_after: IntArray | None,
    bins: SphereBins,
    job: str = "",
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Particles per bin over the sphere, copies under the point group filled in.

    Parameters
    ----------
    counts_before : int64 (B,)
    counts_after : int64 (B,), optional
        Of the particles that balancing kept.
    bins : SphereBins
    job : str
        For the heading.
    names : tuple of str
        Of the two, where there are two.
    """
    halves = (False,) if bins.antipodal else (False, True)
    sets = [(names[0] if counts_after is not None else "All", counts_before)]
    if counts_after is not None:
        sets.append((names[1], counts_after))
    # With one half each, before and after are side by side; otherwise one is above the other.
    across = len(sets) if bins.antipodal else len(halves)
    down = 1 if bins.antipodal else len(sets)
    step = DISC + (BETWEEN if bins.antipodal else GAP)
    row = 0.42 + DISC
    width = max(2 * style.MARGIN + across * step + SCALE + 0.1, 6.0)
    height = style.HEADER + 0.05 + down * row + 0.34 + style.MARGIN
    figure = new_figure(width, height, _preference(counts_before, bins), _bins_words(bins, job))
    norm = log_scale(counts_before)
    cells = [bins_at(bins, disc_directions(below=below)) for below in halves]
    for number, (name, counts) in enumerate(sets):
        for half, below in enumerate(halves):
            left = style.MARGIN + (number if bins.antipodal else half) * step
            top = style.HEADER + 0.05 + (0 if bins.antipodal else number) * row
            if half == 0:
                empty = int(np.count_nonzero(counts == 0))
                words = f"{name}: {counted(int(counts.sum()), 'particle')}"
                text_at(figure, left, top, words, bold=True)
                text_at(
                    figure,
                    left,
                    top + 0.16,
                    f"{empty:,} of {counted(len(bins), 'bin')} empty",
                    style.SMALL,
                    color=style.MUTED,
                )
            if not bins.antipodal:
                words = "tilt 90° to 180°" if below else "tilt 0° to 90°"
                text_at(
                    figure,
                    left + DISC,
                    top + 0.16,
                    words,
                    style.SMALL,
                    color=style.MUTED,
                    ha="right",
                )
            axes = axes_at(figure, left, top + 0.36, DISC, DISC)
            draw_half_sphere(axes, _cells(cells[half], counts, norm), bins.operations, below=below)
    left = style.MARGIN + across * step + 0.05
    middle = style.HEADER + 0.05 + (down * row) / 2
    _bar(figure, norm, left, middle - 0.8, 1.85, "particles per bin")
    middle_of = "tilt 0°" if bins.antipodal else "tilt 0° and 180°"
    notes = [f"Equal-area projection: {middle_of} in the center, circles at 30° and 60°."]
    if len(bins.operations) > 1:
        orders = sorted(set(symmetry_axes(bins.operations)[1].tolist()))
        marks = ", ".join(f"{MARKS.get(n, MARKS[6])[1]} {n}-fold" for n in orders)
        notes.append(f"Views related by {bins.symmetry} symmetry are filled in. Axes: {marks}.")
    top = height - style.MARGIN - 0.17 * len(notes) + 0.02
    for note in notes:
        text_at(figure, style.MARGIN, top, note, style.SMALL, color=style.MUTED)
        top += 0.16
    return figure


@style.styled
def azimuth_elevation(
    direction: DoubleArray,
    after: DoubleArray | None = None,
    job: str = "",
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Particles by azimuth and elevation, as CryoSPARC and RELION users know them.

    Parameters
    ----------
    direction : float64 (P, 3)
        Unit vectors from which particles look; NaN for one without a pose.
    after : float64 (Q, 3), optional
        Of the particles that balancing kept, or of others.
    job : str
        For the heading.
    names : tuple of str
        Of the two, where there are two.
    """
    sets = [(names[0] if after is not None else "All", _known(direction))]
    if after is not None:
        sets.append((names[1], _known(after)))
    tables = [_table(directions) for _, directions in sets]
    left, gap = 0.68, 0.45
    width = left + len(sets) * (WIDE + gap) + SCALE - 0.1
    height = style.HEADER + 0.3 + HIGH + 0.55
    title, where = _spread(tables[0])
    cells = f"cells of {STEP}° by {STEP}°, smaller towards ±90°"
    figure = new_figure(width, height, title, joined(job, where, cells))
    norm = log_scale(tables[0])
    for number, ((name, directions), table) in enumerate(zip(sets, tables, strict=True)):
        at = left + number * (WIDE + gap)
        words = f"{name}: {counted(len(directions), 'particle')}"
        text_at(figure, at, style.HEADER, words, bold=True)
        axes = axes_at(figure, at, style.HEADER + 0.25, WIDE, HIGH)
        axes.set_facecolor(NONE)
        drawn = axes.imshow(
            np.ma.masked_equal(table.T, 0),
            origin="lower",
            extent=(-180, 180, -90, 90),
            aspect="auto",
            cmap=COLOR_MAP,
            norm=norm,
            interpolation="nearest",
        )
        axes.set_xticks(range(-180, 181, 60))
        axes.set_yticks(range(-90, 91, 30))
        axes.set_xlabel("azimuth (°)")
        if number == 0:
            axes.set_ylabel("elevation (°)")
        else:
            axes.tick_params(labelleft=False)
    at = left + len(sets) * (WIDE + gap) - 0.12
    counts_bar(figure, drawn, at, style.HEADER + 0.25, HIGH, "particles per cell")
    return figure


@style.styled
def bin_sizes(before: IntArray, after: IntArray | None, cap: int | None, job: str = "") -> Figure:
    """Particles of each bin, the largest first, and where the cap cuts.

    Parameters
    ----------
    before : int64 (B,)
    after : int64 (B,), optional
    cap : int, optional
        Most that a bin keeps.
    job : str
        For the heading.
    """
    order = np.argsort(-before, kind="stable")
    order = order[before[order] > 0]
    capped = 0 if cap is None else int(np.count_nonzero(before > cap))
    occupied = len(order)
    title = "No particle has a pose"
    if occupied:
        times = before[order[0]] / np.median(before[order])
        title = f"The fullest of {counted(occupied, 'bin')} has {times:.1f} times the median"
    if cap is not None:
        bins = counted(occupied, "bin")
        title = f"At most {counted(cap, 'particle')} per bin: {capped:,} of {bins} reduced"
    dropped = 0 if after is None else int(before.sum() - after.sum())
    left, width, right, high = 0.85, 5.4, 1.05, 2.5
    figure = new_figure(
        left + width + right,
        style.HEADER + 0.1 + high + 0.55,
        title,
        joined(
            job,
            f"{dropped:,} of {counted(int(before.sum()), 'particle')} excluded "
            f"({percent(dropped, before.sum())} %)"
            if after is not None
            else "",
            f"{counted(len(before) - occupied, 'bin')} empty" if occupied < len(before) else "",
        ),
    )
    axes = axes_at(figure, left, style.HEADER + 0.1, width, high)
    edges = np.arange(occupied + 1) + 0.5
    axes.set_yscale("log")
    axes.set_xlim(0.5, max(occupied, 1) + 0.5)
    top = float(before.max(initial=10)) * 1.25
    axes.set_ylim(0.7, top)
    axes.stairs(
        before[order],
        edges,
        color=style.RULE if after is not None else FOUND,
        baseline=None,
        linewidth=1.6,
    )
    if after is not None:
        # Lines, no areas: an axis by factors has no zero to stand on.
        axes.stairs(np.maximum(after[order], 0.7), edges, color=FOUND, baseline=None, linewidth=1.6)
        # Away from the cap's own words.
        low = cap is not None and cap > top / 4
        upper = style.HEADER + (high - 0.3 if low else 0.12)
        for number, (colour, words) in enumerate([(style.RULE, "before"), (FOUND, "after")]):
            swatch(figure, left + width + 0.1, upper + 0.18 * number, colour, words)
    if cap is not None:
        axes.axhline(cap, color=style.PALETTE[1], linewidth=1.0)
        axes.annotate(
            f"max. {cap:,}",
            (1, cap),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=style.PALETTE[1],
        )
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.yaxis.set_major_locator(LogLocator(10))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylabel("particles per bin")
    axes.set_xlabel("bins, largest first")
    return figure


def _cells(number: IntArray, counts: IntArray, norm: LogNorm) -> npt.NDArray[np.float64]:
    """Colours of the pixels of a disc; nothing beside it, and a thin line between large cells."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba

    palette = colormaps[COLOR_MAP](norm(np.maximum(counts, 1)))
    palette[counts == 0] = to_rgba(NONE)
    colours = np.asarray(palette, dtype=np.float64)[np.maximum(number, 0)]
    edge = np.zeros(number.shape, dtype=bool)
    edge[1:] |= number[1:] != number[:-1]
    edge[:, 1:] |= number[:, 1:] != number[:, :-1]
    inside = number >= 0
    if edge[inside].mean() < 0.25:
        colours[edge] = 0.55 * colours[edge] + 0.45
    colours[~inside] = 0
    return colours


def _bar(figure: Figure, norm: LogNorm, left: float, top: float, height: float, label: str) -> None:
    from matplotlib.cm import ScalarMappable

    counts_bar(figure, ScalarMappable(norm, COLOR_MAP), left, top, height, label)


def _preference(counts: IntArray, bins: SphereBins) -> str:
    """What part of the particles the fullest tenth of the bins holds; 10 % if all are alike."""
    total = int(counts.sum())
    if total == 0:
        return "No particle has a pose"
    tenth = max(round(len(bins) / 10), 1)
    share = np.sort(counts)[::-1][:tenth].sum()
    return f"{percent(share, total)} % of particles are in 10 % of all directions"


def _bins_words(bins: SphereBins, job: str) -> str:
    opposite = "opposite directions combined" if bins.antipodal else ""
    scheme = "HEALPix" if bins.scheme == "healpix" else "Fibonacci"
    return joined(
        job,
        f"{counted(len(bins), 'bin')} of equal area ({scheme})",
        f"point group {bins.symmetry}",
        opposite,
    )


def _known(direction: DoubleArray) -> DoubleArray:
    # One without a pose is NaN in all three.
    known = np.isfinite(direction[:, 2])
    return direction if known.all() else direction[known]


def _table(direction: DoubleArray) -> npt.NDArray[np.float64]:
    azimuth = np.arctan2(direction[:, 1], direction[:, 0])
    elevation = np.arcsin(np.clip(direction[:, 2], -1, 1))
    per_radian = np.rad2deg(1.0) / STEP
    # Both are at or above 0 here, where to cut is to round down.
    column = np.minimum(((azimuth + np.pi) * per_radian).astype(np.int64), 360 // STEP - 1)
    row = np.minimum(((elevation + np.pi / 2) * per_radian).astype(np.int64), 180 // STEP - 1)
    n = (360 // STEP) * (180 // STEP)
    table = np.bincount(column * (180 // STEP) + row, minlength=n)
    return table.reshape(360 // STEP, -1).astype(np.float64)


def _spread(table: npt.NDArray[np.float64]) -> tuple[str, str]:
    """How near together the elevations of half of the particles are, and which they are."""
    rows = table.sum(axis=0)
    total = rows.sum()
    if total == 0:
        return "No particle has a pose", ""
    sums = np.concatenate([[0.0], np.cumsum(rows)])
    width = next(w for w in range(1, len(rows) + 1) if (sums[w:] - sums[:-w]).max() >= total / 2)
    low = int(np.argmax(sums[width:] - sums[:-width])) * STEP - 90
    return (
        f"Half of the particles are within {width * STEP}° of elevation (60° if even)",
        f"half of them at {low}° to {low + width * STEP}°".replace("-", "−"),
    )
