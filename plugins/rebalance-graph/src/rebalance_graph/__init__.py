"""Clusterings of the affinity graph; the implementations load when they are used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_clusterings() -> list[PluginSpec]:
    return [
        PluginSpec(
            "leiden",
            "Communities of the nearest-neighbor graph; finds their number.",
            "rebalance_graph.leiden:Leiden",
        ),
        PluginSpec(
            "hdbscan",
            "Dense regions by HDBSCAN; finds their number.",
            "rebalance_graph.hdbscan:Hdbscan",
        ),
        PluginSpec(
            "affinity-propagation",
            "Exemplars that the averages agree on; finds their number.",
            "rebalance_graph.affinity_propagation:AffinityPropagation",
        ),
        PluginSpec(
            "k-medoids",
            "Groups each average with the closest of K central averages (FasterPAM).",
            "rebalance_graph.k_medoids:KMedoids",
        ),
    ]
