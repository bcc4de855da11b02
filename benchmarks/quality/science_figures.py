"""Draws the pictures of docs/science.md; `benchmarks.quality` does so after its study.

    python -m benchmarks.quality.science_figures

- share of the oracle's gain by method and kind of data, from benchmarks/results/quality.json;
- uniformity of views against particles kept on `relion31_70s`, where its files are there;
- affinity against the angle between views, of the phantom: ideal projections to noisy averages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.paths import DATA, ROOT
from benchmarks.quality.ablation.scores import against_angle
from benchmarks.quality.ablation.sets import IDEAL, N_AVERAGES
from benchmarks.quality.classifications import KnownClassification, relion, simulated
from benchmarks.quality.methods import default_method
from benchmarks.quality.science_page import LEVELS, RELION
from benchmarks.quality.summary import Summary, kind_of, read
from rebalance import engine
from rebalance.api import cluster
from rebalance.clusterings import identity_superclasses
from rebalance.evaluation import balance_curve, oracle_curve, random_curve
from rebalance.evaluation.scores import BELOW
from rebalance.figures import style
from rebalance.figures.layout import axes_at, new_figure, text_at
from rebalance.model import Affinity, Classes, DoubleArray, Superclasses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES = ROOT / "docs" / "images"
SHOWN = {
    "rotational-cc + default": "default",
    "rotational-cc + balanced": "balanced linkage",
    "rotational-cc + average": "average linkage",
    "rotational-cc + ward": "Ward's linkage",
    "rotational-cc + spectral": "spectral",
    "rotational-cc + k-medoids": "k-medoids",
    "rotational-cc + k-means": "k-means",
    "no whitening + default": "no whitening",
    "shift 8 % + default": "shift 8 %",
    "frc + default": "frc",
    "identity": "each class by itself",
    "rotational-profile + average": "rotational profile",
    "euclidean + average": "Euclidean",
    "principal-components + k-means": "PCA, k-means",
}
"""Methods of the study in the picture of shares; the default is marked."""
CURVES: dict[str, tuple[str, dict[str, str], dict[str, str | int], str]] = {
    "default": ("rotational-cc", {}, {}, style.PALETTE[0]),
    "Ward's linkage": (
        "rotational-cc",
        {},
        {"linkage": "ward", "path_neighbors": 0},
        style.PALETTE[1],
    ),
    "shift 8 %": ("rotational-cc", {"max_shift": "5px"}, {}, style.PALETTE[3]),
    "each class by itself": ("", {}, {}, style.PALETTE[2]),
    "unaligned": ("unaligned", {}, {"linkage": "average", "path_neighbors": 0}, style.PALETTE[6]),
}
"""Metric, its options, options of the clustering, colour."""
N_SUPERCLASSES, DROPS, SEED = 6, 10, 400
LEVEL_COLORS = {
    "clean": "#9dbcdc", "moderate": "#4477aa", "noisy": "#223c55", "bad": style.PALETTE[1]
}  # fmt: skip
LEAST, MOST = -0.4, 1.3
"""Shares beyond these stand at the edge."""


@style.styled
def share_figure(summary: Summary) -> Figure:
    """Share of the oracle's gain of each method: over all data sets, by noise."""
    names = [name for name in SHOWN if name in summary.methods]
    default = default_method()
    height, panel, left, gap = 0.235 * len(names), 1.75, 1.6, 0.22
    figure = new_figure(
        left + 3 * panel + 2 * gap + style.MARGIN,
        style.HEADER + 0.26 + height + 0.62,
        "Share of the oracle's gain in uniformity of views",
        "0 is random dropping, 1 the clustering of the true views; over all K and data sets",
    )
    columns = {
        "RELION, 70S": {"moderate": RELION},
        "discrete views": {level: kind_of("discrete", 100, level) for level in LEVELS},
        "preferred views": {level: kind_of("preferred", 100, level) for level in LEVELS},
    }
    for number, (title, kinds) in enumerate(columns.items()):
        axes = axes_at(figure, left + number * (panel + gap), style.HEADER + 0.26, panel, height)
        axes.set_title(title, fontsize=style.BODY, loc="left", color=style.INK, pad=5)
        for at in (0.0, 1.0):
            axes.axvline(at, color=style.RULE, linewidth=0.7, zorder=0)
        axes.hlines(range(len(names)), LEAST, MOST, color=style.PALE, linewidth=0.4, zorder=0)
        for place, (level, kind) in enumerate(kinds.items()):
            # One above the other, so that equal ones are all seen.
            above = 0.16 * (place - (len(kinds) - 1) / 2)
            means = [summary.mean(name, "share", kind) for name in names]
            points = [np.nan if mean is None else mean[0] for mean in means]
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
        if number == 0 and default in names:
            axes.get_yticklabels()[names.index(default)].set_fontweight("bold")
        axes.spines["left"].set_visible(False)
    bottom = style.HEADER + 0.26 + height + 0.40
    for number, (level, color) in enumerate(LEVEL_COLORS.items()):
        x = left + number * 0.95
        text_at(figure, x, bottom - 0.055, "●", style.BODY, color=color)
        text_at(figure, x + 0.13, bottom - 0.05, level, style.SMALL)
    return figure


