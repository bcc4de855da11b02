"""From which size on should a superclass decide the cap? Uniformity and particles kept.

    python -m benchmarks.small_superclasses [--copies 6] [--json FILE]

Simulated classifications (phantom; views discrete, two preferred, or 95 % in one cap) whose class
sizes are made as real ones: a heavy tail, and a fifth of the classes under ten particles. Of the
last kind also with sizes as simulated, where rare views have all of their particles. They are
grouped into 8, 12, 20 and 30 superclasses. For each threshold, a share of an even share of the
particles, a share of the median superclass, or a number of particles, it prints the uniformity of
views and the share of the particles kept at f = 0.5. 0 is the guide to the letter. The default,
`rebalance.strategies.small`, was chosen on the seeds that are used here.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths import write_json
from rebalance import engine
from rebalance.clusterings import cluster_each
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import Classes, IntArray
from rebalance.simulate import simulate_class_averages

_GRADUAL = {"n_views": 20, "continuous": True}
_ONE_CAP = {**_GRADUAL, "n_particles": 100_000, "preferred_share": 0.95, "n_preferred": 1}
KINDS: dict[str, dict[str, Any]] = {
    "discrete": {"n_views": 12},
    "preferred": _GRADUAL,
    "one cap": _ONE_CAP,
    "one cap, as simulated": _ONE_CAP,
}
NUMBERS = (8, 12, 20, 30)
FACTOR, FIRST_SEED = 0.5, 9_400
SHARES = {"of an even share": (0.0, 0.05, 0.1, 0.2, 0.3), "of the median": (0.05, 0.1, 0.2)}
PARTICLES = (10, 20, 30, 50)


def thresholds(size: IntArray) -> dict[str, float]:
    """Particles from which a superclass decides, by the words for it."""
    against = {"of an even share": size.mean(), "of the median": float(np.median(size))}
    found = {f"{s:g} {of}": s * against[of] for of, shares in SHARES.items() for s in shares}
    return found | {f"{number} particles": float(number) for number in PARTICLES}


def heavy_tailed(particle_class: IntArray, rng: np.random.Generator) -> IntArray:
    """Rows of particles that are left: shares from a log-normal, a fifth of the classes tiny."""
    rows = []
    for number in np.unique(particle_class):
        of_class = rng.permutation(np.flatnonzero(particle_class == number))
        share = min(float(np.exp(rng.normal(-1.0, 1.6))), 1.0)
        n = rng.integers(1, 10) if rng.random() < 0.2 else max(1, int(len(of_class) * share))
        rows.append(of_class[:n])
    return np.sort(np.concatenate(rows))


def measure(kind: str, seed: int) -> list[dict[str, Any]]:
    """A row for each number of superclasses and threshold."""
    settings = {"n_averages": 80, "n_particles": 20_000, "n_junk": 0, "seed": seed}
    found = simulate_class_averages(settings | KINDS[kind])
    averages, rng = found.class_averages, np.random.default_rng(seed)
    kept = np.arange(len(found.particle_class))
    if "as simulated" not in kind:
        kept = heavy_tailed(found.particle_class, rng)
    particle_class = found.particle_class[kept]
    views = KnownViews(particle_class, found.particle_view[kept])
    counts = [int((particle_class == number).sum()) for number in averages.class_id]
    classes = Classes.of(averages.class_id, counts, is_empty=averages.is_empty)
    rows = []
    for k, groups in cluster_each(
        classes, engine.affinity(averages, "rotational-cc"), NUMBERS
    ).items():
        label = dict(zip(groups.class_id.tolist(), groups.label.tolist(), strict=True))
        group = np.array([label[number] for number in particle_class.tolist()])
        place = np.empty(len(group), dtype=np.int64)
        for number in range(len(groups)):
            of_group = rng.permutation(np.flatnonzero(group == number))
            place[of_group] = np.arange(len(of_group))
        for words, least in thresholds(groups.size).items():
            deciding = groups.size[groups.size >= least]
            stays = place < int(deciding.min() / FACTOR)
            rows.append(
                {
                    "kind": kind,
                    "superclasses": k,
                    "threshold": words,
                    "uniformity": float(views.uniformity(stays[None])[0]),
                    "kept": float(stays.mean()),
                }
            )
    return rows


def main() -> None:
    """Measure, and print a table for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + asked.copies)
    rows = [row for kind in KINDS for seed in seeds for row in measure(kind, seed)]
    print(f"{'threshold':24s}" + "".join(f"{kind:>24s}" for kind in KINDS))
    for words in dict.fromkeys(row["threshold"] for row in rows):
        cells = []
        for kind in KINDS:
            chosen = [r for r in rows if (r["threshold"], r["kind"]) == (words, kind)]
            uniformity, kept = (
                np.mean([r[name] for r in chosen]) for name in ("uniformity", "kept")
            )
            cells.append(f"{uniformity:.3f}, {kept:.0%} kept")
        print(f"{words:24s}" + "".join(f"{cell:>24s}" for cell in cells))
    if asked.json:
        write_json(rows, asked.json)


if __name__ == "__main__":
    main()
