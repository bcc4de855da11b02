"""The methods of a study: every combination of metric, clustering, strategy and number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rebalance.comparison.option_variants import n_variants, variants, word_of
from rebalance.comparison.study import Method, Metric, Study
from rebalance.errors import InputError
from rebalance.record.run_record import plugin_facts
from rebalance.registry import bind

MOST_CELLS = 100_000


@dataclass(frozen=True)
class ConfiguredPlugin:
    """A plugin with one value for each option.

    Parameters
    ----------
    kind, name, label : str
    options : mapping
        After defaults, JSON values.
    package, version : str
    needs_affinity : bool
        False for a clustering that does without.
    takes_number : bool
        False for a clustering that puts each average by itself.
    only_with : tuple of str, optional
        Labels of the clusterings that a metric is combined with; all when None.
    """

    kind: str
    name: str
    label: str
    options: Mapping[str, Any] = field(default_factory=dict)
    package: str = ""
    version: str = ""
    needs_affinity: bool = True
    takes_number: bool = True
    only_with: tuple[str, ...] | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its results, as JSON values."""
        return {
            "name": self.name,
            "package": self.package,
            "version": self.version,
            "options": dict(self.options),
        }


@dataclass(frozen=True)
class Combination:
    """A metric, a clustering, a strategy and a number of superclasses.

    Parameters
    ----------
    metric : ConfiguredPlugin or None
        None where the clustering needs no affinity.
    clustering, strategy : ConfiguredPlugin
    n_superclasses : int or ``"truth"``
        That the oracle makes too; a clustering that puts each average by itself takes no notice.
    """

    metric: ConfiguredPlugin | None
    clustering: ConfiguredPlugin
    strategy: ConfiguredPlugin
    n_superclasses: int | str


@dataclass(frozen=True)
class MethodGrid:
    """The methods of a study, expanded.

    Parameters
    ----------
    metrics, clusterings, strategies : tuple of ConfiguredPlugin
    """

    metrics: tuple[ConfiguredPlugin, ...]
    clusterings: tuple[ConfiguredPlugin, ...]
    strategies: tuple[ConfiguredPlugin, ...]

    def combinations(self, numbers: Sequence[int | str]) -> Iterator[Combination]:
        """Every combination that makes a difference, those of one metric together.

        Parameters
        ----------
        numbers : sequence of int or ``"truth"``
            Of superclasses.
        """
        pairs: list[tuple[ConfiguredPlugin | None, ConfiguredPlugin]] = [
            (metric, clustering)
            for metric in self.metrics
            for clustering in self.clusterings
            if clustering.needs_affinity
            and (metric.only_with is None or clustering.label in metric.only_with)
        ]
        pairs += [(None, one) for one in self.clusterings if not one.needs_affinity]
        for (metric, clustering), number, strategy in itertools.product(
            pairs, numbers, self.strategies
        ):
            yield Combination(metric, clustering, strategy, number)

    def method_label(self, combination: Combination) -> str:
        """What distinguishes a method from the others of the study."""
        parts = []
        if len(self.metrics) > 1 and combination.metric is not None:
            parts.append(combination.metric.label)
        if len(self.clusterings) > 1 or not parts:
            parts.append(combination.clustering.label)
        if len(self.strategies) > 1:
            parts.append(combination.strategy.label)
        return " + ".join(parts)


def expand(study: Study) -> MethodGrid:
    """The grid of a study, every plugin found and its options validated.

    Raises
    ------
    PluginError
        If a plugin is not there or can't be loaded.
    OptionError
        If an option is out of range.
    InputError
        If two methods of a kind have the same label, or if the study is beyond all measure.
    """
    methods = math.prod(
        sum(n_variants(method.options) for method in of_kind)
        for of_kind in (study.metric, study.clustering, study.strategy)
    )
    n = methods * sum(
        (1 if one.simulate is None else n_variants(study.simulation_of(one)))
        * len(study.numbers_of(one))
        * len(study.seeds_of(one))
        for one in study.data
    )
    if n > MOST_CELLS:
        raise InputError(
            f"The study has up to {n:,} cells; the limit is {MOST_CELLS:,}.",
            hint="Use fewer data sets, seeds or values of options, or split the study.",
        )
    clusterings = _plugins("clustering", study.clustering)
    return MethodGrid(
        _plugins("metric", study.metric, clusterings),
        clusterings,
        _plugins("strategy", study.strategy),
    )


def _plugins(
    kind: str, methods: Sequence[Method], clusterings: Sequence[ConfiguredPlugin] = ()
) -> tuple[ConfiguredPlugin, ...]:
    found = []
    for method in methods:
        only_with = _only_with(method, clusterings)
        facts = plugin_facts(kind, method.name, method.name)
        for options, words in variants(method.options):
            bound = bind(kind, method.name, options)
            fixed = "" if method.label else _fixed(method, words)
            label = " ".join(part for part in (method.label or method.name, fixed, words) if part)
            is_clustering = kind == "clustering"
            found.append(
                ConfiguredPlugin(
                    kind,
                    method.name,
                    label,
                    bound.recorded_options,
                    str(facts["package"]),
                    f"{facts['version']}{_own_version(bound.plugin.version)}",
                    needs_affinity=not is_clustering or bound.plugin.needs_affinity,
                    takes_number=not (is_clustering and bound.plugin.each_by_itself),
                    only_with=only_with,
                )
            )
    labels = [plugin.label for plugin in found]
    again = next((label for label in labels if labels.count(label) > 1), None)
    if again is not None:
        raise InputError(
            f"Two methods are called {again!r}.",
            location=f"key {kind}",
            hint="Leave one out, or give them labels.",
        )
    return tuple(found)


def _only_with(method: Method, clusterings: Sequence[ConfiguredPlugin]) -> tuple[str, ...] | None:
    """Labels of the clusterings that a metric names."""
    if not isinstance(method, Metric) or method.clustering is None:
        return None
    found = []
    for name in method.clustering:
        labels = [one.label for one in clusterings if name in (one.label, one.name)]
        if not labels:
            raise InputError(
                f"The metric {method.label or method.name} is to be combined with {name!r}, which "
                "is not a clustering of the study.",
                location="key metric",
                hint=f"Choose from {', '.join(one.label for one in clusterings)}.",
            )
        found += labels
    return tuple(found)


def _fixed(method: Method, words: str) -> str:
    varied = {word.partition("=")[0] for word in words.split()}
    return " ".join(
        f"{name}={word_of(value[0] if isinstance(value, list) else value)}"
        for name, value in method.options.items()
        if name not in varied
    )


def _own_version(version: str) -> str:
    return f" ({version})" if version else ""
