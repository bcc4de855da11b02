"""The clustering that a metric advises, followed where no one names another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rebalance import defaults
from rebalance.contracts import Advice, Clustering, Metric
from rebalance.errors import OptionError, PluginError
from rebalance.model import Affinity
from rebalance.options import Options
from rebalance.registry import bind


def advice_of(
    metric: str | Metric,
    options: Options | Mapping[str, Any],
    *,
    tries_numbers: bool = False,
) -> Advice | None:
    """What a metric advises; None where it advises nothing, or where no one can ask it.

    Whether the affinity supports it is another question: `Advice.holds`.

    Parameters
    ----------
    metric : str or Metric
        Name, which need not be that of an installed one, or an instance.
    options : Options or mapping
        Of the metric.
    tries_numbers : bool
        Whether numbers of superclasses are tried: not with a clustering that finds the number.

    Raises
    ------
    PluginError
        If the clustering that it advises is not installed.
    """
    try:
        bound = bind("metric", metric, options)
    except (PluginError, OptionError):
        # An affinity from a file may be of a metric, or a version of one, that is not here.
        return None
    advice = bound.plugin.advice(bound.options)
    if advice is None or (
        tries_numbers and bind("clustering", advice.clustering).plugin.finds_number
    ):
        return None
    return advice


def named_or_advised(
    clustering: str | Clustering | None,
    options: Options | Mapping[str, Any] | None,
    affinity: Affinity,
    *,
    tries_numbers: bool = False,
) -> tuple[str | Clustering, Options | Mapping[str, Any] | None, tuple[str, ...]]:
    """The clustering to use, its options, and a note if the metric of the affinity chose it.

    Parameters
    ----------
    clustering, options
        As a person named them; with options alone they are those of the default.
    affinity : Affinity
    tries_numbers : bool
        As for `advice_of`.
    """
    if clustering is None and not options:
        advice = advice_of(affinity.metric, affinity.options, tries_numbers=tries_numbers)
        if advice is not None and advice.holds(affinity.facts):
            note = about_advice(affinity.metric, advice)
            return advice.clustering, advice.options, (note,)
    return defaults.CLUSTERING if clustering is None else clustering, options, ()


def about_advice(metric: str, advice: Advice) -> str:
    """A sentence on the clustering that was not chosen by a person."""
    changed = ", ".join(f"{name}={value}" for name, value in advice.options.items())
    return (
        f"Clustering: {advice.clustering}{(f' ({changed})' if changed else '')}, the default for "
        f"the metric {metric}. To change it, name a clustering or one of its options."
    )
