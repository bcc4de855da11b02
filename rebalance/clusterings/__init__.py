"""Superclasses from an affinity, from a person's own labels, or of one class average each.

The step between the engine and the strategies: it keeps averages that take no part away from the
clustering plugin, and gives its labels their final numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy.typing as npt

from rebalance.clusterings.advice import named_or_advised
from rebalance.clusterings.arguments import as_affinity, classes_of, refuse_swapped
from rebalance.clusterings.grouping import (
    cluster_classes,
    cluster_each,
    from_labels,
    identity_superclasses,
    shares_work,
)
from rebalance.contracts import Clustering
from rebalance.model import Affinity, Superclasses
from rebalance.options import Options

__all__ = [
    "cluster",
    "cluster_classes",
    "cluster_each",
    "from_labels",
    "identity_superclasses",
    "shares_work",
]


def cluster(
    affinity: Affinity | npt.ArrayLike,
    n_superclasses: int | Literal["auto"] | None = None,
    *,
    clustering: str | Clustering | None = None,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
) -> Superclasses:
    """Group class averages into superclasses of similar view.

    Parameters
    ----------
    affinity : Affinity or float (N, N)
        Of N averages. The averages of a bare matrix are numbered from 1.
    n_superclasses : int or ``"auto"``, optional
        K, 1 to the number of usable averages, or that which `rebalance.scan` suggests. Required
        unless the clustering finds it itself or puts each average by itself (``identity``), where
        it must equal N (or the number of usable averages, with a note).
    clustering : str or Clustering, optional
        Name of an installed plugin, or an instance. By default what the metric of the affinity
        advises, said in a note; else ``hierarchical``.
    options : Options or mapping, optional
        Of the clustering.
    seed : int ≥ 0
    n_particles : int (N,), optional
        Particles of each average, by default those that the affinity carries. An average without
        any counts as empty.
    left_out : iterable of int
        Class numbers not to be used.

    Returns
    -------
    Superclasses
        Numbered by falling particle count (number of averages where counts are not known), ties
        by lowest class number. The same for any order of the averages.

    Raises
    ------
    OptionError
        If K is missing, no whole number, ≤ 0 or larger than the number of usable averages, if no
        average is usable, if seed or options are out of range, or if a matrix is no affinity.
    PluginError
        If the clustering is not there or breaks its contract.
    TypeError
        If the arguments are swapped, or of another kind.
    """
    refuse_swapped(n_superclasses, "rebalance.cluster")
    affinity = as_affinity(affinity, "rebalance.cluster")
    classes = classes_of(affinity, n_particles, left_out)
    clustering, options, notes = named_or_advised(
        clustering, options, affinity, tries_numbers=n_superclasses == "auto"
    )
    if n_superclasses == "auto":
        from rebalance.scanning import scan_classes

        scan = scan_classes(classes, affinity, clustering=clustering, options=options, seed=seed)
        superclasses = scan.superclasses[scan.suggestion.number]
        notes = (*notes, scan.suggestion.reason)
    else:
        superclasses = cluster_classes(
            classes, affinity, n_superclasses, clustering=clustering, options=options, seed=seed
        )
    return replace(superclasses, notes=(*notes, *superclasses.notes))
