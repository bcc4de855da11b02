"""How good are superclasses, and of which method? Known views from clean to bad, and RELION's.

    python -m benchmarks.quality [--seeds 2] [--first-seed 200] [--json FILE]
    python -m benchmarks.quality --phantom

For each data set and method it measures, at several numbers of superclasses K,

- share: the mean over K of the share of the oracle's gain in uniformity of views;
- ARI: adjusted Rand index with the true views, where these are discrete, at their number;
- rho: Spearman's rank correlation of affinity with the angle between views, below 40°;
- kept: the part of the particles that is kept at f = 0.5, mean over K.

Of averages of a mixture of structures, whose views nobody knows, ARI is that with the groups that
its authors published, which are themselves found by a program.

Molecules whose files are absent are skipped, and so is what is not installed. Seeds from 200 on
were used for nothing else: the defaults were chosen on seeds below.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality_methods import Method, affinity_of, available, group
from benchmarks.quality_sets import KnownSet, in_view, sets
from rebalance.evaluation import (
    adjusted_rand,
    affinity_against_angle,
    balance_curve,
    oracle_curve,
    random_curve,
    share_of_oracle_gain,
)
from rebalance.model import Affinity, Superclasses

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"
BELOW = 40.0


def share(found: KnownSet, superclasses: Superclasses, n: int, seeds: int) -> float:
    """Share of the oracle's gain, over the numbers of particles that both reach."""
    assert found.known is not None
    ours = balance_curve(found.known, superclasses, seeds)
    best = oracle_curve(found.known, found.averages.class_id, n, seeds)
    fewest, most = min(ours.kept.min(), best.kept.min()), max(ours.kept.max(), best.kept.max())
    chance = found.known.remembered(
        ("chance", round(fewest / 100)),
        lambda: random_curve(found.known, np.linspace(max(fewest, 2), most, 12), seeds),
    )
    return share_of_oracle_gain(ours, chance, best)[0]


def kept_at_half(superclasses: Superclasses) -> float:
    """Part of the particles that is kept at f = 0.5."""
    size = superclasses.size
    return float(np.minimum(size, 2 * size.min()).sum() / size.sum())


def agreement(found: KnownSet, superclasses: Superclasses) -> float:
    rows = in_view(found)
    assert found.truth is not None
    return adjusted_rand(found.truth[rows], superclasses.label[rows])


def against_angle(found: KnownSet, affinity: Affinity) -> float:
    rows = in_view(found)
    assert found.known is not None
    angle = found.known.angles_of_modal_views(found.averages.class_id[rows])
    return affinity_against_angle(affinity.values[np.ix_(rows, rows)], angle, below=BELOW)[0]


def measure(found: KnownSet, methods: list[Method], seeds: int) -> list[dict[str, Any]]:
    """One row for each method."""
    rows: list[dict[str, Any]] = []
    affinities: dict[str, Affinity | None] = {}
    known: dict[object, float] = {}
    for method in methods:
        key = method.affinity_key
        if key not in affinities:
            affinities[key] = affinity_of(found.averages, method)
        affinity = affinities[key]
        shares, kept = [], []
        for n in found.numbers:
            superclasses = group(found.averages, method, affinity, n)
            groups = (n, frozenset(frozenset(members.tolist()) for members in superclasses))
            if groups not in known:
                known[groups] = share(found, superclasses, n, seeds)
            shares.append(known[groups])
            kept.append(kept_at_half(superclasses))
        row: dict[str, Any] = {
            "set": found.name,
            "views": found.views,
            "noise": found.noise,
            "averages": len(found.averages),
            "method": method.name,
        }
        if shares:
            row |= {
                "k": list(found.numbers),
                "shares": [round(value, 4) for value in shares],
                "share": round(float(np.nanmean(shares)), 4),
                "kept": round(float(np.mean(kept)), 4),
            }
        if found.n_views is not None and method.clustering != "identity":
            superclasses = group(found.averages, method, affinity, found.n_views)
            row["ari"] = round(agreement(found, superclasses), 4)
        if affinity is not None and found.known is not None:
            row["rho"] = round(against_angle(found, affinity), 4)
        rows.append(row)
    return rows


def keep(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows; those of other sets and methods stay, so that a part can be measured anew."""
    new = {(row["set"], row["method"]) for row in rows}
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
    others = [row for row in content["rows"] if (row["set"], row["method"]) not in new]
    content["rows"] = others + rows
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("REBALANCE_TEST_DATA", DEFAULT_DATA))
    )
    parser.add_argument("--seeds", type=int, default=2, help="copies of each simulated set")
    parser.add_argument("--first-seed", type=int, default=200)
    parser.add_argument("--drops", type=int, default=4, help="random selections at each size")
    parser.add_argument("--phantom", action="store_true", help="a small part, without other data")
    parser.add_argument("--methods", nargs="+")
    parser.add_argument("--match", default="", help="only sets whose name has this in it")
    parser.add_argument("--json", type=Path, help="keep every row there")
    given = parser.parse_args()
    methods = available(given.methods)
    rows: list[dict[str, Any]] = []
    start = time.monotonic()
    for found in sets(given.data, given.seeds, given.first_seed, full=not given.phantom):
        if given.match not in found.name:
            continue
        new = measure(found, methods, given.drops)
        print(f"\n{found.name}, K = {', '.join(map(str, found.numbers))}")
        for row in new:
            scores = (
                f"{name} {row[score]:5.2f}"
                for name, score in (
                    ("share", "share"),
                    ("kept", "kept"),
                    ("ARI", "ari"),
                    ("rho", "rho"),
                )
                if score in row
            )
            print(f"  {row['method']:36s} {'  '.join(scores)}", flush=True)
        rows += new
        if given.json:
            keep(given.json, rows)
    print(f"\n{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
