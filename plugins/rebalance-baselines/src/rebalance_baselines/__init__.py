"""Plain baselines; the implementations load when they are used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [
        PluginSpec(
            "euclidean",
            "Baseline: distance of the images as they were read.",
            "rebalance_baselines.euclidean:Euclidean",
        ),
        PluginSpec(
            "unaligned",
            "Baseline: correlation of the masked images as they lie.",
            "rebalance_baselines.unaligned:Unaligned",
        ),
        PluginSpec(
            "rotational-profile",
            "Baseline: correlation of the means over rings.",
            "rebalance_baselines.rotational_profile:RotationalProfile",
        ),
        PluginSpec(
            "principal-components",
            "Baseline: distance in the leading principal components.",
            "rebalance_baselines.principal_components:PrincipalComponents",
        ),
    ]


@hookimpl
def rebalance_clusterings() -> list[PluginSpec]:
    return [
        PluginSpec(
            "k-means",
            "K centres in the space that the affinity spans (classical scaling).",
            "rebalance_baselines.k_means:KMeansClustering",
        ),
    ]
