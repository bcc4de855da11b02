"""How often does a scan suggest the number of views that there are? Against each criterion alone.

    python -m benchmarks.number_of_superclasses [--copies 1] [--json FILE]

Simulated classifications of known numbers of views, 5 to 26, in 50 and 120 averages, with four
kinds of averages: clear, usual (the demo's noise), blurred (averages far from their view, particles
far from their average) and noisy (a fifth of the usual signal-to-noise ratio); and classifications
whose views change gradually, where no number is right. For each criterion it prints

- how often its number is within 1, and within 20 %, of the number of views;
- the ratio of the two numbers, quartiles;
- ARI: adjusted Rand index with the true views at that number ÷ the best at any number.

*best possible* is the number at which the superclasses agree best with the true views: no criterion
can see it.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.paths import FULL_RESULTS, write_json
from rebalance import defaults, engine
from rebalance.api import scan
from rebalance.model import Scan
from rebalance.simulate import simulate_class_averages

KINDS: dict[str, dict[str, Any]] = {
    "clear": {"class_spread": 2.0, "particle_spread": 3.0, "snr": 1.0},
    "usual": {},
    "blurred": {"class_spread": 8.0, "particle_spread": 12.0},
    "noisy": {"snr": 0.01},
}
GRADUAL = "gradual"
VIEWS, AVERAGES = (5, 8, 12, 18, 26), (50, 120)
FEWEST_PER_VIEW = 4
FIRST_SEED = 5_000


def sets(copies: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Kind, number of views, and settings of each simulation."""
    seed = FIRST_SEED
    for _ in range(copies):
        for n_averages in AVERAGES:
            for n_views in VIEWS:
                if n_averages < FEWEST_PER_VIEW * n_views:
                    continue
                for kind, settings in KINDS.items():
                    seed += 1
                    yield kind, n_views, {"n_averages": n_averages, "seed": seed, **settings}
            seed += 1
            gradual = {"continuous": True, "preferred_share": 0.0, "seed": seed}
            yield GRADUAL, 12, {"n_averages": n_averages, **gradual}


def numbers_named(found: Scan, agreement: np.ndarray) -> dict[str, int]:
    """The number that each criterion names."""
    columns = {
        "scan": found.score,
        "silhouette": found.silhouette,
        "stability": found.stability,
        "within − between": found.contrast,
        "eigengap": found.eigengap,
        "best possible": agreement,
    }
    return {name: int(found.numbers[np.nanargmax(value)]) for name, value in columns.items()}


def measure(kind: str, n_views: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Everything about one set, as JSON values."""
    simulated = simulate_class_averages(
        {
            "n_particles": 80 * settings["n_averages"],
            "n_views": n_views,
            "box": 48,
            "pixel_size": 5.3,
            **settings,
        }
    )
    averages = simulated.class_averages
    affinity = engine.affinity(averages, defaults.METRIC)
    found = scan(affinity, n_particles=averages.n_particles)
    truth = simulated.superclass
    known = truth >= 0
    agreement = np.array(
        [
            adjusted_rand_score(truth[known], found.superclasses[k].label[known])
            for k in found.numbers.tolist()
        ]
    )
    named = numbers_named(found, agreement)
    at = {name: int(np.flatnonzero(found.numbers == number)[0]) for name, number in named.items()}
    return {
        "kind": kind,
        "averages": settings["n_averages"],
        "views": len(np.unique(truth[known])),
        "has_structure": found.suggestion.has_structure,
        "gain": float((found.silhouette - found.expected).max()),
        "named": named,
        "ari": {name: float(agreement[place]) for name, place in at.items()},
    }


def table(measured: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Scores by criterion, over all sets with groups and by kind."""
    rows: dict[str, dict[str, Any]] = {}
    grouped = [one for one in measured if one["kind"] != GRADUAL]
    for name in grouped[0]["named"]:
        row: dict[str, Any] = {}
        for kind in ("all", *KINDS):
            of_kind = [one for one in grouped if kind in ("all", one["kind"])]
            views = np.array([one["views"] for one in of_kind])
            number = np.array([one["named"][name] for one in of_kind])
            best = np.array([one["ari"]["best possible"] for one in of_kind])
            ari = np.array([one["ari"][name] for one in of_kind])
            off = np.abs(number - views)
            row[kind] = {
                "sets": len(of_kind),
                "within_1": float((off <= 1).mean()),
                "within_20_percent": float((off <= 0.2 * views).mean()),
                "ratio": np.quantile(number / views, [0.25, 0.5, 0.75]).tolist(),
                "ari_of_best": float(ari.sum() / best.sum()),
            }
        rows[name] = row
    return rows


def structure(measured: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How often a number stood out, and was right, by kind, and the gain on which that rests."""
    kinds = dict.fromkeys(one["kind"] for one in measured)
    return {
        kind: {
            "sets": sum(one["kind"] == kind for one in measured),
            "told": sum(one["kind"] == kind and one["has_structure"] for one in measured),
            "told_within_20_percent": sum(
                one["kind"] == kind and one["has_structure"] and _is_near(one) for one in measured
            ),
            "gain": np.quantile(
                [one["gain"] for one in measured if one["kind"] == kind], [0.0, 0.5, 1.0]
            ).tolist(),
            "best_ari": float(
                np.median([one["ari"]["best possible"] for one in measured if one["kind"] == kind])
            ),
        }
        for kind in kinds
    }


def _is_near(one: dict[str, Any]) -> bool:
    return abs(one["named"]["scan"] - one["views"]) <= 0.2 * one["views"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=1, help="simulations of each kind")
    parser.add_argument(
        "--json", type=Path, help="write the table there, and every set to benchmarks/results/full"
    )
    arguments = parser.parse_args()
    measured = []
    for kind, n_views, settings in sets(arguments.copies):
        measured.append(measure(kind, n_views, settings))
        one = measured[-1]
        print(f"{kind:8} {one['averages']:4} averages {one['views']:3} views: {one['named']}")
    rows, told = table(measured), structure(measured)
    print(f"\n{'criterion':32} {'±1':>6} {'±20 %':>6} {'ratio, quartiles':>20} {'ARI':>6}")
    for name, row in rows.items():
        one = row["all"]
        quartiles = " ".join(f"{value:.2f}" for value in one["ratio"])
        print(
            f"{name:32} {one['within_1']:6.2f} {one['within_20_percent']:6.2f} {quartiles:>20} "
            f"{one['ari_of_best']:6.2f}"
        )
    print()
    for kind, one in told.items():
        low, middle, high = one["gain"]
        print(
            f"{kind:8} stood out in {one['told']} of {one['sets']}, near in "
            f"{one['told_within_20_percent']}; gain {low:.2f} {middle:.2f} "
            f"{high:.2f}; best ARI {one['best_ari']:.2f}"
        )
    if arguments.json:
        write_json({"criteria": rows, "structure": told}, arguments.json)
        write_json(measured, FULL_RESULTS / "number_of_superclasses.json")


if __name__ == "__main__":
    main()
