"""A methods paragraph to paste into a paper, with its references."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import rebalance
from rebalance.model import KEPT, Affinity, RunResult, Selection, Superclasses
from rebalance.record.summary import about_the_metric
from rebalance.report.escape import literal

ALIGNMENT_PAPER = (
    "Rangan A, Spivak M, Andén J, Barnett A (2020) Factorization of the translation kernel for "
    "fast rigid image alignment. Inverse Problems 36, 024001. arXiv:1905.12317"
)
FRC_PAPER = (
    "Saxton WO, Baumeister W (1982) The correlation averaging of a regularly arranged bacterial "
    "cell envelope protein. Journal of Microscopy 127, 127–138. "
    "doi:10.1111/j.1365-2818.1982.tb00405.x"
)
LINKAGE_PAPER = (
    "Müllner D (2011) Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378"
)
SPECTRAL_PAPER = (
    "Ng A, Jordan M, Weiss Y (2001) On spectral clustering: analysis and an algorithm. "
    "Advances in Neural Information Processing Systems 14"
)

Cite = Callable[[str], str]


def methods(result: RunResult) -> tuple[str, list[str]]:
    """What was done, in sentences for a paper.

    Parameters
    ----------
    result : RunResult

    Returns
    -------
    paragraph : str
        Markdown; references are numbers in brackets.
    references : list of str
        In the order of their numbers.
    """
    references: list[str] = []

    def cite(paper: str) -> str:
        if paper not in references:
            references.append(paper)
        return f"\\[{references.index(paper) + 1}\\]"

    sentences = [*_grouping(result, cite)]
    if result.selection is not None:
        sentences.append(_balancing(result, result.selection))
    software = f"rebalance, version {rebalance.__version__}. The rebalance developers"
    sentences.append(f"This was done with rebalance {rebalance.__version__} {cite(software)}.")
    return " ".join(sentences), references


def _grouping(result: RunResult, cite: Cite) -> list[str]:
    superclasses, affinity = result.superclasses, result.affinity
    used = int(np.count_nonzero(superclasses.label >= 0))
    total = len(superclasses.label)
    k = len(superclasses)
    of = f"{used:,} of the {total:,}" if used < total else f"{used:,}"
    if superclasses.clustering == "identity":
        return [f"Particles were balanced between {of} 2D classes."]
    sentences = []
    if affinity is not None:
        sentences.append(
            f"{of} 2D class averages were compared pairwise by {_metric(affinity, cite)}."
        )
        sentences += [literal(fact) for fact in about_the_metric(affinity)]
    start = "They" if affinity is not None else f"{of} 2D class averages"
    groups = f"{k:,} superclass{'' if k == 1 else 'es'}"
    sentences.append(f"{start} were grouped into {groups} {_clustering(superclasses, cite)}.")
    return sentences


def _metric(affinity: Affinity, cite: Cite) -> str:
    if affinity.metric == "rotational-cc":
        motions = "in-plane rotation, shift and mirror image"
        if affinity.options.get("mirror") is False:
            motions = "in-plane rotation and shift"
        return (
            f"the maximum of their normalised cross-correlation over {motions}, computed in polar "
            f"Fourier coordinates {cite(ALIGNMENT_PAPER)}"
        )
    if affinity.metric == "frc":
        return (
            f"their mean Fourier ring correlation {cite(FRC_PAPER)} after in-plane alignment "
            f"{cite(ALIGNMENT_PAPER)}"
        )
    return f"the metric {literal(affinity.metric)}"


def _clustering(superclasses: Superclasses, cite: Cite) -> str:
    if superclasses.clustering == "hierarchical":
        linkage = literal(str(superclasses.options.get("linkage", "average")))
        return f"by hierarchical clustering with {linkage} linkage {cite(LINKAGE_PAPER)}"
    if superclasses.clustering == "spectral":
        return f"by spectral clustering {cite(SPECTRAL_PAPER)}"
    if superclasses.clustering == "labels":
        return "by hand"
    return f"by the clustering {literal(superclasses.clustering)}"


def _balancing(result: RunResult, selection: Selection) -> str:
    kept, total = selection.count(KEPT), len(selection)
    outcome = f"{kept:,} of {total:,} particles were kept."
    if selection.cap is None:
        return f"Particles were not balanced; {outcome}"
    which = {
        "random": f"chosen at random (seed {selection.seed})",
        "best": f"those of best {literal(str(selection.options.get('column') or 'score'))}",
    }.get(selection.strategy, f"chosen by the strategy {literal(selection.strategy)}")
    if selection.options.get("stratified"):
        which += " in proportion to the classes"
    group = "class" if result.superclasses.clustering == "identity" else "superclass"
    balance = result.summary.get("balance") or {}
    factor = balance.get("factor") if balance.get("max_size") is None else None
    why = f" (rebalance factor {literal(str(factor))})" if factor is not None else ""
    return f"Of each {group} at most {selection.cap:,} particles were kept{why}, {which}; {outcome}"
