"""How evenly slices fill Fourier space, and how this depends on the number of particles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.colour_scales import BAR, COLOR_MAP, nice_edges, swatch
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.figures.sphere_discs import disc_directions, draw_half_sphere
from rebalance.figures.text import joined, percent
from rebalance.model import DoubleArray, FourierSampling
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DISC, GAP = 2.6, 0.25
"""Inches."""

NO_SLICE = "#88ccee"
"""For directions without a slice: a light blue that the scale doesn't have."""

NAMES = ("Before", "After")
"""Of two sets of particles, where nobody names them."""

SIDE_VIEWS = 8 / np.pi**2
"""SCF* of side views all around."""


@style.styled
def fourier_sampling_map(
    sampling: FourierSampling,
    compared: FourierSampling | None = None,
    job: str = "",
    names: tuple[str, str] = NAMES,
) -> Figure:
    """Slices through each direction of Fourier space, relative to the mean; gaps are marked.

    Parameters
    ----------
    sampling : FourierSampling
    compared : FourierSampling, optional
        Of the particles that balancing kept, or of others.
    job : str
        For the heading.
    names : tuple of str
        Of the two, where there are two.
    """
    sets = [(names[0] if compared is not None else "All", sampling)]
    if compared is not None:
        sets.append((names[1], compared))
    width = max(2 * style.MARGIN + len(sets) * (DISC + GAP) + 0.85, 6.6)
    height = style.HEADER + 0.42 + DISC + 0.42 + style.MARGIN
    limit = "" if compared is None else f"{SIDE_VIEWS:.2f} = side views all around"
    as_many = "" if compared is None else _as_many(sampling, compared.n_particles)
    words = joined(job, f"point group {sampling.symmetry}", limit, as_many)
    figure = new_figure(width, height, _title(sampling, compared), words)
    at = disc_directions()
    maps = [_relative(one, at) for _, one in sets]
    values = np.concatenate([one[np.isfinite(one)] for one in maps])
    top = max(2.0, float(np.ceil(2 * np.quantile(values, 0.99)) / 2) if len(values) else 2.0)
    for place, ((name, one), values) in enumerate(zip(sets, maps, strict=True)):
        left = style.MARGIN + place * (DISC + GAP)
        text = f"{name}: {counted(one.n_particles, 'particle')}"
        text_at(figure, left, style.HEADER, text, bold=True)
        text = f"SCF* {one.scf_star:.2f}, U {one.uniformity:.2f}, {_share(one.unsampled)} unsampled"
        text_at(figure, left, style.HEADER + 0.16, text, style.SMALL, color=style.MUTED)
        axes = axes_at(figure, left, style.HEADER + 0.38, DISC, DISC)
        draw_half_sphere(axes, _colours(values, top), np.eye(3)[None])
    _bar(figure, style.MARGIN + len(sets) * (DISC + GAP) - 0.05, top)
    if compared is None:
        _meaning(figure, style.MARGIN + DISC + GAP + 0.95, sampling)
    note = "Half of Fourier space, equal-area projection: z in the center, circles at 30° and 60°."
    text_at(figure, style.MARGIN, height - style.MARGIN - 0.1, note, style.SMALL, color=style.MUTED)
    return figure


