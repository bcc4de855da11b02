"""The cells of a study: every combination of data set, method and number of superclasses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rebalance.comparison.study import Method, Study
from rebalance.errors import InputError
from rebalance.options import parse_options
from rebalance.record.run_record import plugin_facts
from rebalance.registry import registry

MOST_CELLS = 100_000
NO_METRIC = "none"
"""Label of the metric where the clustering needs no affinity."""


@dataclass(frozen=True)
class Plugin:
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
    """

    kind: str
    name: str
    label: str
    options: Mapping[str, Any] = field(default_factory=dict)
    package: str = ""
    version: str = ""
    needs_affinity: bool = True
    takes_number: bool = True

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
    metric : Plugin or None
        None where the clustering needs no affinity.
    clustering, strategy : Plugin
    n_superclasses : int or ``"truth"``
        That the oracle makes too; a clustering that puts each average by itself takes no notice.
    """

    metric: Plugin | None
    clustering: Plugin
    strategy: Plugin
    n_superclasses: int | str


@dataclass(frozen=True)
class Grid:
    """The methods of a study, expanded.

    Parameters
    ----------
    metrics, clusterings, strategies : tuple of Plugin
    numbers : tuple of int or ``"truth"``
    """

    metrics: tuple[Plugin, ...]
    clusterings: tuple[Plugin, ...]
    strategies: tuple[Plugin, ...]
    numbers: tuple[int | str, ...]

    def combinations(self) -> Iterator[Combination]:
        """Every combination that makes a difference, those of one metric together."""
        for metric in self.metrics:
            for clustering in self.clusterings:
                if clustering.needs_affinity:
                    yield from self._of(metric, clustering)
        for clustering in self.clusterings:
            if not clustering.needs_affinity:
                yield from self._of(None, clustering)

    def _of(self, metric: Plugin | None, clustering: Plugin) -> Iterator[Combination]:
        for number, strategy in itertools.product(self.numbers, self.strategies):
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


def expand(study: Study) -> Grid:
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
    data = sum(1 if one.simulate is None else n_variants(one.simulate) for one in study.data)
    n = methods * data * len(study.n_superclasses) * len(study.seed_numbers)
    if n > MOST_CELLS:
        raise InputError(
            f"The study has up to {n:,} cells; {MOST_CELLS:,} were expected at most.",
            cure="Leave out data, seeds or values of options, or make several studies of it.",
        )
    return Grid(
        _plugins("metric", study.metric),
        _plugins("clustering", study.clustering),
        _plugins("strategy", study.strategy),
        study.n_superclasses,
    )


def variants(options: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """One value for each option, and in words those of options that have several."""
    listed = _listed(options)
    varied = [name for name, values in listed.items() if len(values) > 1]
    for values in itertools.product(*listed.values()):
        chosen = dict(zip(listed, values, strict=True))
        yield chosen, " ".join(f"{name}={_word(chosen[name])}" for name in varied)


def n_variants(options: Mapping[str, Any]) -> int:
    """How many `variants` there are.

    Raises
    ------
    InputError
        If an option has a list without values: that would be a study of nothing.
    """
    for name, values in _listed(options).items():
        if not values:
            raise InputError(
                "The list of values is empty.",
                where=f"option {name}",
                cure="Give at least one value, or leave the option out.",
            )
    return math.prod(map(len, _listed(options).values()))


def _listed(options: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: value if isinstance(value, list) else [value] for name, value in options.items()}


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plugins(kind: str, methods: tuple[Method, ...]) -> tuple[Plugin, ...]:
    found = []
    for method in methods:
        instance = registry().load(kind, method.name)
        facts = plugin_facts(kind, method.name, method.name)
        for options, words in variants(method.options):
            parsed = parse_options(
                instance.options_model, options, owner=f"{kind} {method.name}", prefix=kind
            )
            fixed = "" if method.label else _fixed(method, words)
            label = " ".join(part for part in (method.label or method.name, fixed, words) if part)
            each_by_itself = bool(getattr(instance, "each_by_itself", False))
            found.append(
                Plugin(
                    kind,
                    method.name,
                    label,
                    parsed.model_dump(mode="json"),
                    str(facts["package"]),
                    f"{facts['version']}{_own_version(instance)}",
                    needs_affinity=bool(getattr(instance, "needs_affinity", True)),
                    takes_number=not each_by_itself,
                )
            )
    labels = [plugin.label for plugin in found]
    again = next((label for label in labels if labels.count(label) > 1), None)
    if again is not None:
        raise InputError(
            f"Two methods are called {again!r}.",
            where=f"key {kind}",
            cure="Leave one out, or give them labels.",
        )
    return tuple(found)


def _fixed(method: Method, words: str) -> str:
    varied = {word.partition("=")[0] for word in words.split()}
    return " ".join(
        f"{name}={_word(value[0] if isinstance(value, list) else value)}"
        for name, value in method.options.items()
        if name not in varied
    )


def _own_version(instance: Any) -> str:
    version = getattr(instance, "version", "")
    return f" ({version})" if isinstance(version, str | int) and version != "" else ""
