"""The clustering that a metric advises, followed where nobody names another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rebalance.contracts import Advice, Metric
from rebalance.errors import OptionError, PluginError
from rebalance.options import Options
from rebalance.registry import bind


def advice_of(
    metric: str | Metric,
    options: Options | Mapping[str, Any],
    *,
    tries_numbers: bool = False,
) -> Advice | None:
    """What a metric advises; None where it advises nothing, or where nobody can ask it.

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


def about_advice(metric: str, advice: Advice) -> str:
    """A sentence on the clustering that was not chosen by a person."""
    changed = ", ".join(f"{name}={value}" for name, value in advice.options.items())
    return (
        f"Superclasses are made by {advice.clustering}{f' ({changed})' if changed else ''}, as the "
        f"metric {metric} advises; name a clustering to choose another."
    )
