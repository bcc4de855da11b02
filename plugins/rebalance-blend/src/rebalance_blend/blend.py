"""Metric `blend`: the weighted mean of the affinities of other metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from rebalance.contracts import Block, Methods, Metric
from rebalance.model import ClassAverages, FloatArray
from rebalance.options import Length, option
from rebalance_blend.recipe import read_recipe
from rebalance_blend.shared_options import SharedOptions, check_lengths


class BlendOptions(SharedOptions):
    """What is blended, and the options of the search, handed down to what is blended."""

    metrics: str = option(
        "rotational-cc:0.5,frc:0.5", "Metrics and their weights, e.g. rotational-cc:0.7,frc:0.3."
    )
    mean: Literal["arithmetic", "geometric"] = option(
        "arithmetic", "Weighted sum of the affinities, or product of their powers."
    )
    low_pass: Length | None = option(
        None, "Finest detail to compare; auto leaves it to the metrics.", unit="Å or px"
    )
    high_pass: Length | None = option(
        None, "Coarsest detail to compare; auto sets no limit.", unit="Å or px"
    )

    @field_validator("metrics")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        read_recipe(text)
        return text


class Blend(Metric):
    r"""Weighted mean of other metrics.

    With the affinities a_m of the metrics and their weights w_m ≥ 0, Σ w_m = 1,

    .. math:: a = \sum_m w_m a_m \quad\text{or}\quad a = \prod_m a_m^{w_m},

    the arithmetic mean, or the geometric one, which is low as soon as one of them is. Metrics that
    return a distance are used with the affinity that it is mapped to. Weighted sums of this kind
    are the simplest rule for combining classifiers [1]_.

    Options of the same name are handed down to every metric of the blend. What is stated as
    invariances holds for the blend that is the default; another has those that all its metrics
    share. Results are shown by the alignment of the first metric, by name, that has one.

    References
    ----------
    .. [1] J. Kittler, M. Hatef, R. P. W. Duin and J. Matas, "On combining classifiers", IEEE
       Trans. Pattern Anal. Mach. Intell. 20 (1998) 226, eq. 11 (sum rule) and eq. 7 (product
       rule), doi:10.1109/34.667881.
    """

    options_model = BlendOptions
    requires = ("frc", "rotational-cc")
    invariances = ("rotation", "shift", "mirror", "scale", "offset")
    devices = ("cpu", "cuda")

    def methods(self, options: BlendOptions) -> Methods:
        """For a methods paragraph."""
        parts = [f"{name} ({share:.3g})" for name, share in read_recipe(options.metrics)]
        return Methods(f"the weighted {options.mean} mean of {', '.join(parts)}")

    def requirements(self, options: BlendOptions) -> tuple[str, ...]:
        """The metrics that the options name."""
        return tuple(name for name, _ in read_recipe(options.metrics))

    def prepare(
        self, class_averages: ClassAverages, options: BlendOptions, device: str
    ) -> tuple[str, tuple[tuple[str, float], ...]]:
        """The recipe: the images are looked at by the metrics alone.

        Raises
        ------
        OptionError
            If a length is in Å where there is no pixel size.
        """
        check_lengths(options, class_averages.pixel_size)
        return options.mean, read_recipe(options.metrics)

    def tile(
        self,
        features: tuple[str, tuple[tuple[str, float], ...]],
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Mean of the affinities of a tile of pairs."""
        if others is None:
            raise ValueError("blend needs the affinities of its metrics")
        mean, recipe = features
        total = np.zeros((len(rows), len(columns)), dtype=np.float64)
        if mean == "arithmetic":
            for name, share in recipe:
                total += share * others[name].astype(np.float64)
        else:
            total += 1.0
            for name, share in recipe:
                total *= others[name].astype(np.float64) ** share
        return Block(np.clip(total, 0.0, 1.0).astype(np.float32))

    def facts(self, features: tuple[str, tuple[tuple[str, float], ...]]) -> Mapping[str, Any]:
        """The shares, and which mean."""
        mean, recipe = features
        return {"blend": {name: round(share, 6) for name, share in recipe}, "blend_mean": mean}