def curve_superclasses(found: KnownClassification) -> dict[str, Superclasses]:
    """Superclasses of the methods in the picture of curves."""
    averages = found.averages
    made, counts = {}, averages.n_particles
    assert counts is not None
    for name, (metric, search, options, _) in CURVES.items():
        if metric:
            affinity = engine.affinity(averages, metric, options=search)
            made[name] = cluster(affinity, N_SUPERCLASSES, options=options, n_particles=counts)
        else:
            made[name] = identity_superclasses(Classes.of(averages.class_id, counts))
    return made


@style.styled
def curve_figure(found: KnownClassification) -> Figure:
    """Uniformity of views against particles kept, at one number of superclasses."""
    assert found.known is not None
    left, width, high, right = 0.62, 4.6, 3.0, 1.75
    figure = new_figure(
        left + width + right,
        style.HEADER + high + 0.65,
        "Uniformity of views against particles kept",
        f"{found.name}, {N_SUPERCLASSES} superclasses, mean of {DROPS} selections",
    )
    axes = axes_at(figure, left, style.HEADER, width, high)
    axes.grid(True, axis="y", color=style.PALE, linewidth=0.5)
    n = len(found.known)
    curves: list[tuple[str, str, str, DoubleArray, DoubleArray]] = []
    for name, superclasses in curve_superclasses(found).items():
        curve = balance_curve(found.known, superclasses, DROPS)
        curves.append((name, CURVES[name][3], "-", curve.kept, curve.uniformity.mean(axis=0)))
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
def angle_figure(shown: dict[str, tuple[KnownClassification, Affinity]]) -> Figure:
    """Affinity of every pair against the angle between their views."""
    left, panel, gap, high = 0.62, 1.9, 0.26, 1.95
    width = left + len(shown) * (panel + gap) - gap + style.MARGIN
    figure = new_figure(
        width,
        style.HEADER + 0.26 + high + 0.65,
        "Affinity against the angle between views",
        f"phantom, every pair of averages; ρ is Spearman's below {BELOW:g}°",
    )
    for number, (title, (found, affinity)) in enumerate(shown.items()):
        axes = axes_at(figure, left + number * (panel + gap), style.HEADER + 0.26, panel, high)
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


def angle_sets() -> dict[str, tuple[KnownClassification, Affinity]]:
    """Ideal projections of the phantom, and averages of moderate noise and noisy ones."""
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "ideal projections": ("clean", IDEAL),
        "averages, moderate noise": ("moderate", {}),
        "averages, noisy": ("noisy", {}),
    }
    shown = {}
    for words, (noise, changes) in kinds.items():
        found = simulated("phantom", "preferred", noise, N_AVERAGES, SEED, DATA, changes=changes)
        shown[words] = found, engine.affinity(found.averages, "rotational-cc")
    return shown


def main() -> None:
    """Draw all; the curves where RELION's files are."""
    figures = {"science_shares": share_figure(read()), "science_angles": angle_figure(angle_sets())}
    if (DATA / RELION).is_dir():
        figures["science_curves"] = curve_figure(relion(DATA / RELION))
    for name, figure in figures.items():
        figure.savefig(IMAGES / f"{name}.png", metadata={"Software": None})


if __name__ == "__main__":
    main()
