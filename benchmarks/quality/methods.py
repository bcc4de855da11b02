"""The methods of the study: which is the default, which are baselines, which are shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rebalance import defaults
from rebalance.comparison import read_study
from rebalance.comparison.study import Method

STUDY = Path(__file__).with_name("study.toml")
BASELINES = (
    "euclidean + average",
    "rotational-profile + average",
    "unaligned + average",
    "principal-components + k-means",
    "identity",
)
"""Nothing of ours is in them."""
SHOWN = (
    "rotational-cc + default",
    "rotational-cc + average",
    "rotational-cc + ward",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "no whitening + default",
    "shift 8 % + default",
    "frc + default",
    "blend + default",
    "principal-components + k-means",
    "identity",
)
"""Methods in the table of shares, by the labels of the study; all are in the results."""
STRUCTURES_SHOWN = (
    "common-lines + balanced",
    "rotational-cc + average",
    "rotational-cc + default",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "rotational-cc + ward",
    "principal-components + k-means",
)
"""The same for the mixture of structures."""


@cache
def default_method() -> str:
    """The label of what `rebalance run` does where views are not found, or not asked for.

    Methods whose options the study does not give. Its plugins need not be installed to write
    the page.
    """
    study = read_study(STUDY)

    def named(name: str, methods: Iterable[Method]) -> str:
        return next(m.label or m.name for m in methods if m.name == name and not m.options)

    metric = named(defaults.IMAGES, study.metric)
    return f"{metric} + {named(defaults.CLUSTERING, study.clustering)}"


def title_of(method: str) -> str:
    """How a table calls a method."""
    if method == "identity":
        return "each class by itself"
    if method == default_method():
        return f"**{method}**"
    return method
