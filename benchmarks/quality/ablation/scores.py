"""What the ablation measures of a variant on data of known views, and where it keeps that.

For each data set and variant, at several numbers of superclasses K,

- gains in uniformity of views, ours and the oracle's; their ratio is the share;
- ARI: adjusted Rand index with the true views, where these are discrete, at their number;
- rho: Spearman's rank correlation of affinity with the angle between views, below 40°;
- kept: the part of the particles that is kept at f = 0.5, mean over K.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths import FULL_RESULTS, write_json
from benchmarks.quality.ablation.variants import Variant, affinity_of, group
from benchmarks.quality.classifications import KnownClassification, in_view
from rebalance.evaluation import (
    adjusted_rand,
    affinity_against_angle,
    balance_curve,
    oracle_curve,
    random_curve,
)
from rebalance.evaluation.balance_curves import common_range, gain_over_random
from rebalance.evaluation.scores import BELOW
from rebalance.model import Affinity, Superclasses

FULL_ROWS = FULL_RESULTS / "ablation.json"


def gains(
    found: KnownClassification, superclasses: Superclasses, n: int, seeds: int
) -> tuple[float, float] | None:
    """Gain and the oracle's gain, over the numbers of particles that both reach; None if none."""
    assert found.known is not None
    ours = balance_curve(found.known, superclasses, seeds)
    best = oracle_curve(found.known, found.averages.class_id, n, seeds)
    fewest, most = min(ours.kept.min(), best.kept.min()), max(ours.kept.max(), best.kept.max())
    chance = found.known.remembered(
        ("chance", round(fewest / 100)),
        lambda: random_curve(found.known, np.linspace(max(fewest, 2), most, 12), seeds),
    )
    reached = common_range(ours, chance, best)
    if reached is None:
        return None
    gain, gain_of_oracle = (gain_over_random(c, chance, *reached).mean() for c in (ours, best))
    return float(gain), float(gain_of_oracle)


def kept_at_half(superclasses: Superclasses) -> float:
    """Part of the particles that is kept at f = 0.5."""
    size = superclasses.size
    return float(np.minimum(size, 2 * size.min()).sum() / size.sum())


def agreement(found: KnownClassification, superclasses: Superclasses) -> float:
    rows = in_view(found)
    assert found.truth is not None
    return adjusted_rand(found.truth[rows], superclasses.label[rows])


def against_angle(found: KnownClassification, affinity: Affinity) -> float:
    rows = in_view(found)
    assert found.known is not None
    angle = found.known.angles_of_modal_views(found.averages.class_id[rows])
    return affinity_against_angle(affinity.values[np.ix_(rows, rows)], angle, below=BELOW)[0]


def measure(
    found: KnownClassification, variants: list[Variant], seeds: int
) -> list[dict[str, Any]]:
    """One row for each variant."""
    rows: list[dict[str, Any]] = []
    affinities: dict[str, Affinity] = {}
    known: dict[object, tuple[float, float] | None] = {}
    for variant in variants:
        key = variant.affinity_key
        if key not in affinities:
            affinities[key] = affinity_of(found.averages, variant)
        affinity = affinities[key]
        gained, kept = [], []
        for n in found.numbers:
            superclasses = group(found.averages, variant, affinity, n)
            groups = (n, frozenset(frozenset(members.tolist()) for members in superclasses))
            if groups not in known:
                known[groups] = gains(found, superclasses, n, seeds)
            gained.append(known[groups])
            kept.append(kept_at_half(superclasses))
        row: dict[str, Any] = {
            "set": found.name,
            "views": found.views,
            "noise": found.noise,
            "averages": len(found.averages),
            "method": variant.name,
        }
        if gained:
            row |= {
                "k": list(found.numbers),
                "gains": [pair and [round(value, 5) for value in pair] for pair in gained],
                "kept": round(float(np.mean(kept)), 4),
            }
        if found.n_views is not None:
            superclasses = group(found.averages, variant, affinity, found.n_views)
            row["ari"] = round(agreement(found, superclasses), 4)
        if found.known is not None:
            row["rho"] = round(against_angle(found, affinity), 4)
        rows.append(row)
    return rows


def keep(rows: list[dict[str, Any]], path: Path = FULL_ROWS) -> None:
    """Write rows; those of other sets and variants stay, so that a part can be measured anew."""
    every = {(row["set"], row["method"]): row for row in (*kept(path), *rows)}
    write_json({"rows": [*every.values()]}, path)


def kept(path: Path = FULL_ROWS) -> list[dict[str, Any]]:
    """The rows that were kept; none where there are none."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows
