"""Which method is best, and how surely: a grid of data and methods, scored, kept and ranked.

>>> from rebalance.comparison import compare
>>> compare("study.toml").ranks  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "compare": "rebalance.comparison.study_runner",
    "Comparison": "rebalance.comparison.comparison_result",
    "Study": "rebalance.comparison.study",
    "read_study": "rebalance.comparison.study",
    "rank_methods": "rebalance.comparison.ranking",
    "RankedMethod": "rebalance.comparison.ranking",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance.comparison' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
