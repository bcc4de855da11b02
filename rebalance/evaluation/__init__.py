"""How good superclasses are, where the truth is known: agreement, spread, and balance of views.

>>> from rebalance.evaluation import evaluate
>>> evaluation = evaluate("rebalance_job013_k8_f0.8", "truth.csv")  # doctest: +SKIP
>>> evaluation.value("share_of_oracle_gain")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "evaluate": "rebalance.evaluation.evaluator",
    "Evaluation": "rebalance.evaluation.scores",
    "Score": "rebalance.evaluation.scores",
    "EvaluatedResult": "rebalance.evaluation.evaluated_result",
    "read_result": "rebalance.evaluation.evaluated_result",
    "Truth": "rebalance.evaluation.ground_truth",
    "read_truth": "rebalance.evaluation.ground_truth_files",
    "find_truth": "rebalance.evaluation.ground_truth_files",
    "write_evaluation": "rebalance.evaluation.evaluation_files",
    "truth_of_simulation": "rebalance.evaluation.ground_truth",
    "KnownViews": "rebalance.evaluation.known_views",
    "MatchedTruth": "rebalance.evaluation.matched_truth",
    "match_truth": "rebalance.evaluation.matched_truth",
    "Curve": "rebalance.evaluation.balance_curves",
    "adjusted_rand": "rebalance.evaluation.agreement_scores",
    "adjusted_mutual_information": "rebalance.evaluation.agreement_scores",
    "affinity_against_angle": "rebalance.evaluation.view_scores",
    "spread_within": "rebalance.evaluation.view_scores",
    "angle_between_views": "rebalance.orientations.view_angles",
    "modal_view": "rebalance.orientations.view_angles",
    "symmetry_operations": "rebalance.orientations.view_angles",
    "balance_curve": "rebalance.evaluation.balance_curves",
    "random_curve": "rebalance.evaluation.balance_curves",
    "oracle_curve": "rebalance.evaluation.balance_curves",
    "oracle_superclasses": "rebalance.evaluation.oracle",
    "gain_over_random": "rebalance.evaluation.balance_curves",
    "share_of_oracle_gain": "rebalance.evaluation.balance_curves",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance.evaluation' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
