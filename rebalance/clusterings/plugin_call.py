"""Calls a clustering plugin: one thread for BLAS, fresh random numbers for each grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rebalance.blas_threads import one_blas_thread
from rebalance.errors import PluginError
from rebalance.hookspecs import Clustering
from rebalance.model import ClusteringResult, IntArray
from rebalance.options import Options
from rebalance.seeds import generator


def run_plugin(
    plugin: Clustering,
    name: str,
    values: npt.NDArray[np.float32],
    numbers: Sequence[int | None],
    options: Options,
    seed: int,
    weights: IntArray | None,
) -> Mapping[int | None, ClusteringResult]:
    """What a plugin gives for each number: asked once, where it has ``cluster_many``."""
    many = getattr(plugin, "cluster_many", None)
    # Sums in BLAS depend on the number of threads, and so would a label.
    with one_blas_thread():
        if many is None or len(numbers) == 1:
            return {
                number: plugin.cluster(values, number, options, generator(seed), weights)
                for number in numbers
            }
        results = many(values, numbers, options, generator(seed), weights)
    missing = [str(number) for number in numbers if number not in results]
    if missing:
        raise PluginError(
            f"The clustering {name} gave nothing for {', '.join(missing)} superclasses."
        )
    return results


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
