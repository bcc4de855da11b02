"""Jupyter asks a dataclass for its pictures by a method's name; they are drawn elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rebalance.model.affinity import Affinity
    from rebalance.model.run_result import RunResult
    from rebalance.model.superclasses import Superclasses


def shown_in_a_notebook(shown: RunResult | Affinity | Superclasses) -> str:
    """HTML of the pictures of a result; only now is what draws them loaded."""
    from rebalance.notebook import html_of

    return html_of(shown)
