"""Calls a clustering plugin: one thread for BLAS, fresh random numbers for each grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rebalance.contracts import Clustering, ClusteringInput
from rebalance.errors import PluginError
from rebalance.model import ClusteringResult, IntArray
from rebalance.registry import Bound
from rebalance.seeds import generator


def run_plugin(
    clustering: Bound[Clustering],
    averages: ClusteringInput,
    numbers: Sequence[int | None],
    seed: int,
) -> Mapping[int | None, ClusteringResult]:
    """What a plugin gives for each number: asked once, where it groups by many at a time."""
    from threadpoolctl import threadpool_limits

    plugin, options = clustering.plugin, clustering.options
    several = [number for number in numbers if number is not None]
    results = None
    # Sums in BLAS depend on the number of threads, and so would a label.
    with threadpool_limits(limits=1):
        if len(numbers) == len(several) > 1:
            results = plugin.cluster_many(averages, several, options, generator(seed))
        if results is None:
            return {
                number: plugin.cluster(averages, number, options, generator(seed))
                for number in numbers
            }
    missing = [str(number) for number in numbers if number not in results]
    if missing:
        raise PluginError(
            f"The clustering {clustering.name} gave nothing for {', '.join(missing)} superclasses."
        )
    return {number: results[number] for number in several}


def linkage_in_order(
    linkage: npt.NDArray[np.float64] | None, shown: IntArray
) -> npt.NDArray[np.float64] | None:
    """A tree over the averages that a plugin was shown, as one over the averages in order."""
    if linkage is None:
        return None
    # Leaves of the plugin are in order of class number; ours are in order of the averages.
    place = np.argsort(np.argsort(shown))
    renumbered = linkage.copy()
    children = renumbered[:, :2]
    leaf = children < len(shown)
    children[leaf] = place[children[leaf].astype(np.int64)]
    return renumbered
