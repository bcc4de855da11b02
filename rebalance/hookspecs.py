"""The four hooks by which packages provide plugins.

A package names a light module in the entry-point group ``rebalance``. The module returns
`PluginSpec`\\ s from any of the hooks; a plugin is imported only when it is used::

    # pyproject.toml                          # my_package/rebalance_plugin.py
    [project.entry-points.rebalance]          from rebalance.hookspecs import PluginSpec, hookimpl
    my-package = "my_package.rebalance_plugin"
                                              @hookimpl
                                              def rebalance_metrics():
                                                  return [PluginSpec("my-metric", "One line.",
                                                                     "my_package.metric:MyMetric")]

The built-in plugins use the same hooks (`rebalance.builtin_plugins`). The contract of each kind is
in `rebalance.contracts`. Plugins may rely on this module, `rebalance.contracts`, `rebalance.model`,
`rebalance.options`, `rebalance.errors`, `rebalance.toolkit`, `rebalance.pairwise` (a metric that is
one function of a pair) and `rebalance.testing` (checks of the contracts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pluggy

HOOK_VERSION = 1
"""Increased when a change of hooks or contracts would break older plugins.

A plugin module may set ``REBALANCE_HOOK_VERSION``. If it differs, the package is skipped with a
message instead of failing later.
"""

hookspec = pluggy.HookspecMarker("rebalance")
hookimpl = pluggy.HookimplMarker("rebalance")


@dataclass(frozen=True)
class PluginSpec:
    """One plugin, without importing it.

    Parameters
    ----------
    name : str
        As typed on the command line: lower case, with hyphens.
    summary : str
        One line.
    implementation : str
        ``"package.module:Class"``; the class is called without arguments.
    provides : tuple of str
        ``("alignment",)`` for a metric whose alignments other metrics may use.
    """

    name: str
    summary: str
    implementation: str
    provides: tuple[str, ...] = ()


class HookSpecs:
    """Each hook returns a list of `PluginSpec`."""

    @hookspec
    def rebalance_metrics(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Metrics: see `rebalance.contracts.Metric`."""

    @hookspec
    def rebalance_clusterings(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Clusterings: see `rebalance.contracts.Clustering`."""

    @hookspec
    def rebalance_strategies(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Strategies: see `rebalance.contracts.Strategy`."""

    @hookspec
    def rebalance_formats(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Formats: see `rebalance.contracts.Format`."""


__all__ = ["HOOK_VERSION", "HookSpecs", "PluginSpec", "hookimpl", "hookspec"]
