"""The plugins that come with the package; they enter by the same hooks as third-party ones."""

from __future__ import annotations

from rebalance.contracts import ALIGNMENT
from rebalance.hookspecs import HOOK_VERSION, PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = HOOK_VERSION


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [
        PluginSpec(
            "rotational-cc",
            "Best normalized correlation over rotation, shift and mirror.",
            "rebalance.metrics.rotational_cc:RotationalCC",
            provides=(ALIGNMENT,),
        ),
        PluginSpec(
            "frc",
            "Mean Fourier ring correlation of the aligned pair.",
            "rebalance.metrics.frc:FourierRingCorrelation",
        ),
        PluginSpec(
            "views",
            "Image similarity, reduced by the angle between the views of two averages.",
            "rebalance.metrics.views:ViewsMetric",
        ),
    ]


@hookimpl
def rebalance_clusterings() -> list[PluginSpec]:
    return [
        PluginSpec(
            "hierarchical",
            "Agglomerative clustering along paths of similar averages, with a dendrogram.",
            "rebalance.clusterings.hierarchical:Hierarchical",
        ),
        PluginSpec(
            "spectral",
            "Spectral clustering of the affinity graph.",
            "rebalance.clusterings.spectral:Spectral",
        ),
        PluginSpec(
            "identity",
            "Superclassification off: each class average is its own superclass.",
            "rebalance.clusterings.identity:Identity",
        ),
    ]


@hookimpl
def rebalance_strategies() -> list[PluginSpec]:
    return [
        PluginSpec(
            "random",
            "Keeps random particles of a crowded superclass.",
            "rebalance.strategies.random:Random",
        ),
        PluginSpec(
            "best",
            "Keeps the particles with the best score in a column of the table.",
            "rebalance.strategies.best:Best",
        ),
    ]


@hookimpl
def rebalance_formats() -> list[PluginSpec]:
    return [
        PluginSpec("relion", "RELION star files, 3.0 to 5.", "rebalance.formats.relion:Relion"),
        PluginSpec(
            "cryosparc",
            "CryoSPARC .cs files and result groups.",
            "rebalance.formats.cryosparc:CryoSparc",
        ),
        PluginSpec("stack", "A bare MRC stack of class averages.", "rebalance.formats.stack:Stack"),
    ]
