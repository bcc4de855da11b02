"""Metrics made of others; the implementations load when they are used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [
        PluginSpec(
            "blend",
            "Weighted mean of other metrics, named in the options.",
            "rebalance_blend.blend:Blend",
        ),
        PluginSpec(
            "simple-hybrid",
            "Signal statistics, correlation and resolution, after SIMPLE.",
            "rebalance_blend.simple_hybrid:SimpleHybrid",
        ),
    ]
