"""How many superclasses: every number in a range tried on one affinity, and one suggested.

It groups by each number, measures how good the groups are (`criteria`), what would be expected by
chance (`null_model`) and how stable they are (`stability`), and suggests a number with the reason
(`suggestion`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rebalance import defaults
from rebalance.clusterings.grouping import cluster_each, label_each
from rebalance.contracts import Clustering
from rebalance.errors import OptionError
from rebalance.model import Affinity, Classes, FloatArray, IntArray, Scan, views_of
from rebalance.options import Options
from rebalance.registry import bind
from rebalance.scanning.adjusted_rand import adjusted_rand
from rebalance.scanning.criteria import contrast, eigengaps, silhouette
from rebalance.scanning.null_model import Spread
from rebalance.scanning.stability import affinity_noise, resample
from rebalance.scanning.suggestion import Tried, score_of, suggest
from rebalance.seeds import generator
from rebalance.strategies.caps import Factor, decide_cap
from rebalance.strategies.small import CapFrom, is_small

__all__ = [
    "FEWEST",
    "MOST",
    "check_enough",
    "check_numbers",
    "default_numbers",
    "scan_classes",
]

FEWEST, MOST = 3, 60
"""The numbers of superclasses tried by default, as far as there are averages."""

NULL_SAMPLES, RESAMPLES = 5, 10
_NULL, _RESAMPLE = 1, 2


def default_numbers(n_usable: int) -> range:
    """The numbers tried for so many usable averages: 3 to 60, and at most n − 1."""
    return range(min(FEWEST, n_usable - 1), min(MOST, n_usable - 1) + 1)


def scan_classes(
    classes: Classes,
    affinity: Affinity,
    numbers: Iterable[int] | None = None,
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    factor: Factor | None = None,
    max_size: int | None = None,
    cap_from: CapFrom = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """What `scan` finds, for classes that are already selected.

    Parameters
    ----------
    classes : Classes
    affinity : Affinity
        Of these classes.
    numbers, clustering, options, seed, factor, max_size, cap_from, progress
        As for `scan`.

    Raises
    ------
    OptionError
        As `scan` does.
    """
    bound = bind("clustering", clustering, options)
    if bound.plugin.finds_number:
        raise OptionError(
            f"The clustering {bound.name} finds the number of superclasses itself.",
            hint="Choose a clustering that takes the number, e.g. hierarchical.",
        )
    usable = classes.takes_part
    ks = check_numbers(numbers, int(usable.sum()))
    report = progress or (lambda done, total: None)
    parts = 1 + NULL_SAMPLES + RESAMPLES

    def labels_of(matrix: FloatArray, wanted: Sequence[int]) -> dict[int, IntArray]:
        return label_each(matrix, wanted, clustering=clustering, options=options, seed=seed)

    whole = cluster_each(classes, affinity, ks, clustering=clustering, options=options, seed=seed)
    by_number = {k: whole[k] for k in ks}
    report(1, parts)
    values = np.ascontiguousarray(affinity.values[np.ix_(usable, usable)])
    weights = None if classes.n_particles is None else classes.n_particles[usable]
    label = {k: by_number[k].label[usable] for k in ks}
    measured = np.array([_silhouette(values, label[k], weights) for k in ks])

    expected = np.empty((NULL_SAMPLES, len(ks)))
    spread = Spread(values)
    for number in range(NULL_SAMPLES):
        sample = spread.sample(generator(seed, _NULL, number))
        groups = labels_of(sample, ks)
        expected[number] = [silhouette(sample, groups[k]) for k in ks]
        report(1 + number + 1, parts)

    noise = affinity_noise(values)
    stable = np.full((RESAMPLES, len(ks)), np.nan)
    for number in range(RESAMPLES):
        kept, noisy = resample(values, noise, generator(seed, _RESAMPLE, number))
        fitting = [k for k in ks if k < len(kept)]
        groups = labels_of(noisy, fitting) if fitting else {}
        for k, agreement in _agreements(label, groups, kept):
            stable[number, ks.index(k)] = agreement
        report(1 + NULL_SAMPLES + number + 1, parts)

    mean_expected, stability = expected.mean(axis=0), stable.mean(axis=0)
    sizes = [by_number[k].size for k in ks]
    one = by_number[ks[0]]
    small = np.array([is_small(size, cap_from).sum() for size in sizes], dtype=np.int64)
    views = views_of(affinity)
    tried = Tried(
        numbers=np.array(ks, dtype=np.int64),
        silhouette=measured,
        expected=mean_expected,
        stability=stability,
        small=small,
        alone=np.array([(np.bincount(label[k]) == 1).sum() for k in ks], dtype=np.int64),
        largest_share=np.array([np.bincount(label[k]).max() / len(label[k]) for k in ks]),
        n_averages=len(values),
        trusts_views=None if views is None else views.trusted,
    )
    return Scan(
        numbers=np.array(ks, dtype=np.int64),
        silhouette=measured,
        expected=mean_expected,
        expected_sd=expected.std(axis=0, ddof=1),
        stability=stability,
        contrast=np.array([contrast(values, label[k]) for k in ks]),
        eigengap=eigengaps(values, ks),
        score=score_of(measured, mean_expected),
        smallest=np.array([size.min() for size in sizes], dtype=np.int64),
        kept=np.array([_kept(size, factor, max_size, cap_from) for size in sizes], dtype=np.int64),
        small=small,
        total=int(one.size.sum()),
        suggestion=suggest(tried),
        clustering=one.clustering,
        options=one.options,
        factor=None if factor is None else str(factor),
        max_size=max_size,
        noise=noise,
        superclasses=by_number,
    )


def check_enough(n_usable: int) -> None:
    """OptionError if so many usable averages are too few to try numbers of superclasses."""
    if n_usable < 4:
        raise OptionError(
            "Trying numbers of superclasses needs at least four usable class averages; there "
            f"{'is' if n_usable == 1 else 'are'} {n_usable}.",
            hint="Run with a number instead, e.g. `n_superclasses=1`.",
        )


def check_numbers(numbers: Iterable[int] | None, n_usable: int) -> list[int]:
    """The numbers to try of so many usable averages, rising; OptionError if one can't be tried."""
    check_enough(n_usable)
    ks = sorted(
        {int(number) for number in (default_numbers(n_usable) if numbers is None else numbers)}
    )
    if not ks or ks[0] < 2 or ks[-1] > n_usable - 1:
        found = "none" if not ks else f"{ks[0]} to {ks[-1]}"
        raise OptionError(
            f"The numbers of superclasses to try must be from 2 to {n_usable - 1} (there are "
            f"{n_usable} usable class averages); asked for: {found}.",
            hint=f"Give `numbers=range(3, {min(MOST, n_usable - 1) + 1})`.",
            setting="numbers",
        )
    return ks


def _silhouette(values: FloatArray, label: IntArray, weights: IntArray | None) -> float:
    plain = silhouette(values, label)
    return plain if weights is None else 0.5 * (plain + silhouette(values, label, weights))


def _agreements(
    label: Mapping[int, IntArray], groups: Mapping[int, IntArray], kept: IntArray
) -> Iterator[tuple[int, float]]:
    for k, labels in groups.items():
        yield k, adjusted_rand(label[k][kept], labels)


def _kept(size: IntArray, factor: Factor | None, max_size: int | None, cap_from: CapFrom) -> int:
    deciding = size[~is_small(size, cap_from)]
    cap = decide_cap(int(deciding.min()), factor, max_size).size
    return int(size.sum() if cap is None else size.clip(max=cap).sum())
