"""A plugin to check, by instance or name, with its options."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rebalance.contracts import Column
from rebalance.errors import OptionError, PluginError
from rebalance.hookspecs import PluginSpec
from rebalance.plugin_validation import called, kind_of
from rebalance.registry import KINDS, registry


@dataclass(frozen=True, eq=False)
class Case:
    """A plugin to check, with its options.

    Parameters
    ----------
    plugin : Metric, Clustering, Strategy, Format, or str
        An instance, or the name of an installed plugin.
    kind : {"metric", "clustering", "strategy", "format"}, optional
        Needed if plugins of several kinds have the name.
    options : mapping, optional
        By default those of the plugin.
    columns : sequence of str or Column
        Strategies: columns of the particle table that it reads, besides those that it declares.
    examples : sequence of path
        Formats: files or folders of the format.

    Raises
    ------
    PluginError
        If there is no plugin of that name, or the kind is not clear.
    """

    plugin: Any
    kind: str = ""
    options: Mapping[str, Any] | None = None
    columns: Sequence[str | Column] = ()
    examples: Sequence[str | os.PathLike[str]] = field(default=())

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise PluginError(
                f"There are no plugins of kind {self.kind!r}.",
                hint=f"The kinds are {', '.join(KINDS)}.",
            )
        if not self.kind:
            object.__setattr__(self, "kind", _kind_of(self.plugin))
        elif isinstance(self.plugin, str):
            registry().find(self.kind, self.plugin)

    @property
    def name(self) -> str:
        """The name of the plugin; for an instance its own, or that of its class."""
        return self.plugin if isinstance(self.plugin, str) else called(self.plugin)

    @property
    def _spec(self) -> PluginSpec | None:
        is_installed = isinstance(self.plugin, str)
        return registry().find(self.kind, self.plugin).spec if is_installed else None

    @cached_property
    def subject(self) -> Any:
        """The subject of the checks, made once.

        Raises
        ------
        OptionError
            If a given option is unknown or out of range, or if a strategy reads a column that was
            not named.
        """
        subject = self._made()
        # Wrong options are a mistake of the caller, not of the plugin; other faults are for the
        # checks.
        try:
            _ = subject.options
        except OptionError:
            raise
        except Exception:
            return subject
        return subject

    def _made(self) -> Any:
        plugin = self.plugin
        if isinstance(plugin, str):
            plugin = registry().load(self.kind, plugin)
        if self.kind == "metric":
            from rebalance.testing.metric_subject import MetricSubject

            provides = self._spec.provides if self._spec else ()
            return MetricSubject(plugin, self.name, self.options, provides)
        if self.kind == "clustering":
            from rebalance.testing.clustering_subject import ClusteringSubject

            return ClusteringSubject(plugin, self.name, self.options)
        if self.kind == "strategy":
            from rebalance.testing.strategy_subject import StrategySubject

            return StrategySubject(plugin, self.name, self.options, self.columns)
        from rebalance.testing.format_subject import FormatSubject

        return FormatSubject(plugin, self.name, examples=self.examples)


def _kind_of(plugin: Any) -> str:
    if not isinstance(plugin, str):
        kinds = kind_of(plugin)
        if len(kinds) == 1:
            return kinds[0]
        raise PluginError(
            f"The kind of {type(plugin).__name__} is not clear: it has "
            f"{'the methods of ' + ' and '.join(kinds) if kinds else 'no methods of any kind'}.",
            hint=f"Give its kind: {', '.join(KINDS)}.",
        )
    kinds = [one.kind for one in registry() if one.name == plugin]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise PluginError(
            f"There are plugins {plugin!r} of the kinds {', '.join(kinds)}.",
            hint="Give the kind.",
        )
    names = ", ".join(sorted({one.name for one in registry()}))
    raise PluginError(f"There is no plugin {plugin!r}.", hint=f"Installed: {names or 'none'}.")
