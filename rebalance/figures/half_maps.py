"""Signal that two half maps share by direction: its curves, its resolution, and by view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.hemisphere import Hemisphere, from_disc, on_disc
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.resolution_axis import along, resolution_ticks, upright
from rebalance.figures.sphere_axes import draw_disc, limits
from rebalance.figures.text import joined, percent
from rebalance.model import DoubleArray, HalfMapSignal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, PANEL, ONE_PANEL, NEXT, KEY = 0.65, 3.4, 4.7, 0.45, 1.45
"""Inches: left of the panels, the width of one of two and of one alone, between, names of lines."""

CURVES, SHARES, BOTTOM = 2.1, 0.6, 0.52
"""Inches: heights of curves and crossings, below them."""

DISC, GAP, BAR, SCALE, WORDS = 2.6, 0.3, 0.11, 0.75, 1.75
"""Inches: a half sphere, between two, the scale of colours, the scale and its name, beside it."""

COLOR_MAP, DARKEST = "magma_r", 0.82
"""Light where there is little signal, dark where there is much, as for particles over views; but
not black, since most of a good map is at that end."""

EVEN = 0.5
"""cFAR from which the signal is called even, as in CryoSPARC's guide."""

NAMES = ("before", "after")

_PIXELS, _BINS = 160, 36
_CURVE = style.PALETTE[0]


