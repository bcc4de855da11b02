"""The door for plugins: four hooks, and how a package hands its plugins out.

A plugin package names a light module in the entry-point group ``rebalance``; that module hands
out `PluginSpec`\\ s from any of the four hooks, and nothing is imported until a plugin is used::

    # pyproject.toml                          # my_package/rebalance_plugin.py
    [project.entry-points.rebalance]          from rebalance.hookspecs import PluginSpec, hookimpl
    my-package = "my_package.rebalance_plugin"
                                              @hookimpl
                                              def rebalance_metrics():
                                                  return [PluginSpec("my-metric", "One line.",
                                                                     "my_package.metric:MyMetric")]

The built-ins come in by the same hooks (`rebalance.builtin_plugins`). What a plugin of each kind is
stands in `rebalance.contracts`. A plugin may rely on this module, `rebalance.contracts`,
`rebalance.model`, `rebalance.options`, `rebalance.errors`, `rebalance.toolkit`,
`rebalance.pairwise` (a metric that is one function of a pair) and `rebalance.testing` (checks that
hold it to its contract).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pluggy

HOOK_VERSION = 1
"""Raised when hooks or contracts change so that older plugins would break.

The module of an entry point may state ``REBALANCE_HOOK_VERSION``: made for another version, it is
left out, with a message, instead of failing somewhere on the way.
"""

hookspec = pluggy.HookspecMarker("rebalance")
hookimpl = pluggy.HookimplMarker("rebalance")


@dataclass(frozen=True)
class PluginSpec:
    """One plugin, without importing it.

    Parameters
    ----------
    name : str
        As typed on the command line: lower case, words joined by hyphens.
    summary : str
        One line.
    implementation : str
        ``"package.module:Class"``; the class is called without arguments.
    provides : tuple of str
        ``("alignment",)`` for a metric whose alignments other metrics may share.
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
