"""The signal of half maps is drawn legibly, says what it is, and compares at the same scales."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rebalance import figures
from rebalance.figures.half_maps import DARKEST
from rebalance.figures.resolution_axis import along, resolution_ticks
from rebalance.figures.text import text_width
from rebalance.model import HalfMapSignal

FIGURES = (figures.conical_curves, figures.directional_resolution, figures.relative_signal)


def directions(n: int) -> np.ndarray:
    z = (np.arange(n) + 0.5) / n
    angle = 2.4 * np.arange(n)
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), z], axis=1)


def made_up(
    n: int = 256,
    box: int = 128,
    voxel_size: float = 1.1,
    weakness: float = 0.5,
    unit: str = "Å",
    none: int = 0,
) -> HalfMapSignal:
    """Curves that fall where 1 − weakness · z² says; the first ``none`` axes have no signal."""
    axes = directions(n)
    shell = np.arange(1, box // 2 + 1)
    falls = 0.7 * len(shell) * (1 - weakness * axes[:, 2] ** 2)
    falls[:none] = 0
    curves = 1 / (1 + np.exp((shell - falls[:, None]) / 3))
    curves[:none] = 0.01
    crossing = falls + 3 * np.log(1 / 0.143 - 1)
    crossing[:none] = 0
    conical = curves.copy()
    conical[none:, 0] = np.nan
    with np.errstate(divide="ignore"):
        resolution = box * voxel_size / np.minimum(crossing, len(shell))
    return HalfMapSignal(
        axes,
        shell / (box * voxel_size),
        curves.mean(axis=0),
        conical,
        curves[::-1],
        falls**3,
        falls[::-1] ** 3,
        resolution,
        20.0,
        20.0,
        0.143,
        box,
        voxel_size,
        unit,
    )


CASES = {
    "uneven": made_up(),
    "even": made_up(weakness=0.02),
    "some without": made_up(none=9),
    "none at all": made_up(none=256),
    "fine": made_up(box=512, voxel_size=0.55),
    "coarse": made_up(box=32, voxel_size=7.5),
    "voxels": made_up(voxel_size=1.0, unit="voxels"),
    "one direction": made_up(n=1),
    "few directions": made_up(n=5),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("draw", FIGURES)
def test_texts_stay_inside_and_apart(draw, case: str, check_texts) -> None:
    check_texts(draw(CASES[case], job="job021"))


@pytest.mark.parametrize("draw", FIGURES)
@pytest.mark.parametrize("after", ["even", "none at all"])
def test_two_are_drawn_beside_each_other(draw, after: str, check_texts) -> None:
    check_texts(draw(CASES["uneven"], job="J" * 90, compared=CASES[after]))


def title(figure) -> str:
    return figure.texts[0].get_text()


def test_titles_say_what_was_found() -> None:
    uneven, even, some, none = (CASES[n] for n in ("uneven", "even", "some without", "none at all"))
    best, worst = uneven.resolution.min(), uneven.resolution.max()
    assert title(figures.conical_curves(uneven)) == (
        f"cFAR {uneven.cfar:.2f}: signal differs by direction; {best:.1f} Å at best, "
        f"{worst:.1f} Å at worst"
    )
    assert "even in all directions" in title(figures.conical_curves(even))
    assert title(figures.conical_curves(some)).endswith("none at worst")
    assert title(figures.conical_curves(none)).endswith("no signal in any direction")
    assert title(figures.conical_curves(uneven, compared=even)) == (
        f"cFAR {uneven.cfar:.2f} before, {even.cfar:.2f} after"
    )
    at_worst = title(figures.directional_resolution(uneven, compared=some))
    assert at_worst == f"Worst resolution: {worst:.1f} Å before, none after"
    assert title(figures.relative_signal(even)).startswith(f"tFAR {even.tfar:.2f}: weakest view at")
    assert title(figures.directional_resolution(CASES["voxels"])).endswith("voxels at worst")


def test_colours_are_where_the_directions_are_and_mean_the_same_in_both() -> None:
    before, after = CASES["uneven"], CASES["even"]
    figure = figures.directional_resolution(before, compared=after)
    (one,), (two,) = (axes.images for axes in figure.axes[:2])
    assert one.get_clim() == two.get_clim()
    picture = one.get_array()
    middle, rim = picture[80, 80], picture[80, 12]
    # The middle is z, where the signal is least.
    assert middle == pytest.approx(1 / before.resolution.max(), rel=0.05)
    assert rim == pytest.approx(1 / before.resolution.min(), rel=0.05)
    assert np.ma.masked_invalid(picture).mask[0, 0]
    first, last = one.get_cmap()(0.0), one.get_cmap()(1.0)
    assert sum(first[:3]) > sum(last[:3])
    assert 0 < DARKEST < 1
    (signal,) = figures.relative_signal(before).axes[0].images
    assert signal.get_clim() == (0, 1)


def test_crossings_are_all_counted() -> None:
    figure = figures.conical_curves(CASES["some without"])
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    assert sum(heights) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * 9 / 256)


@pytest.mark.parametrize("high", [0.02, 0.11, 0.3, 0.7, 1.4])
def test_resolutions_on_an_axis_are_round_and_apart(high: float) -> None:
    ticks, labels = resolution_ticks(high / 50, high, along(3.4, 0, high, 7.0))
    assert 4 <= len(ticks) <= 16
    assert all(
        float(label) == pytest.approx(1 / tick) for label, tick in zip(labels, ticks, strict=True)
    )
    assert all(len(label) <= 4 for label in labels)
    at = [tick / high * 3.4 * 72 for tick in ticks]
    places = sorted(zip(at, (text_width(label, 7.0) for label in labels), strict=True))
    for (left, one), (right, other) in pairwise(places):
        assert right - left > (one + other) / 2
