"""Comparison with SLICEM's published scores and clusters.

``python -m rebalance_commonlines.benchmark FOLDER`` prints the table. The folder needs the
class averages that SLICEM comes with (https://github.com/marcottelab/SLICEM, data/) as
``mixture_2D.mrcs``, its scores as ``slicem_scores_mixture_Euclidean.txt``, and the clusters of its
manual as a table ``slicem_author_clusters.tsv`` (class_index_0based, slicem_manual_cluster).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

METRICS: dict[str, tuple[str, dict[str, str]]] = {
    "common-lines": ("common-lines", {}),
    "common-lines, spectra": ("common-lines", {"compare": "spectra"}),
    "common-lines, any shift": ("common-lines", {"shift": "any"}),
    "common-lines, mass": ("common-lines", {"normalise": "mass"}),
    "rotational-cc": ("rotational-cc", {}),
}
CLUSTERINGS: dict[str, tuple[str, int | None, dict[str, str | int]]] = {
    # Between structures there are no views on the way: no paths.
    "average linkage, K = 6": ("hierarchical", 6, {"linkage": "average", "path_neighbors": 0}),
    "spectral, K = 6": ("spectral", 6, {}),
    "leiden": ("leiden", None, {}),
    "hdbscan": ("hdbscan", None, {}),
}
"""The last two need the package rebalance-graph, and are left out without it."""


@dataclass(frozen=True)
class Row:
    """One metric against what SLICEM's authors published.

    Parameters
    ----------
    name : str
    spearman, pearson : float
        Correlation with their scores over all pairs; NaN for a metric that gives no distances.
    ari : dict of str to float
        Adjusted Rand index with their clusters, by clustering.
    n_superclasses : dict of str to int
    """

    name: str
    spearman: float = float("nan")
    pearson: float = float("nan")
    ari: dict[str, float] = field(default_factory=dict)
    n_superclasses: dict[str, int] = field(default_factory=dict)


def published_scores(path: Path, n: int) -> npt.NDArray[np.float64]:
    """SLICEM's table of scores as a matrix, float64 (n, n)."""
    scores = np.zeros((n, n))
    with open(path, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            scores[int(row["projection_1"]), int(row["projection_2"])] = float(row["score"])
    return scores


def author_clusters(path: Path) -> list[str]:
    """Names of the clusters of SLICEM's manual, in order of the averages."""
    with open(path, newline="") as file:
        return [row["slicem_manual_cluster"] for row in csv.DictReader(file, delimiter="\t")]


def compare_with_slicem(folder: Path, names: Iterable[str] = tuple(METRICS)) -> list[Row]:
    """Scores and clusters of every metric of `METRICS`, beside the published ones.

    Parameters
    ----------
    folder : Path
        With the three files that this module names.
    names : iterable of str
        Of `METRICS`.
    """
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import adjusted_rand_score

    import rebalance
    from rebalance.errors import PluginError

    averages = rebalance.read(folder / "mixture_2D.mrcs").class_averages
    assert averages is not None
    n = len(averages)
    pairs = np.triu_indices(n, 1)
    scores = published_scores(folder / "slicem_scores_mixture_Euclidean.txt", n)[pairs]
    clusters = author_clusters(folder / "slicem_author_clusters.tsv")
    rows = []
    for name in names:
        metric, options = METRICS[name]
        affinity = rebalance.affinity(averages, metric, options=options)
        row = Row(name)
        if affinity.raw is not None:
            found = affinity.raw[pairs].astype(np.float64)
            row = Row(
                name,
                float(spearmanr(found, scores).statistic),
                float(pearsonr(found, scores).statistic),
            )
        for way, (clustering, number, settings) in CLUSTERINGS.items():
            try:
                groups = rebalance.cluster(
                    affinity, number, clustering=clustering, options=settings
                )
            except PluginError:
                continue
            row.ari[way] = float(adjusted_rand_score(clusters, groups.label))
            row.n_superclasses[way] = len(groups)
        rows.append(row)
    return rows


def table_of(rows: list[Row]) -> str:
    """Lines for a terminal."""
    ways = list(dict.fromkeys(way for row in rows for way in row.ari))
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  Spearman  Pearson  " + "  ".join(ways)]
    for row in rows:
        numbers = [
            "-" if np.isnan(value) else f"{value:.4f}" for value in (row.spearman, row.pearson)
        ]
        found = [f"{row.ari[way]:.2f} ({row.n_superclasses[way]})".rjust(len(way)) for way in ways]
        lines.append(f"{row.name:{width}}  {numbers[0]:>8}  {numbers[1]:>7}  " + "  ".join(found))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write it as JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m rebalance_commonlines.benchmark",
        description="Compare with SLICEM: correlation with its scores, and adjusted Rand index "
        "(number of superclasses) with its clusters.",
    )
    parser.add_argument("folder", type=Path, help="class averages, scores and clusters of SLICEM")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args(arguments)
    rows = compare_with_slicem(given.folder)
    sys.stdout.write(table_of(rows) + "\n")
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
