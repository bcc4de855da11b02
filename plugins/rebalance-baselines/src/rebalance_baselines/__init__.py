"""Plain baselines; the implementations load when they are used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [
        PluginSpec(
            "euclidean",
            "Baseline: distance between the images as they were read.",
            "rebalance_baselines.euclidean:Euclidean",
        ),
        PluginSpec(
            "unaligned",
            "Baseline: correlation of the masked images without alignment.",
            "rebalance_baselines.unaligned:Unaligned",
        ),
        PluginSpec(
            "rotational-profile",
            "Baseline: correlation of the rotational averages.",
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
            "K centers in the space spanned by the affinity (classical scaling).",
            "rebalance_baselines.k_means:KMeansClustering",
        ),
    ]