@style.styled
def scf_star_curve(
    sampling: FourierSampling,
    selected: tuple[int, float] | None = None,
    at_random: tuple[float, float] | None = None,
    job: str = "",
) -> Figure:
    """SCF* against the number of particles drawn at random, and of the balanced set.

    Parameters
    ----------
    sampling : FourierSampling
    selected : (int, float), optional
        Particles that balancing kept, and their SCF*.
    at_random : (float, float), optional
        Mean and standard deviation of SCF* for the same number drawn at random.
    job : str
        For the heading.
    """
    left, width, right, high = 0.7, 5.2, 1.5, 2.7
    figure = new_figure(
        left + width + right,
        style.HEADER + 0.15 + high + 0.55,
        _curve_title(sampling, selected, at_random),
        joined(job, f"point group {sampling.symmetry}"),
    )
    axes = axes_at(figure, left, style.HEADER + 0.15, width, high)
    numbers = np.append(sampling.thinned_to, sampling.n_particles).astype(np.float64)
    numbers = np.maximum(numbers, 1)
    draws = sampling.thinned_scf_star
    whole = sampling.scf_star
    mean = np.append(draws.mean(axis=1), whole)
    low, high_ = np.append(draws.min(axis=1), whole), np.append(draws.max(axis=1), whole)
    blue, red = style.PALETTE[0], style.PALETTE[1]
    axes.axhline(SIDE_VIEWS, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.fill_between(numbers, low, high_, color=blue, alpha=0.18, linewidth=0)
    axes.plot(numbers, mean, color=blue, linewidth=1.3)
    axes.plot(numbers[-1:], mean[-1:], "o", color=blue, markersize=4.5)
    ends: list[tuple[float, str, str]] = [
        (SIDE_VIEWS, f"{SIDE_VIEWS:.2f} = side views all around", style.MUTED),
        (whole, f"all: {whole:.2f}", blue),
    ]
    least = numbers.min()
    if selected is not None:
        number, value = selected
        least = min(least, number)
        axes.plot(number, value, "D", color=red, markersize=5.5, zorder=5, clip_on=False)
        if at_random is not None:
            axes.errorbar(
                number,
                at_random[0],
                at_random[1],
                fmt="o",
                color=style.INK,
                markerfacecolor="white",
                markersize=4.5,
                capsize=2.5,
                linewidth=0.9,
                zorder=4,
            )
            ends.append((at_random[0], f"random dropping: {at_random[0]:.2f}", style.INK))
        ends.append((value, f"balanced: {value:.2f}", red))
    axes.set_xscale("log")
    first, last = max(least, 1) / 1.15, max(numbers[-1], 2) * 1.15
    axes.set_xlim(first, last)
    axes.set_ylim(0, max(1.02, float(high_.max()) * 1.05))
    _number_ticks(axes, first, last)
    axes.set_xlabel("particles")
    axes.set_ylabel("SCF*")
    _label_ends(axes, ends, high)
    return figure


def _title(sampling: FourierSampling, compared: FourierSampling | None) -> str:
    """The finding."""
    if compared is not None:
        return (
            f"SCF* {sampling.scf_star:.2f} for {sampling.n_particles:,} particles, "
            f"{compared.scf_star:.2f} for the {compared.n_particles:,} kept"
        )
    words = f"SCF* {sampling.scf_star:.2f} for {counted(sampling.n_particles, 'particle')}"
    if sampling.unsampled == 0:
        return f"{words}; every direction is sampled"
    return f"{words}; {_share(sampling.unsampled)} of directions unsampled"


def _as_many(sampling: FourierSampling, n: int) -> str:
    """SCF* of the same number drawn at random, interpolated; empty beyond the numbers tried."""
    numbers = np.append(sampling.thinned_to, sampling.n_particles)
    if not numbers[0] <= n <= numbers[-1] or n == 0:
        return ""
    found = np.append(sampling.thinned_scf_star.mean(axis=1), sampling.scf_star)
    return (
        f"about {np.interp(np.log(n), np.log(numbers), found):.2f} with the same number at random"
    )


def _curve_title(
    sampling: FourierSampling,
    selected: tuple[int, float] | None,
    at_random: tuple[float, float] | None,
) -> str:
    if selected is None:
        return f"SCF* {sampling.scf_star:.2f} for {counted(sampling.n_particles, 'particle')}"
    words = f"SCF* {selected[1]:.2f} for {selected[0]:,} balanced particles"
    if at_random is not None:
        words += f", {at_random[0]:.2f} for the same number at random"
    return words


def _share(part: float) -> str:
    return f"{percent(part, 1.0)} %"


def _relative(sampling: FourierSampling, at: DoubleArray) -> DoubleArray:
    """Slices per direction over their mean at the pixels of a disc; NaN beside it."""
    from scipy.spatial import cKDTree

    inside = np.isfinite(at[..., 0])
    mean = float(sampling.slices.mean()) or 1.0
    both = np.concatenate([sampling.directions, -sampling.directions])
    nearest = cKDTree(both).query(at[inside])[1] % len(sampling.slices)
    values = np.full(at.shape[:2], np.nan)
    values[inside] = sampling.slices[nearest] / mean
    return values


def _colours(values: DoubleArray, top: float) -> npt.NDArray[np.float64]:
    from matplotlib import colormaps
    from matplotlib.colors import to_rgba

    colours = np.asarray(
        colormaps[COLOR_MAP](np.nan_to_num(np.minimum(values, top)) / top), dtype=np.float64
    )
    colours[values == 0] = to_rgba(NO_SLICE)
    colours[np.isnan(values)] = 0
    return colours


def _bar(figure: Figure, left: float, top: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MultipleLocator

    upper = style.HEADER + 0.38 + 0.15 * DISC
    bar = axes_at(figure, left, upper, BAR, 0.6 * DISC)
    figure.colorbar(ScalarMappable(Normalize(0, top), COLOR_MAP), cax=bar, extend="max")
    bar.yaxis.set_major_locator(MultipleLocator(0.5 if top < 4 else 1.0 if top < 9 else 5.0))
    bar.set_ylabel("slices (1 = mean)", fontsize=style.SMALL)
    swatch(figure, left, upper + 0.6 * DISC + 0.12, NO_SLICE, "no slice")


def _meaning(figure: Figure, left: float, sampling: FourierSampling) -> None:
    """What the number means, next to a single map."""
    top = style.HEADER + 0.38 + 0.15 * DISC
    text_at(figure, left, top, f"SCF* {sampling.scf_star:.2f}", bold=True)
    lines = [
        "1 = Fourier space evenly filled",
        f"{SIDE_VIEWS:.2f} = side views all around",
        "near 0 = gaps",
        "",
        "With gaps it rises as particles are",
        "dropped: compare equal numbers.",
    ]
    for number, line in enumerate(lines):
        if line:
            text_at(figure, left, top + 0.22 + 0.15 * number, line, style.SMALL, color=style.MUTED)


def _number_ticks(axes: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import NullLocator

    ticks = nice_edges(low, high)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])


def _label_ends(axes: Axes, ends: list[tuple[float, str, str]], inches: float) -> None:
    """Labels right of the axes at their values, moved apart where they would overlap."""
    from rebalance.figures.label_spacing import spread

    low, high = axes.get_ylim()
    ends = sorted(ends)
    wanted = np.array([(value - low) / (high - low) * inches for value, _, _ in ends])
    kept, place = spread(wanted, np.ones(len(ends)), 0.15, 0.0, inches)
    for index, at in zip(kept.tolist(), place.tolist(), strict=True):
        _, words, colour = ends[index]
        axes.annotate(
            words,
            (1, at / inches),
            (5, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=colour,
        )
