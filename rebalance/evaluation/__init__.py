"""How good superclasses are, where the truth is known: agreement, spread, and balance of views.

>>> from rebalance.evaluation import evaluate
>>> evaluation = evaluate("rebalance_job013_k8_f0.8", "truth.csv")  # doctest: +SKIP
>>> evaluation.value("share_of_oracle_gain")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "evaluate": "rebalance.evaluation.scoring",
    "Evaluation": "rebalance.evaluation.evaluation",
    "Score": "rebalance.evaluation.evaluation",
    "Judged": "rebalance.evaluation.judged",
    "read_judged": "rebalance.evaluation.judged",
    "Truth": "rebalance.evaluation.truth",
    "read_truth": "rebalance.evaluation.truth_files",
    "find_truth": "rebalance.evaluation.truth_files",
    "write_evaluation": "rebalance.evaluation.outputs",
    "truth_of_simulation": "rebalance.evaluation.truth",
    "KnownViews": "rebalance.evaluation.known_views",
    "Placed": "rebalance.evaluation.placed",
    "place": "rebalance.evaluation.placed",
    "Curve": "rebalance.evaluation.curves",
    "adjusted_rand": "rebalance.evaluation.agreement",
    "adjusted_mutual_information": "rebalance.evaluation.agreement",
    "affinity_against_angle": "rebalance.evaluation.view_scores",
    "spread_within": "rebalance.evaluation.view_scores",
    "angle_between_views": "rebalance.evaluation.directions",
    "modal_view": "rebalance.evaluation.directions",
    "symmetry_operations": "rebalance.evaluation.directions",
    "balance_curve": "rebalance.evaluation.curves",
    "random_curve": "rebalance.evaluation.curves",
    "oracle_curve": "rebalance.evaluation.curves",
    "oracle_superclasses": "rebalance.evaluation.curves",
    "gain_over_random": "rebalance.evaluation.curves",
    "share_of_oracle_gain": "rebalance.evaluation.curves",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance.evaluation' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
