"""The views of class averages in a sentence."""

from __future__ import annotations

import numpy as np

from rebalance.model import BoolArray, Views
from rebalance.model.counting import counted


def verdict(views: Views) -> str:
    """Whether the views are trusted, and why."""
    return f"{'Trusted' if views.trusted else 'Not trusted'}. {why(views)}"


def why(views: Views) -> str:
    """Why the views are trusted or not, in a sentence."""
    if not views.trusted:
        return views.reason or "Independent searches found different views."
    n, agree = len(views.in_agreement), int(np.count_nonzero(views.in_agreement))
    starts = f"All {n}" if agree == n else f"{agree} of {n}"
    return (
        f"{starts} searches from random starts found the same views "
        f"(rank correlation of their angles {views.agreement:.2f})."
    )


def took_part(views: Views) -> BoolArray:
    """Averages that have a pose."""
    return np.isfinite(views.rotation[:, 2, 0])


def misfits(views: Views) -> str:
    """How many averages fit no view; empty for none."""
    n = int(np.count_nonzero(views.is_misfit))
    return f"{counted(n, 'average')} {'fits' if n == 1 else 'fit'} no view" if n else ""


def doubt(views: Views) -> str:
    """A warning for headings; empty if the views are trusted."""
    return "" if views.trusted else "views not trusted"
