"""Which clustering should be the default? Uniformity of views after balancing, by clustering and K.

    python benchmarks/default_clustering.py [--data FOLDER] [--seeds 20] [--json FILE]

For each data set of known views, clustering and number of superclasses K it prints

- kept and U: particles kept at the rebalance factor, and the uniformity of views then, mean and
  standard deviation over seeds;
- random: the uniformity after dropping as many particles at random;
- gain: how much more uniform than random dropping, on average over the numbers of particles kept
  that all methods reach, as the largest superclass is swept;
- share: that gain ÷ the gain of an oracle that clusters the true views.

The last table sums gains over K: share of the oracle's gain for each set and clustering.
Simulated sets always; the real set relion31_70s when its folder is there.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from balance_curves import Curve, Views, curve, gains, oracle, random_curve

from rebalance import engine, formats
from rebalance.clusterings import cluster, identity_superclasses
from rebalance.model import Affinity, Superclasses
from rebalance.simulate import simulate_class_averages

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "average": ("hierarchical", {"linkage": "average"}),
    "complete": ("hierarchical", {"linkage": "complete"}),
    "single": ("hierarchical", {"linkage": "single"}),
    "weighted": ("hierarchical", {"linkage": "weighted"}),
    "ward": ("hierarchical", {"linkage": "ward"}),
    "spectral a": ("spectral", {"power": 1}),
    "spectral a²": ("spectral", {"power": 2}),
    "spectral a⁴": ("spectral", {"power": 4}),
    "spectral, k-means": ("spectral", {"power": 2, "n_init": 20}),
    "spectral, local": ("spectral", {"scaling": "local"}),
    "each class": ("identity", {}),
}
SMALL = {"n_averages": 50, "n_particles": 5_000, "box": 48, "pixel_size": 5.3}
SIMULATED: dict[str, dict[str, Any]] = {
    "discrete": {"n_views": 12},
    "discrete, blurred": {"n_views": 12, "class_spread": 8.0, "particle_spread": 15.0},
    "continuous": {"continuous": True},
    "continuous, one view": {"continuous": True, "preferred_share": 0.9, "n_preferred": 1},
}
REAL_K, SIMULATED_K = (5, 6, 8, 10), (8, 12, 16)
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


def real(folder: Path) -> tuple[Affinity, np.ndarray, Views]:
    """The 70S set: affinity, particles of each average, and true views."""
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
    return engine.affinity(averages), averages.n_particles, Views(particles.class_id, view)


def simulated(options: dict[str, Any], seed: int) -> tuple[Affinity, np.ndarray, Views]:
    data = simulate_class_averages({**SMALL, **options, "seed": seed})
    averages = data.class_averages
    assert averages.n_particles is not None
    return (
        engine.affinity(averages),
        averages.n_particles,
        Views(data.particle_class, data.particle_view),
    )


def sets(
    data: Path, copies: int
) -> Iterator[tuple[str, tuple[Affinity, np.ndarray, Views], tuple[int, ...]]]:
    """Name, data and numbers of superclasses of each set."""
    folder = data / "relion31_70s"
    if folder.is_dir():
        yield "relion31_70s", real(folder), REAL_K
    for name, options in SIMULATED.items():
        for seed in range(copies):
            yield name, simulated(options, seed), SIMULATED_K


def group(affinity: Affinity, counts: np.ndarray, method: str, n: int) -> Superclasses:
    name, options = METHODS[method]
    if name == "identity":
        return identity_superclasses(affinity.class_id, counts)
    return cluster(affinity, n, clustering=name, options=options, n_particles=counts)


def measure(
    name: str,
    data: tuple[Affinity, np.ndarray, Views],
    n: int,
    factor: str,
    seeds: int,
    chance: Curve,
) -> list[dict[str, Any]]:
    """One row for each clustering, on one set at one K."""
    affinity, counts, views = data
    usable = affinity.class_id[~affinity.is_empty]
    best = curve(views, oracle(views, usable, n), seeds)
    rows, known = [], {}
    for method in METHODS:
        superclasses = group(affinity, counts, method, n)
        # Different clusterings often agree; the sweep is the expensive part.
        key = frozenset(frozenset(members.tolist()) for members in superclasses)
        if key not in known:
            kept, balanced = views.after_balancing(superclasses, seeds, factor=factor)
            dropped = views.after_random(kept, seeds)
            gain, of_oracle = gains(curve(views, superclasses, seeds), chance, best)
            known[key] = {
                "kept": kept,
                "particles": len(views),
                "before": views.uniformity(),
                "balanced": balanced.mean(),
                "balanced_sd": balanced.std(ddof=1),
                "random": dropped.mean(),
                "random_sd": dropped.std(ddof=1),
                "gain": gain,
                "oracle_gain": of_oracle,
            }
        rows.append({"set": name, "k": n, "method": method, "factor": factor, **known[key]})
    return rows


def print_rows(rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    print(
        f"\n{first['set']}, K = {first['k']}, f = {first['factor']}: {first['particles']:,} "
        f"particles, U before {first['before']:.3f}"
    )
    print(f"  {'':18s} {'kept':>6s}  {'U':>14s}  {'random':>14s}  {'gain':>6s}  {'share':>6s}")
    for row in rows:
        print(
            f"  {row['method']:18s} {row['kept']:6,d}  "
            f"{row['balanced']:.3f} ± {row['balanced_sd']:.4f}  "
            f"{row['random']:.3f} ± {row['random_sd']:.4f}  "
            f"{row['gain']:+6.3f}  {row['gain'] / row['oracle_gain']:6.2f}",
            flush=True,
        )


def print_shares(rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(row["set"] for row in rows))
    print("\nShare of the oracle's gain, summed over K and copies\n")
    print("| clustering | " + " | ".join(names) + " | mean |")
    print("|---|" + "---:|" * (len(names) + 1))
    for method in METHODS:
        shares = []
        for name in names:
            of = [row for row in rows if row["set"] == name and row["method"] == method]
            shares.append(sum(r["gain"] for r in of) / sum(r["oracle_gain"] for r in of))
        cells = " | ".join(f"{share:.2f}" for share in [*shares, np.mean(shares)])
        print(f"| {method} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("REBALANCE_TEST_DATA", DEFAULT_DATA))
    )
    parser.add_argument("--seeds", type=int, default=20, help="of dropping")
    parser.add_argument("--copies", type=int, default=3, help="of each simulated set")
    parser.add_argument("--factor", default="0.5", help="for the columns kept, U and random")
    parser.add_argument("-k", type=int, nargs="+", help="instead of 5 6 8 10 and 8 12 16")
    parser.add_argument("--json", type=Path, help="write every row there")
    given = parser.parse_args()

    rows: list[dict[str, Any]] = []
    for name, data, usual in sets(given.data, given.copies):
        _, counts, views = data
        chance = random_curve(views, min(usual) * counts[counts > 0].min(), given.seeds)
        for n in given.k or usual:
            found = measure(name, data, n, given.factor, given.seeds, chance)
            print_rows(found)
            rows += found
    print_shares(rows)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
