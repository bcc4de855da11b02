"""A metric by common lines; the implementation loads when it is used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [
        PluginSpec(
            "common-lines",
            "Best pair of one-dimensional projections: finds averages of the same structure, in "
            "any view.",
            "rebalance_commonlines.common_lines:CommonLines",
        )
    ]
