"""Holds a plugin to the contract of its kind; the one place that asks what a plugin has.

A class that only has the right shape gets the defaults of the base class for all that it lacks, so
that no one after this has to ask.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from rebalance.contracts import Clustering, Format, Metric, Plugin, Strategy
from rebalance.errors import PluginError
from rebalance.options import Options

CONTRACTS: Mapping[str, type[Plugin]] = {
    "metric": Metric,
    "clustering": Clustering,
    "strategy": Strategy,
    "format": Format,
}
"""The base class of each kind, in the order in which kinds are listed."""

_TELLING = {
    "metric": ("tile",),
    "clustering": ("cluster",),
    "strategy": ("select", "places"),
    "format": ("sniff",),
}
"""Methods that identify the kind of an instance without a base class."""


def validated(instance: Any, kind: str, what: str) -> Any:
    """The instance, or one that adds the contract's defaults to what the instance has.

    Parameters
    ----------
    instance : object
        Or a class that can't be made, since it lacks what is abstract.
    kind : {"metric", "clustering", "strategy", "format"}
    what : str
        What it is called in an error: ``The metric 'mine' of my-package``.

    Returns
    -------
    Metric, Clustering, Strategy or Format

    Raises
    ------
    PluginError
        Names what it lacks, or states in a way that would go wrong far from here; or if it is a
        class.
    """
    contract = CONTRACTS[kind]
    if isinstance(instance, type) and not inspect.isabstract(instance):
        raise PluginError(
            f"{what} is a class.", hint=f"Give an instance of it: {instance.__name__}()."
        )
    if missing := _missing(instance, kind):
        raise PluginError(
            f"{what} lacks {', '.join(missing)}.",
            hint=f"See rebalance.contracts.{contract.__name__} for what a {kind} must have.",
        )
    plugin = instance if isinstance(instance, contract) else _adapted(instance, contract)
    wrong = _misstated(plugin)
    if wrong:
        raise PluginError(
            f"{what} has {wrong}.",
            hint=f"See rebalance.contracts.{contract.__name__} for what a {kind} may state.",
        )
    return plugin


def _missing(instance: Any, kind: str) -> list[str]:
    """The methods that it has to have and lacks; those of a class that can't be made for that."""
    if isinstance(instance, type):
        return sorted(getattr(instance, "__abstractmethods__", ()))
    if kind == "strategy":
        has_one = overrides(instance, "select") or overrides(instance, "places")
        return [] if has_one else ["places or select"]
    return [
        name
        for name in _abstract(CONTRACTS[kind])
        if getattr(
            getattr(instance, name, None), "__isabstractmethod__", not hasattr(instance, name)
        )
    ]


def implementation(plugin: Any) -> Any:
    """What the author wrote, where `validated` put defaults around it."""
    return plugin.adapted if isinstance(plugin, _Adapted) else plugin


def kind_of(instance: Any) -> list[str]:
    """The kinds that an instance can be of: one, if it can be told."""
    kinds = [kind for kind, contract in CONTRACTS.items() if isinstance(instance, contract)]
    return kinds or [
        kind for kind, own in _TELLING.items() if any(hasattr(instance, name) for name in own)
    ]


def overrides(plugin: Any, name: str) -> bool:
    """Whether the author of a plugin wrote a method for which the contract has a default."""
    own = getattr(type(implementation(plugin)), name, None)
    defaults = (vars(base).get(name) for base in (Plugin, *CONTRACTS.values()))
    return own is not None and not any(own is default for default in defaults)


def called(instance: Any) -> str:
    """The name of an instance that is installed nowhere: its own, or that of its class."""
    name = getattr(instance, "name", "")
    return name if isinstance(name, str) and name else type(implementation(instance)).__name__


class _Adapted:
    """Mixed into a contract: an instance of another class, with the contract's defaults."""

    adapted: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        # What was written travels to workers, not the parts that were looked up on it.
        contract = next(base for base in CONTRACTS.values() if isinstance(self, base))
        return _adapted, (self.adapted, contract)


class _AdaptedMetric(_Adapted, Metric): ...


class _AdaptedClustering(_Adapted, Clustering): ...


class _AdaptedStrategy(_Adapted, Strategy): ...


class _AdaptedFormat(_Adapted, Format): ...


_ADAPTED: Mapping[type[Plugin], Any] = {
    Metric: _AdaptedMetric,
    Clustering: _AdaptedClustering,
    Strategy: _AdaptedStrategy,
    Format: _AdaptedFormat,
}
for _made in _ADAPTED.values():
    # What is abstract is set on each instance.
    _made.__abstractmethods__ = frozenset()


def _abstract(contract: type[Plugin]) -> list[str]:
    return sorted(name for name, value in vars(contract).items() if _is_abstract(value))


def _is_abstract(method: Any) -> bool:
    return bool(getattr(method, "__isabstractmethod__", False))


def _adapted(instance: Any, contract: type[Plugin]) -> Any:
    plugin = _ADAPTED[contract]()
    plugin.adapted = instance
    for name in _members(contract):
        if hasattr(instance, name):
            setattr(plugin, name, getattr(instance, name))
    return plugin


def _members(contract: type[Plugin]) -> Iterator[str]:
    for base in (Plugin, contract):
        for name in {**base.__annotations__, **vars(base)}:
            if not name.startswith("_"):
                yield name


def _misstated(plugin: Any) -> str:
    """The first attribute by which a run would go wrong without a word, or fail far from here."""
    model = plugin.options_model
    if not (isinstance(model, type) and issubclass(model, Options)):
        return f"options_model = {model!r}, expected a subclass of rebalance.options.Options"
    if not isinstance(plugin, Metric):
        return ""
    if plugin.returns not in ("affinity", "distance"):
        return f"returns = {plugin.returns!r}, expected 'affinity' or 'distance'"
    # A text would be taken for a sequence of letters.
    for name in ("requires", "reads", "invariances", "devices"):
        words = getattr(plugin, name)
        if not (isinstance(words, tuple) and all(isinstance(word, str) for word in words)):
            example = {"requires": "alignment", "reads": "n_particles", "devices": "cpu"}
            return (
                f"{name} = {words!r}, expected a tuple of words such as "
                f"({example.get(name, 'rotation')!r},)"
            )
    return ""
