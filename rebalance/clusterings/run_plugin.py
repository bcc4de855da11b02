"""Calls a clustering plugin, and checks what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rebalance.blas import single_threaded
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
    plugin, options = clustering.plugin, clustering.options
    several = [number for number in numbers if number is not None]
    results = None
    # Sums in BLAS depend on the number of threads, and so would a label.
    with single_threaded():
        if len(several) > 1 and len(several) == len(numbers):
            results = plugin.cluster_many(averages, several, options, generator(seed))
        if results is None:
            return {
                number: plugin.cluster(averages, number, options, generator(seed))
                for number in numbers
            }
    missing = [str(number) for number in numbers if number not in results]
    if missing:
        raise PluginError(
            f"The clustering {clustering.name} returned nothing for {', '.join(missing)} "
            "superclasses."
        )
    return {number: results[number] for number in several}


def check_result(result: ClusteringResult, n: int, number: int | None, name: str) -> list[str]:
    """Hold a result for n averages to the contract; what there is to say of its number."""
    if not isinstance(result, ClusteringResult):
        raise PluginError(
            f"The clustering {name} returned {type(result).__name__}, not a ClusteringResult.",
            hint="See rebalance.contracts.Clustering for what cluster() must return.",
        )
    label = np.asarray(result.label)
    if label.shape != (n,) or label.dtype.kind not in "iu":
        raise PluginError(
            f"The clustering {name} returned labels of shape {label.shape} and type "
            f"{label.dtype}; expected {n} whole numbers."
        )
    if result.order is not None and sorted(np.asarray(result.order).tolist()) != list(range(n)):
        raise PluginError(
            f"The order returned by the clustering {name} is not an order of {n} averages."
        )
    if result.linkage is not None and result.linkage.shape != (n - 1, 4):
        raise PluginError(
            f"The linkage of the clustering {name} has shape {result.linkage.shape}, "
            f"not ({n - 1}, 4)."
        )
    found = len(np.unique(label))
    if number is None:
        return [f"The clustering {name} found {found} superclasses."]
    if found > number:
        raise PluginError(
            f"The clustering {name} returned {found} superclasses instead of {number}."
        )
    if found < number:
        return [f"The clustering {name} found {found} superclasses instead of {number}."]
    return []


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
