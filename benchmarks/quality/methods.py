"""The methods of the study: which is the default, which are baselines, which a table shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rebalance import defaults
from rebalance.comparison import read_study
from rebalance.comparison.study import Method

STUDY = Path(__file__).with_name("study.toml")
FORMER = {
    "rotational-cc + balanced": "default before",
    "no whitening, shift 8 % + ward": "first default",
}
"""What the default replaced."""
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
    "rotational-cc + balanced",
    "rotational-cc + average",
    "rotational-cc + ward",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "rotational-cc + k-means",
    "no whitening + default",
    "shift 8 % + default",
    "shift 8 % + ward",
    "no whitening, shift 8 % + ward",
    "frc + default",
    "blend + default",
    "simple-hybrid + k-medoids",
    *BASELINES,
)
"""Methods in the tables, by the labels of the study; all are in the results."""
FEW = (
    "rotational-cc + default",
    "rotational-cc + balanced",
    "rotational-cc + average",
    "rotational-cc + ward",
    "rotational-cc + spectral",
    "rotational-cc + k-medoids",
    "frc + default",
    *BASELINES[-2:],
)
"""The same for the smaller tables."""


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
    return f"{method} ({FORMER[method]})" if method in FORMER else method
