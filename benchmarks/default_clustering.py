"""Which clustering should be the default? Uniformity of views after balancing, by clustering and K.

    python -m benchmarks.default_clustering [--seeds 20] [--set max_shift=1px] [--json FILE]

For each data set of known views, clustering and number of superclasses K it prints

- kept and U: particles kept at the rebalance factor, and the uniformity of views then, mean and
  standard deviation over seeds;
- random: the uniformity after dropping as many particles at random;
- gain: how much more uniform than random dropping, on average over the numbers of particles kept
  that both and the oracle reach, as the largest superclass is swept;
- share: that gain ÷ the gain of the oracle, which clusters the true views;
- ARI: adjusted Rand index with the true views, where these are discrete and K is their number.

Tables over all sets follow. Simulated sets always; the real set relion31_70s when its folder is
there.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from rebalance import engine, formats
from rebalance.clusterings import cluster, identity_superclasses
from rebalance.evaluation import KnownViews, balance_curve, oracle_curve, random_curve
from rebalance.evaluation.curves import common_range, gain_over_random
from rebalance.model import Affinity, Classes, IntArray, Superclasses
from rebalance.simulate import simulate_class_averages
from rebalance.strategies import select

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "balanced": ("hierarchical", {"linkage": "balanced"}),
    "balanced, no paths": ("hierarchical", {"linkage": "balanced", "path_neighbors": 0}),
    "average": ("hierarchical", {"linkage": "average"}),
    "average, no paths": ("hierarchical", {"linkage": "average", "path_neighbors": 0}),
    "complete": ("hierarchical", {"linkage": "complete"}),
    "single": ("hierarchical", {"linkage": "single"}),
    "weighted": ("hierarchical", {"linkage": "weighted"}),
    "ward": ("hierarchical", {"linkage": "ward"}),
    "ward, no paths": ("hierarchical", {"linkage": "ward", "path_neighbors": 0}),
    "spectral a": ("spectral", {"power": 1}),
    "spectral a²": ("spectral", {"power": 2}),
    "spectral a⁴": ("spectral", {"power": 4}),
    "spectral, k-means": ("spectral", {"power": 2, "n_init": 20}),
    "spectral, local": ("spectral", {"scaling": "local"}),
    "each class": ("identity", {}),
}
N_VIEWS = 12
SIZES: dict[int, dict[str, Any]] = {
    50: {"n_averages": 50, "n_particles": 5_000},
    150: {"n_averages": 150, "n_particles": 8_000},
}
KINDS: dict[str, dict[str, Any]] = {
    "discrete": {"n_views": N_VIEWS},
    "blurred": {"n_views": N_VIEWS, "class_spread": 8.0, "particle_spread": 15.0},
    "continuous": {"continuous": True},
    "one view": {"continuous": True, "preferred_share": 0.9, "n_preferred": 1},
}
REAL_K, SIMULATED_K = (5, 6, 8, 10), (8, N_VIEWS, 20)
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Known:
    """A classification of known views.

    Parameters
    ----------
    name : str
    affinity : Affinity
    counts : int64 (N,)
        Particles of each average.
    views : KnownViews
    truth : int64 (N,), optional
        Number of the view that an average shows, −1 for none; where views are discrete.
    """

    name: str
    affinity: Affinity
    counts: IntArray
    views: KnownViews
    truth: IntArray | None = None


def real(folder: Path, search: dict[str, str]) -> Known:
    dataset = formats.read(folder)
    particles, averages = dataset.particles, dataset.class_averages
    assert particles is not None
    assert averages is not None
    assert averages.n_particles is not None
    with (folder / "true_views.csv").open() as file:
        view_of = {
            row["image_name"]: [float(row[axis]) for axis in ("view_x", "view_y", "view_z")]
            for row in csv.DictReader(file)
        }
    view = np.array([view_of[name] for name in particles.column("rlnImageName")])
    return Known(
        folder.name,
        engine.affinity(averages, options=search),
        averages.n_particles,
        KnownViews(particles, view),
    )


def simulated(kind: str, size: int, seed: int, search: dict[str, str]) -> Known:
    data = simulate_class_averages(
        {**SIZES[size], **KINDS[kind], "box": 48, "pixel_size": 5.3, "seed": seed}
    )
    averages = data.class_averages
    assert averages.n_particles is not None
    return Known(
        f"{kind}, {size}",
        engine.affinity(averages, options=search),
        averages.n_particles,
        KnownViews(data.particle_class, data.particle_view),
        None if data.options.continuous else data.superclass,
    )


def sets(
    data: Path, copies: int, search: dict[str, str]
) -> Iterator[tuple[Known, tuple[int, ...]]]:
    """Each set with its numbers of superclasses."""
    folder = data / "relion31_70s"
    if folder.is_dir():
        yield real(folder, search), REAL_K
    for size in SIZES:
        for kind in KINDS:
            for seed in range(copies):
                yield simulated(kind, size, seed, search), SIMULATED_K


def group(known: Known, method: str, n: int) -> Superclasses:
    name, options = METHODS[method]
    if name == "identity":
        return identity_superclasses(Classes.of(known.affinity.class_id, known.counts))
    return cluster(known.affinity, n, clustering=name, options=options, n_particles=known.counts)


def rand_index(known: Known, superclasses: Superclasses, n: int) -> float:
    if known.truth is None or n != N_VIEWS:
        return float("nan")
    judged = (known.truth >= 0) & (superclasses.label >= 0)
    return float(adjusted_rand_score(known.truth[judged], superclasses.label[judged]))


def measure(
    known: Known,
    methods: list[str],
    n: int,
    factor: str,
    seeds: int,
    sweep_seeds: int,
) -> list[dict[str, Any]]:
    """One row for each clustering, on one set at one K."""
    views = known.views
    usable = known.affinity.class_id[~known.affinity.is_empty]
    best = oracle_curve(views, usable, n, sweep_seeds)
    everything = np.ones((1, len(views)), dtype=bool)
    rows: list[dict[str, Any]] = []
    found: dict[object, dict[str, Any]] = {}
    for method in methods:
        superclasses = group(known, method, n)
        # Different clusterings often agree; the sweep is the expensive part.
        key = frozenset(frozenset(members.tolist()) for members in superclasses)
        if key not in found:
            selected = np.stack(
                [
                    select(views.particles, superclasses, factor=factor, seed=seed).selected
                    for seed in range(seeds)
                ]
            )
            kept, balanced = int(selected[0].sum()), views.uniformity(selected)
            dropped = random_curve(views, np.array([kept]), seeds).uniformity[:, 0]
            ours = balance_curve(views, superclasses, sweep_seeds)
            chance = random_curve(views, np.union1d(ours.kept, best.kept), sweep_seeds)
            reached = common_range(ours, chance, best)
            assert reached is not None
            gain, of_oracle = (
                float(gain_over_random(one, chance, *reached).mean()) for one in (ours, best)
            )
            found[key] = {
                "kept": kept,
                "particles": len(views),
                "before": float(views.uniformity(everything)[0]),
                "balanced": balanced.mean(),
                "balanced_sd": balanced.std(ddof=1),
                "random": dropped.mean(),
                "random_sd": dropped.std(ddof=1),
                "gain": gain,
                "oracle_gain": of_oracle,
                "ari": rand_index(known, superclasses, n),
            }
        rows.append({"set": known.name, "k": n, "method": method, "factor": factor, **found[key]})
    return rows


def print_rows(rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    print(
        f"\n{first['set']}, K = {first['k']}, f = {first['factor']}: {first['particles']:,} "
        f"particles, U before {first['before']:.3f}"
    )
    print(
        f"  {'':18s} {'kept':>6s}  {'U':>14s}  {'random':>14s}  "
        f"{'gain':>6s}  {'share':>6s}  {'ARI':>5s}"
    )
    for row in rows:
        print(
            f"  {row['method']:18s} {row['kept']:6,d}  "
            f"{row['balanced']:.3f} ± {row['balanced_sd']:.4f}  "
            f"{row['random']:.3f} ± {row['random_sd']:.4f}  "
            f"{row['gain']:+6.3f}  {row['gain'] / row['oracle_gain']:6.2f}  {row['ari']:5.2f}",
            flush=True,
        )


def print_table(
    title: str, rows: list[dict[str, Any]], score: Callable[[list[dict[str, Any]]], str]
) -> None:
    """One Markdown table: a score of each clustering on each set, over K and copies."""
    names = list(dict.fromkeys(row["set"] for row in rows))
    print(f"\n{title}\n\n| clustering | " + " | ".join(names) + " |")
    print("| --- |" + " ---: |" * len(names))
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = [
            score([row for row in rows if row["set"] == name and row["method"] == method])
            for name in names
        ]
        print(f"| {method} | {' | '.join(cells)} |")


def share(rows: list[dict[str, Any]]) -> str:
    return f"{sum(row['gain'] for row in rows) / sum(row['oracle_gain'] for row in rows):.2f}"


def kept_and_gained(rows: list[dict[str, Any]]) -> str:
    kept = np.mean([row["kept"] / row["particles"] for row in rows])
    return f"{kept:.0%}, {np.mean([row['balanced'] - row['random'] for row in rows]):+.2f}"


def agreement(rows: list[dict[str, Any]]) -> str:
    known = [row["ari"] for row in rows if not np.isnan(row["ari"])]
    return f"{np.mean(known):.2f}" if known else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("REBALANCE_TEST_DATA", DEFAULT_DATA))
    )
    parser.add_argument("--seeds", type=int, default=20, help="of dropping, at the factor")
    parser.add_argument("--sweep-seeds", type=int, default=4, help="at each step of the sweep")
    parser.add_argument("--copies", type=int, default=3, help="of each simulated set")
    parser.add_argument("--factor", default="0.5", help="for the columns kept, U and random")
    parser.add_argument("-k", type=int, nargs="+", help="instead of 5 6 8 10 and 8 12 20")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--set", nargs="*", default=[], help="options of the metric, NAME=VALUE")
    parser.add_argument("--json", type=Path, help="write every row there")
    given = parser.parse_args()

    rows: list[dict[str, Any]] = []
    search = dict(pair.split("=", 1) for pair in given.set)
    for known, usual in sets(given.data, given.copies, search):
        for n in given.k or usual:
            found = measure(known, given.methods, n, given.factor, given.seeds, given.sweep_seeds)
            print_rows(found)
            rows += found
    print_table("Share of the oracle's gain", rows, share)
    print_table(
        f"Particles kept at f = {given.factor}, and U above random dropping", rows, kept_and_gained
    )
    print_table("Adjusted Rand index", rows, agreement)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
