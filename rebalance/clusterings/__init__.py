"""Superclasses from an affinity, from a person's own labels, or of one class average each.

The step between the engine and the strategies: it keeps averages that are not used away from the
clustering plugin, and gives its labels their final numbers.
"""

from __future__ import annotations

from rebalance.clusterings.grouping import (
    cluster_classes,
    cluster_each,
    from_labels,
    identity_superclasses,
    shares_work,
)

__all__ = [
    "cluster_classes",
    "cluster_each",
    "from_labels",
    "identity_superclasses",
    "shares_work",
]
