"""The named checks of a metric, in the order in which they are run."""

from __future__ import annotations

from rebalance.testing.methods_check import methods_paragraph
from rebalance.testing.metric_devices import cuda_agrees
from rebalance.testing.metric_motions import MOTION_CHECKS
from rebalance.testing.metric_values import VALUE_CHECKS, contract, lengths_refused
from rebalance.testing.common_checks import OPTION_CHECKS
from rebalance.testing.outcome import named

METRIC_CHECKS = named(
    (
        contract,
        methods_paragraph,
        *OPTION_CHECKS,
        lengths_refused,
        *VALUE_CHECKS,
        *MOTION_CHECKS,
        cuda_agrees,
    )
)
