"""Which particles should stay? Uniformity of views after balancing, by strategy.

    python -m benchmarks.default_strategy [--data FOLDER] [--factor 0.5] [--seeds 20]

On the real set relion31_70s: for each number of superclasses the particles kept, and the uniformity
of views with each strategy, mean and standard deviation over seeds where it draws any.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.default_clustering import DEFAULT_DATA, REAL_K, real
from rebalance import formats
from rebalance.clusterings import cluster
from rebalance.strategies import select

STRATEGIES: dict[str, tuple[str, dict[str, Any]]] = {
    "`random`": ("random", {}),
    "`random`, stratified": ("random", {"stratified": True}),
    "`best`": ("best", {}),
    "`best`, stratified": ("best", {"stratified": True}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--factor", default="0.5")
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()

    folder = given.data / "relion31_70s"
    particles = formats.read(folder).particles
    assert particles is not None
    known = real(folder, {})
    print("| superclasses | particles kept | " + " | ".join(STRATEGIES) + " |")
    print("| ---: |" + " ---: |" * (len(STRATEGIES) + 1))
    for n in REAL_K:
        superclasses = cluster(known.affinity, n, n_particles=known.counts)
        cells = []
        for name, options in STRATEGIES.values():
            selected = np.stack(
                [
                    select(
                        particles,
                        superclasses,
                        factor=given.factor,
                        strategy=name,
                        options=options,
                        seed=seed,
                    ).selected
                    for seed in range(given.seeds if name == "random" else 1)
                ]
            )
            scores = known.views.uniformity(selected)
            spread = f" ± {scores.std(ddof=1):.3f}" if len(scores) > 1 else ""
            cells.append(f"{scores.mean():.3f}{spread}")
        print(f"| {n} | {int(selected[0].sum()):,} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
