"""What is measured of one classification: angles, shares, misfits, and whether the gate opens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import rebalance
from benchmarks.quality.ablation.scores import gains
from benchmarks.quality.classifications import KnownClassification
from rebalance import engine
from rebalance.model import Affinity, ClassAverages, DoubleArray, Views, views_of

AVERAGE = {"linkage": "average", "path_neighbors": 0}
SEEDS = 3
"""Of the particles that are drawn for a share."""


def measure(found: KnownClassification, symmetry: str, *, shares: bool) -> dict[str, Any]:
    """Everything of one classification, as typed and with its symmetry named.

    Parameters
    ----------
    found : KnownClassification
    symmetry : str
        Its true point group.
    shares : bool
        Whether the gain in uniformity is compared with the oracle's; it takes longest.
    """
    averages = found.averages
    image = engine.affinity(averages, "rotational-cc")
    typed = _with_views(averages, {})
    named = typed if symmetry == "C1" else _with_views(averages, {"symmetry": symmetry})
    result: dict[str, Any] = {"set": found.name, "n": len(averages)}
    for what, (affinity, views, seconds) in {"typed": typed, "named": named}.items():
        result[what] = {
            "seconds": round(seconds, 2),
            "symmetry": views.symmetry,
            "trusted": views.trusted,
            "agreement": round(views.agreement, 3),
            **_angles(found, affinity, views),
            **_misfits(found, views),
        }
    result["image"] = {"rho": _rho(found, -image.values.astype(np.float64))[0]}
    if shares:
        true = replace(image, values=_true_affinity(found), alignment=None)
        result["gains"] = _gains(
            found,
            {
                "image": (image, {}),
                "typed": (typed[0], AVERAGE if typed[1].trusted else {}),
                "named": (named[0], AVERAGE if named[1].trusted else {}),
                "true": (true, AVERAGE),
            },
        )
    return result


def trust(averages: ClassAverages) -> dict[str, Any]:
    """Whether the gate opens."""
    _, views, _ = _with_views(averages, {})
    return {
        "trusted": views.trusted,
        "agreement": round(views.agreement, 3),
        "misfits": int(views.is_misfit.sum()),
        "n": len(averages),
    }


def _with_views(
    averages: ClassAverages, options: Mapping[str, Any]
) -> tuple[Affinity, Views, float]:
    began = time.process_time()
    affinity = engine.affinity(averages, "views", options=options, threads=1)
    views = views_of(affinity)
    assert views is not None
    return affinity, views, time.process_time() - began


def _in_view(found: KnownClassification) -> DoubleArray:
    """True angles of the averages that show a view; NaN elsewhere and on the diagonal."""
    assert found.known is not None
    numbers = found.averages.class_id
    has = np.array([int(number) in found.known.modal_views for number in numbers]) & ~found.is_junk
    angle = np.full((len(numbers), len(numbers)), np.nan)
    angle[np.ix_(has, has)] = found.known.angles_of_modal_views(numbers[has])
    np.fill_diagonal(angle, np.nan)
    return angle


def _rho(found: KnownClassification, values: DoubleArray) -> tuple[float, float]:
    """Rank correlation with the true angle, and median difference from it."""
    truth = _in_view(found)
    pairs = np.triu(np.isfinite(truth), 1)
    rho = spearmanr(values[pairs], truth[pairs])[0]
    return round(float(rho), 4), round(float(np.median(np.abs(values - truth)[pairs])), 2)


def _angles(found: KnownClassification, affinity: Affinity, views: Views) -> dict[str, Any]:
    rho, error = _rho(found, views.angle.astype(np.float64))
    return {"rho": rho, "error_deg": error}


def _misfits(found: KnownClassification, views: Views) -> dict[str, Any]:
    junk = found.is_junk
    result = {"views_named": int(views.is_misfit[~junk].sum()), "views": int((~junk).sum())}
    if junk.any():
        lowest = np.quantile(views.fit[~junk], 0.01)
        result |= {
            "junk_named": int(views.is_misfit[junk].sum()),
            "junk": int(junk.sum()),
            "junk_below_1_percent": int((views.fit[junk] < lowest).sum()),
        }
    return result


def _true_affinity(found: KnownClassification) -> Any:
    angle = _in_view(found)
    values = 1 - np.where(np.isfinite(angle), angle, 90.0) / 90
    np.fill_diagonal(values, 1.0)
    return values.astype(np.float32)


def _gains(
    found: KnownClassification, methods: Mapping[str, tuple[Affinity, Mapping[str, Any]]]
) -> dict[str, list[float]]:
    """Gain and the oracle's, summed over numbers of superclasses, of each method."""
    known: dict[object, tuple[float, float] | None] = {}
    result = {}
    for name, (affinity, options) in methods.items():
        total = np.zeros(2)
        for number in found.numbers:
            superclasses = rebalance.cluster(
                affinity,
                number,
                clustering="hierarchical",
                options=dict(options),
                n_particles=found.averages.n_particles,
            )
            groups = (number, frozenset(frozenset(one.tolist()) for one in superclasses))
            if groups not in known:
                known[groups] = gains(found, superclasses, number, SEEDS)
            total += known[groups] or (0.0, 0.0)
        result[name] = [round(float(value), 5) for value in total]
    return result
