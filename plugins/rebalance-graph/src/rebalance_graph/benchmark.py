"""How many superclasses each clustering finds, and how well, on simulated averages of known views.

``python -m rebalance_graph.benchmark`` prints a table: the mean adjusted Rand index with the true
views over several data sets, and for each the number found of how many there are. It is what the
defaults of these clusterings were chosen by; ``--set leiden.power=2`` tries another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rebalance.errors import OptionError

SETS = (
    (30, 6, 3_000),
    (60, 12, 6_000),
    (100, 8, 10_000),
    (100, 20, 10_000),
    (150, 12, 12_000),
    (60, 5, 3_000),
    (60, 12, 20_000),
    (200, 25, 60_000),
)
"""Number of class averages, true views, particles."""

FINDERS = ("leiden", "hdbscan", "affinity-propagation")
TOLD = ("hierarchical", "spectral", "k-medoids", "leiden", "affinity-propagation")
"""Clusterings that need the true number."""


@dataclass(frozen=True)
class Row:
    """One clustering over all data sets.

    Parameters
    ----------
    name : str
    is_told : bool
        Whether it was given the true number of views.
    ari : list of float
        Adjusted Rand index with the true views, by data set.
    n_found, n_true : list of int
        Superclasses and views, by data set.
    """

    name: str
    is_told: bool
    ari: list[float]
    n_found: list[int]
    n_true: list[int]


def measure(
    settings: Mapping[str, Mapping[str, str]] | None = None, n_sets: int = len(SETS)
) -> list[Row]:
    """Run every clustering on simulated data sets, compared by `rotational-cc`.

    Parameters
    ----------
    settings : mapping of str to mapping, optional
        Options by clustering.
    n_sets : int
        The first of `SETS`.
    """
    from sklearn.metrics import adjusted_rand_score

    import rebalance
    from rebalance.simulate import simulate_class_averages

    data = []
    for seed, (n_averages, n_views, n_particles) in enumerate(SETS[:n_sets]):
        simulated = simulate_class_averages(
            {
                "n_averages": n_averages,
                "n_views": n_views,
                "n_particles": n_particles,
                "box": 48,
                "seed": 100 + seed,
            }
        )
        averages = simulated.class_averages
        used = np.flatnonzero((simulated.superclass >= 0) & ~averages.is_empty)
        affinity = rebalance.affinity(averages.subset(used))
        data.append((simulated.superclass[used], affinity))
    rows = []
    for names, is_told in ((FINDERS, False), (TOLD, True)):
        for name in names:
            row = Row(name, is_told, [], [], [])
            for truth, affinity in data:
                n_true = len(np.unique(truth))
                found = rebalance.cluster(
                    affinity,
                    n_true if is_told else None,
                    clustering=name,
                    options=(settings or {}).get(name),
                )
                row.ari.append(float(adjusted_rand_score(truth, found.label)))
                row.n_found.append(len(found))
                row.n_true.append(n_true)
            rows.append(row)
    return rows


def table_of(rows: list[Row]) -> str:
    """Lines for a terminal."""
    lines = [f"{'clustering':21} {'number':6} {'ARI':>4}  least  found of how many"]
    for row in rows:
        numbers = " ".join(f"{a}/{b}" for a, b in zip(row.n_found, row.n_true, strict=True))
        told = "given" if row.is_told else "found"
        mean, least = np.mean(row.ari), min(row.ari)
        lines.append(f"{row.name:21} {told:6} {mean:4.2f}  {least:5.2f}  {numbers}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m rebalance_graph.benchmark", description="Superclasses found and true."
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="CLUSTERING.OPTION=VALUE", help="an option"
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args(arguments)
    settings: dict[str, dict[str, str]] = {}
    for text in given.set:
        place, equals, value = text.partition("=")
        name, point, field = place.partition(".")
        if not (equals and point):
            raise OptionError(f"{text!r} is not CLUSTERING.OPTION=VALUE.")
        settings.setdefault(name, {})[field] = value
    rows = measure(settings)
    sys.stdout.write(table_of(rows) + "\n")
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
