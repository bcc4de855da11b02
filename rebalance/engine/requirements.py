"""What a metric stands on: the plugins that it requires, and the version that all make together."""

from __future__ import annotations

from rebalance import defaults
from rebalance.contracts import ALIGNMENT, Metric
from rebalance.errors import PluginError
from rebalance.kernels.compiled_code import source_digest
from rebalance.options import Options, OptionsT, parse_options
from rebalance.plugin_validation import implementation
from rebalance.registry import Registered, registry


def required(word: str) -> Registered:
    """The metric that a word of ``requires`` stands for.

    Parameters
    ----------
    word : str
        ``"alignment"`` for that of `rebalance.defaults.ALIGNMENT`, whatever else is installed;
        ``"alignment:NAME"`` for that of another; or the name of a metric.

    Raises
    ------
    PluginError
        If it is not installed, or provides no alignment where one is asked for.
    """
    kind, _, name = word.partition(":")
    if kind != ALIGNMENT:
        return registry().find("metric", word)
    found = registry().find("metric", name or defaults.ALIGNMENT)
    if ALIGNMENT not in found.spec.provides:
        metrics = registry().of_kind("metric")
        others = [one.name for one in metrics if ALIGNMENT in one.spec.provides]
        raise PluginError(
            f"The metric {found.name!r} provides no alignment to others.",
            hint=f"These do: {', '.join(others) or 'none'}.",
        )
    return found


def handed_down(options: Options, model: type[OptionsT], name: str) -> OptionsT:
    """The options of a required metric: those of the same name, else its own defaults.

    Raises
    ------
    OptionError
        If a value that is handed down is none for the metric ``name``.
    """
    shared = set(model.model_fields) & set(type(options).model_fields)
    values = {field: getattr(options, field) for field in sorted(shared)}
    return parse_options(model, values, owner=f"The metric {name}", prefix="metric")


def all_reads(metric: Metric, options: Options, above: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What a metric, and all that it requires, read of the averages beside their images."""
    words: set[str] = {*metric.reads}
    for word in metric.requirements(options):
        other = required(word)
        if other.name in above:
            continue
        instance = other.load()
        below = handed_down(options, instance.options_model, other.name)
        words |= set(all_reads(instance, below, (*above, other.name)))
    return tuple(sorted(words))


def lasting_version(plugin: Registered, options: Options) -> str:
    """Package, version and source of a metric and of all that it requires.

    The digest of the sources tells an edited plugin from the one that filled the cache.

    Parameters
    ----------
    plugin : Registered
    options : Options
        Of the metric; they may decide what it requires.

    Raises
    ------
    PluginError
        If a metric requires itself, directly or by way of others.
    """
    return "; ".join(_versions(plugin, plugin.load(), options, ()))


def _versions(
    plugin: Registered, metric: Metric, options: Options, above: tuple[str, ...]
) -> list[str]:
    own = f"{plugin.name} {plugin.package} {plugin.version} {_source_digest(metric)}"
    above = (*above, plugin.name)
    needed = []
    for word in metric.requirements(options):
        other = required(word)
        if other.name in above:
            raise PluginError(
                f"The metric {above[0]!r} requires itself: {' → '.join((*above, other.name))}.",
                hint=f"Report it to the authors of {plugin.package}.",
            )
        instance = other.load()
        below = handed_down(options, instance.options_model, other.name)
        needed += _versions(other, instance, below, above)
    return [own, *needed]


def _source_digest(metric: Metric) -> str:
    """Of all sources of a metric's package, and of this one, whose engine and kernels it uses."""
    packages = {type(implementation(metric)).__module__.partition(".")[0], "rebalance"}
    return " ".join(source_digest(package)[:12] for package in sorted(packages))
