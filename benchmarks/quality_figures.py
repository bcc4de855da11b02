"""Draws the pictures of docs/science.md.

    python -m benchmarks.quality_figures [--data FOLDER]

- share of the oracle's gain by method and kind of data, from benchmarks/results/quality.json;
- uniformity of views against particles kept on `relion31_70s`, where its files are there;
- affinity against the angle between views, of the phantom: ideal projections to noisy averages.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.ablation import sets
from benchmarks.quality import BELOW, DEFAULT_DATA, against_angle
from benchmarks.quality_methods import METHODS, affinity_of, group
from benchmarks.quality_page import RESULTS, ROOT, Row, by_noise, kept
from benchmarks.quality_sets import KnownSet, relion
from rebalance.evaluation import balance_curve, oracle_curve, random_curve
from rebalance.figures import style
from rebalance.model import Affinity, DoubleArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES = ROOT / "docs" / "images"
SHOWN = {
    "default": "default: balanced",
    "default, average linkage": "average linkage",
    "default, ward linkage": "Ward's linkage",
    "default, spectral": "spectral",
    "k-medoids": "k-medoids",
    "no whitening": "no whitening",
    "default, shift 8 %": "shift 8 %",
    "frc": "frc",
    "each class": "each class",
    "rotational profile, average": "rotational profile",
    "Euclidean, average": "Euclidean",
    "PCA, k-means": "PCA, k-means",
}
CURVES = {
    "default": style.PALETTE[0],
    "default, ward linkage": style.PALETTE[1],
    "default, shift 8 %": style.PALETTE[3],
    "each class": style.PALETTE[2],
    "Euclidean, average": style.PALETTE[6],
}
N_SUPERCLASSES, DROPS = 6, 10
LEVEL_COLORS = {
    "clean": "#9dbcdc", "moderate": "#4477aa", "noisy": "#223c55", "bad": style.PALETTE[1]
}  # fmt: skip
LEAST, MOST = -0.4, 1.3
"""Shares beyond these stand at the edge."""


@style.styled
def share_figure(rows: list[Row]) -> Figure:
    """Share of the oracle's gain of each method: the median over molecules and K of each noise."""
    names = [name for name in SHOWN if any(row["method"] == name for row in rows)]
    height, panel, left, gap = 0.235 * len(names), 1.75, 1.45, 0.22
    figure = style.new_figure(
        left + 3 * panel + 2 * gap + style.MARGIN,
        style.HEADER + 0.26 + height + 0.62,
        "Share of the oracle's gain in uniformity of views",
        "0 is random dropping, 1 the clustering of the true views; median over molecules and K",
    )
    columns: dict[str, dict[str, list[Row]]] = {
        "RELION, 70S": {"moderate": [row for row in rows if row["views"] == "RELION"]},
        "discrete views": by_noise(rows, "discrete", "100"),
        "preferred views": by_noise(rows, "preferred", "100"),
    }
    for number, (title, levels) in enumerate(columns.items()):
        axes = style.axes_at(
            figure, left + number * (panel + gap), style.HEADER + 0.26, panel, height
        )
        axes.set_title(title, fontsize=style.BODY, loc="left", color=style.INK, pad=5)
        for at in (0.0, 1.0):
            axes.axvline(at, color=style.RULE, linewidth=0.7, zorder=0)
        axes.hlines(range(len(names)), LEAST, MOST, color=style.PALE, linewidth=0.4, zorder=0)
        for place, (level, found) in enumerate(levels.items()):
            # One above the other, so that equal ones are all seen.
            above = 0.16 * (place - (len(levels) - 1) / 2)
            points = [_median(found, name) for name in names]
            axes.plot(
                np.clip(points, LEAST, MOST), np.arange(len(names)) + above, "o", markersize=4.6,
                color=LEVEL_COLORS[level], markeredgecolor="white", markeredgewidth=0.5,
                clip_on=False, label=level,
            )  # fmt: skip
        axes.set_xlim(LEAST, MOST)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks(range(len(names)), [SHOWN[n] for n in names] if number == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    bottom = style.HEADER + 0.26 + height + 0.40
    for number, (level, color) in enumerate(LEVEL_COLORS.items()):
        x = left + number * 0.95
        style.text_at(figure, x, bottom - 0.055, "●", style.BODY, color=color)
        style.text_at(figure, x + 0.13, bottom - 0.05, level, style.SMALL)
    return figure


def _median(rows: list[Row], method: str) -> float:
    shares = [share for row in rows if row["method"] == method for share in row["shares"]]
    return float(np.median(shares)) if shares else float("nan")


@style.styled
def curve_figure(found: KnownSet) -> Figure:
    """Uniformity of views against particles kept, at one number of superclasses."""
    assert found.known is not None
    left, width, high, right = 0.62, 4.6, 3.0, 1.55
    figure = style.new_figure(
        left + width + right,
        style.HEADER + high + 0.65,
        "Uniformity of views against particles kept",
        f"{found.name}, {N_SUPERCLASSES} superclasses, mean of {DROPS} selections",
    )
    axes = style.axes_at(figure, left, style.HEADER, width, high)
    axes.grid(True, axis="y", color=style.PALE, linewidth=0.5)
    n = len(found.known)
    curves: list[tuple[str, str, str, DoubleArray, DoubleArray]] = []
    for method in METHODS:
        if method.name in CURVES:
            affinity = affinity_of(found.averages, method)
            superclasses = group(found.averages, method, affinity, N_SUPERCLASSES)
            curve = balance_curve(found.known, superclasses, DROPS)
            color = CURVES[method.name]
            curves.append(
                (SHOWN[method.name], color, "-", curve.kept, curve.uniformity.mean(axis=0))
            )
    best = oracle_curve(found.known, found.averages.class_id, N_SUPERCLASSES, DROPS)
    chance = random_curve(found.known, np.linspace(best.kept.min(), n, 12), DROPS)
    curves.append(("oracle: true views", style.INK, "--", best.kept, best.uniformity.mean(axis=0)))
    curves.append(
        ("random dropping", style.MUTED, ":", chance.kept, chance.uniformity.mean(axis=0))
    )
    for _, color, dash, n_kept, uniformity in curves:
        axes.plot(
            n_kept, uniformity, dash, color=color, linewidth=1.4, zorder=3 if dash == "--" else 2
        )
    axes.set_xlim(0, 1.02 * n)
    axes.set_xlabel("particles kept")
    axes.set_ylabel("uniformity of views")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _keys(axes, [(words, color, dash, float(u[0])) for words, color, dash, _, u in curves])
    return figure


def _keys(axes: Axes, keys: list[tuple[str, str, str, float]]) -> None:
    """Right of the axes, in the order in which the curves begin."""
    for place, (words, color, dash, _) in enumerate(sorted(keys, key=lambda key: -key[3])):
        y = 0.94 - 0.085 * place
        axes.plot([1.03, 1.08], [y, y], dash, color=color, transform=axes.transAxes, clip_on=False)
        axes.text(1.1, y, words, transform=axes.transAxes, fontsize=style.SMALL, va="center")


@style.styled
def angle_figure(shown: dict[str, tuple[KnownSet, Affinity]]) -> Figure:
    """Affinity of every pair against the angle between their views."""
    left, panel, gap, high = 0.62, 1.9, 0.26, 1.95
    width = left + len(shown) * (panel + gap) - gap + style.MARGIN
    figure = style.new_figure(
        width,
        style.HEADER + 0.26 + high + 0.65,
        "Affinity against the angle between views",
        f"phantom, every pair of averages; ρ is Spearman's below {BELOW:g}°",
    )
    for number, (title, (found, affinity)) in enumerate(shown.items()):
        axes = style.axes_at(
            figure, left + number * (panel + gap), style.HEADER + 0.26, panel, high
        )
        assert found.known is not None
        angle = found.known.angles_of_modal_views(found.averages.class_id)
        pairs = np.triu_indices(len(angle), 1)
        axes.axvspan(0, BELOW, color=style.PALE, alpha=0.45, linewidth=0, zorder=0)
        axes.plot(
            angle[pairs], affinity.values[pairs], ".", color=style.PALETTE[0], markersize=2.4,
            alpha=0.45, markeredgewidth=0, rasterized=True,
        )  # fmt: skip
        axes.set_title(title, fontsize=style.BODY, loc="left", pad=5)
        rho = against_angle(found, affinity)
        axes.text(
            0.96, 0.95, f"ρ = {rho:.2f}".replace("-", "−"), transform=axes.transAxes,
            ha="right", va="top", fontsize=style.BODY,
        )  # fmt: skip
        axes.set_xlim(0, 90)
        axes.set_ylim(0, 1.02)
        axes.set_xticks([0, 30, 60, 90], ["0", "30", "60", "90"])
        axes.set_xlabel("angle between views (°)")
        if number:
            axes.set_yticklabels([])
        else:
            axes.set_ylabel("affinity")
    return figure


def angle_sets(data: Path) -> dict[str, tuple[KnownSet, Affinity]]:
    """Ideal projections of the phantom, and averages of moderate noise and noisy ones."""
    wanted = {
        "phantom, ideal, clean": "ideal projections",
        "phantom, preferred, moderate": "averages, moderate noise",
        "phantom, preferred, noisy": "averages, noisy",
    }
    shown = {}
    default = next(method for method in METHODS if method.name == "default")
    for found in sets(data, 1, 400, ["phantom"]):
        words = wanted.get(found.name.rpartition(",")[0])
        if words:
            affinity = affinity_of(found.averages, default)
            assert affinity is not None
            shown[words] = (found, affinity)
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("REBALANCE_TEST_DATA", DEFAULT_DATA))
    )
    given = parser.parse_args()
    share_figure(kept(RESULTS)).savefig(IMAGES / "science_shares.png", metadata={"Software": None})
    angle_figure(angle_sets(given.data)).savefig(
        IMAGES / "science_angles.png", metadata={"Software": None}
    )
    if (given.data / "relion31_70s").is_dir():
        curve_figure(relion(given.data / "relion31_70s")).savefig(
            IMAGES / "science_curves.png", metadata={"Software": None}
        )


if __name__ == "__main__":
    main()