@style.styled
def conical_curves(
    signal: HalfMapSignal,
    *,
    job: str = "",
    compared: HalfMapSignal | None = None,
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Mean, spread and extremes of the conical FSC curves, and where they cross the threshold.

    Parameters
    ----------
    signal : HalfMapSignal
    job : str
        For the heading.
    compared : HalfMapSignal, optional
        Drawn beside it at the same scales.
    names : tuple of str
        Of the two.
    """
    panels = _panels(signal, compared, names)
    side = ONE_PANEL if len(panels) == 1 else PANEL
    width = LEFT + len(panels) * side + (len(panels) - 1) * NEXT + KEY
    top = style.HEADER + (0.3 if len(panels) > 1 else 0.08)
    height = top + CURVES + 0.14 + SHARES + BOTTOM
    figure = new_figure(width, height, _title(panels), _subtitle(panels, job, "cone"))
    end = max(_end_of_axis(one) for _, one in panels)
    shares = [_shares(one, end) for _, one in panels]
    most = max(float(share.max()) for share in shares)
    for place, ((name, one), share) in enumerate(zip(panels, shares, strict=True)):
        left = LEFT + place * (side + NEXT)
        if len(panels) > 1:
            text_at(figure, left, style.HEADER, _named(name, f"cFAR {one.cfar:.2f}"), bold=True)
        curves = axes_at(figure, left, top, side, CURVES)
        _draw_curves(curves, one)
        crossings = axes_at(figure, left, top + CURVES + 0.14, side, SHARES)
        _draw_crossings(crossings, share, end, most)
        for axes, words in ((curves, "FSC"), (crossings, "cones (%)")):
            _set_resolutions(axes, side, end)
            if place == 0:
                axes.set_ylabel(words)
        curves.tick_params(labelbottom=False)
        crossings.set_xlabel(f"resolution ({one.unit})")
    curves.legend(
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        fontsize=style.SMALL,
        frameon=False,
        borderaxespad=0.0,
        handlelength=1.4,
    )
    return figure


@style.styled
def directional_resolution(
    signal: HalfMapSignal,
    *,
    job: str = "",
    compared: HalfMapSignal | None = None,
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Resolution at which each conical curve crosses the threshold, over Fourier directions.

    Parameters
    ----------
    signal, job, compared, names
        As of `conical_curves`.
    """
    panels = _panels(signal, compared, names)
    frequency = [1 / one.resolution for _, one in panels]
    high = max(float(one.max()) for one in frequency)
    high = high if high > 0 else float(signal.frequency[-1])
    # Of a signal that is nearly even, shades are not to make much.
    low = min(high / 2, min(float(one.min()) for one in frequency))
    ticks, labels = resolution_ticks(low, high, upright(0.7 * DISC, low, high, style.SMALL))
    words = [_resolutions(one) for _, one in panels]
    title = f"Resolution: {words[0]}"
    if len(panels) > 1:
        worst = [_resolution(one, float(one.resolution.max())) for _, one in panels]
        title = f"Worst resolution: {_both(worst, panels)}"
    return _discs(
        panels,
        frequency,
        words,
        (low, high),
        (ticks, labels, f"resolution ({signal.unit})"),
        ("Light: directions in which", "the map has least detail."),
        title,
        _subtitle(panels, job, "Fourier directions"),
    )


@style.styled
def relative_signal(
    signal: HalfMapSignal,
    *,
    job: str = "",
    compared: HalfMapSignal | None = None,
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Toroidal area by viewing direction, relative to the largest.

    Parameters
    ----------
    signal, job, compared, names
        As of `conical_curves`.
    """
    panels = _panels(signal, compared, names)
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    least = [f"{one.tfar:.2f}" for _, one in panels]
    title = f"tFAR {_both(least, panels)}"
    if len(panels) == 1:
        share = percent(signal.tfar, 1.0)
        title += f": weakest view at {share} % of the strongest"
    return _discs(
        panels,
        [one.relative_signal for _, one in panels],
        [f"tFAR {number}" for number in least],
        (0.0, 1.0),
        (ticks, [f"{tick:g}" for tick in ticks], "relative signal"),
        ("Light: viewing directions", "in which the half maps", "agree least."),
        title,
        _subtitle(panels, job, "viewing directions"),
    )


_Panels = list[tuple[str, HalfMapSignal]]


def _panels(
    signal: HalfMapSignal, compared: HalfMapSignal | None, names: tuple[str, str]
) -> _Panels:
    return [("", signal)] if compared is None else [(names[0], signal), (names[1], compared)]


def _named(name: str, words: str) -> str:
    return f"{name.capitalize()}: {words}" if name else words


def _both(words: list[str], panels: _Panels) -> str:
    if len(panels) == 1:
        return words[0]
    return ", ".join(f"{word} {name}" for word, (name, _) in zip(words, panels, strict=True))


def _title(panels: _Panels) -> str:
    if len(panels) > 1:
        return "cFAR " + _both([f"{one.cfar:.2f}" for _, one in panels], panels)
    one = panels[0][1]
    finding = "even in all directions" if one.cfar >= EVEN else "signal differs by direction"
    return f"cFAR {one.cfar:.2f}: {finding}; {_resolutions(one)}"


def _resolutions(signal: HalfMapSignal) -> str:
    best, worst = float(signal.resolution.min()), float(signal.resolution.max())
    if not np.isfinite(best):
        return "no signal in any direction"
    finest = f"{best:.1f}" if signal.unit == "voxels" else _resolution(signal, best)
    return f"{finest} at best, {_resolution(signal, worst)} at worst"


def _resolution(signal: HalfMapSignal, value: float) -> str:
    return f"{value:.1f} {signal.unit}" if np.isfinite(value) else "none"


def _subtitle(panels: _Panels, job: str, kind: str) -> str:
    signal = panels[0][1]
    if kind == "cone":
        directions = f"{len(signal.axes)} double cones of {signal.cone:g}°"
    elif kind == "Fourier directions":
        directions = f"{kind}, double cones of {signal.cone:g}°"
    else:
        directions = f"{kind}, bands of ±{signal.band:g}°"
    return joined(job, directions, f"threshold {signal.threshold:g}", f"box {signal.box}")


def _end_of_axis(signal: HalfMapSignal) -> float:
    """The last frequency, or some way beyond the finest crossing."""
    last = float(signal.frequency[-1])
    finest = float((1 / signal.resolution).max())
    return min(last, 1.25 * finest) if finest > 0 else last


def _draw_curves(axes: Axes, signal: HalfMapSignal) -> None:
    frequency = signal.frequency
    mean, sd, least, greatest = signal.conical_spread
    for low, high, color, name in (
        (least, greatest, "#e3e9f1", "min to max"),
        (np.maximum(mean - sd, least), np.minimum(mean + sd, greatest), "#a9c0da", "±1 sd"),
    ):
        axes.fill_between(frequency, low, high, color=color, linewidth=0, label=name)
    axes.plot(frequency, mean, color=_CURVE, linewidth=1.3, label="mean over cones")
    axes.plot(
        frequency,
        signal.fsc,
        color=style.INK,
        linewidth=0.8,
        linestyle=(0, (3, 2)),
        label="plain FSC",
    )
    axes.axhline(signal.threshold, color=style.PALETTE[1], linewidth=0.8)
    axes.annotate(
        f"{signal.threshold:g}",
        (1, signal.threshold),
        (-2, 2),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=style.PALETTE[1],
        fontsize=style.SMALL,
    )
    axes.set_ylim(-0.1, 1.02)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])


def _shares(signal: HalfMapSignal, end: float) -> DoubleArray:
    """Percent of the directions that cross in each of equal steps of frequency."""
    crossing = np.minimum(1 / signal.resolution, end * (1 - 1e-9))
    counts, _ = np.histogram(crossing, _BINS, (0, end))
    return 100.0 * counts / len(crossing)


def _draw_crossings(axes: Axes, share: DoubleArray, end: float, most: float) -> None:
    step = end / len(share)
    axes.bar((np.arange(len(share)) + 0.5) * step, share, 0.85 * step, color=_CURVE)
    axes.set_ylim(0, 1.08 * most)
    ticks = next(at for at in (1, 2, 5, 10, 20, 25, 50) if most <= 2.5 * at or at == 50)
    axes.set_yticks(np.arange(0, most + 1e-9, ticks))


def _set_resolutions(axes: Axes, width: float, end: float) -> None:
    ticks, labels = resolution_ticks(end / 50, end, along(width, 0, end, style.SMALL))
    axes.set_xlim(0, end)
    axes.set_xticks(ticks, labels)


def _discs(
    panels: _Panels,
    values: list[DoubleArray],
    words: list[str],
    between: tuple[float, float],
    scale: tuple[list[float], list[str], str],
    says: tuple[str, ...],
    title: str,
    subtitle: str,
) -> Figure:
    top = style.HEADER + (0.3 if len(panels) > 1 else 0.05)
    width = 2 * style.MARGIN + len(panels) * (DISC + GAP) + SCALE + WORDS
    figure = new_figure(width, top + DISC + 0.1 + style.MARGIN, title, subtitle)
    ticks, labels, name = scale
    for place, ((panel, one), value) in enumerate(zip(panels, values, strict=True)):
        left = style.MARGIN + place * (DISC + GAP)
        if len(panels) > 1:
            text_at(figure, left, style.HEADER, _named(panel, words[place]), bold=True)
        axes = axes_at(figure, left, top, DISC, DISC)
        _draw_disc(axes, one.axes, value, between)
    left = style.MARGIN + len(panels) * (DISC + GAP)
    bar = axes_at(figure, left, top + 0.15 * DISC, BAR, 0.7 * DISC)
    figure.colorbar(axes.images[0], cax=bar)
    bar.set_yticks(ticks, labels)
    bar.tick_params(labelsize=style.SMALL)
    bar.set_ylabel(name, fontsize=style.SMALL)
    at = top + 0.15 * DISC
    for line in (
        *says,
        "",
        "x, y: axes of the map; z",
        "points toward you.",
        "",
        "×  weakest direction",
    ):
        text_at(figure, left + SCALE, at, line, style.SMALL, color=style.MUTED)
        at += 0.15
    return figure


def _draw_disc(
    axes: Axes, directions: DoubleArray, values: DoubleArray, between: tuple[float, float]
) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Circle

    hemisphere = Hemisphere(np.eye(3), np.eye(3)[None], np.zeros(3))
    draw_disc(axes, hemisphere, over=True)
    left, lower, side = limits(hemisphere)
    line = (np.arange(_PIXELS) + 0.5) / _PIXELS * side
    x, y = np.meshgrid(left + line, lower + line[::-1])
    at = from_disc(np.stack([x, y], axis=-1) / _RIM)
    inside = np.isfinite(at[..., 0])
    picture = np.full(x.shape, np.nan)
    picture[inside] = _smooth(directions, values, at[inside])
    drawn = axes.imshow(
        picture,
        cmap=ListedColormap(colormaps[COLOR_MAP](np.linspace(0, DARKEST, 256))),
        vmin=between[0],
        vmax=between[1],
        extent=(left, left + side, lower, lower + side),
        interpolation="bilinear",
        zorder=0.1,
    )
    drawn.set_clip_path(Circle((0, 0), 1, transform=axes.transData))
    _draw_frame(axes)
    lowest = directions[int(np.argmin(values))]
    place = on_disc(lowest * (1 if lowest[2] >= 0 else -1))
    for color, width in (("white", 2.6), (style.INK, 1.0)):
        axes.plot(*place, "x", color=color, markersize=4.5, markeredgewidth=width, zorder=6)


_RIM = 1.02
"""The picture reaches this far, so that its smoothed edge lies beyond the rim."""


def _draw_frame(axes: Axes) -> None:
    """The axes of the map: x to the right, y up, z at the viewer."""
    for name, x, y in (("x", 1, 0), ("y", 0, 1)):
        axes.annotate(
            name,
            (x, y),
            (6 * x, 4 * y),
            textcoords="offset points",
            ha="left" if x else "center",
            va="center" if x else "bottom",
            fontsize=style.SMALL,
            color=style.MUTED,
            annotation_clip=False,
        )


def _smooth(directions: DoubleArray, values: DoubleArray, at: DoubleArray) -> DoubleArray:
    """Values at other directions: means of those near by, in a Gaussian of half their spacing."""
    # A direction and its opposite have one value, and each has 2π / n of the half sphere.
    width = 0.5 * np.sqrt(2 * np.pi / len(directions))
    near = np.exp((np.abs(at @ directions.T) - 1) / width**2)
    return near @ values / near.sum(axis=1)
