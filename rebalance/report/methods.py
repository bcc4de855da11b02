"""A methods paragraph to paste into a paper, with its references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

import rebalance
from rebalance.contracts import Methods
from rebalance.errors import RebalanceError
from rebalance.model import BY_LABELS, KEPT, Affinity, RunResult, Selection, Superclasses
from rebalance.model.class_numbers import name_classes
from rebalance.record.summary import about_the_metric
from rebalance.registry import bind
from rebalance.report.escape import literal

MOST_NAMED = 10
"""If a person moved or left out more classes, only their number is given."""

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
        sentences.append(_balancing(result, result.selection, cite))
    software = f"rebalance, version {rebalance.__version__}. The rebalance developers"
    sentences.append(
        f"These steps were done with rebalance {rebalance.__version__} {cite(software)}."
    )
    return " ".join(sentences), references


def _grouping(result: RunResult, cite: Cite) -> list[str]:
    superclasses, affinity = result.superclasses, result.affinity
    decided = result.summary.get("superclassification", {}).get("decided")
    if decided is not None:
        return _decided(result, decided, cite)
    used = int(np.count_nonzero(superclasses.label >= 0))
    total = len(superclasses.label)
    k = len(superclasses)
    of = f"{used:,} of the {total:,}" if used < total else f"{used:,}"
    if superclasses.is_off:
        return [f"Particles were balanced between {of} 2D classes."]
    sentences = []
    aside = len(superclasses.set_aside)
    if affinity is not None:
        compared = used + aside
        all_of = f"{compared:,} of the {total:,}" if compared < total else f"{compared:,}"
        sentences.append(
            f"{all_of} 2D class averages were compared pairwise by {_metric(affinity, cite)}."
        )
        sentences += [literal(fact) for fact in about_the_metric(affinity)]
    if aside:
        which = "One class average" if aside == 1 else f"{aside:,} class averages"
        was = "was" if aside == 1 else "were"
        sentences.append(f"{which} that looked like junk {was} set aside, in no superclass.")
    start = "They" if affinity is not None else f"{of} 2D class averages"
    if aside and affinity is not None:
        start = "The others"
    groups = f"{k:,} superclass{'' if k == 1 else 'es'}"
    how = _clustering(superclasses, cite)
    width = result.summary.get("superclassification", {}).get("view_width")
    if width is not None:
        how += (
            f", the smallest number for which views in a superclass differ by at most "
            f"{width['asked_deg']:g}° on average"
        )
    sentences.append(f"{start} were grouped into {groups} {how}.")
    return sentences


def _decided(result: RunResult, decided: Mapping[str, Any], cite: Cite) -> list[str]:
    """The superclasses before a person looked at them, and what that person changed."""
    superclasses, affinity = result.superclasses, result.affinity
    before = decided["grouped_by"]
    junk, aside, moved = decided["junk"], decided["set_aside"], decided["moved"]
    compared = int(np.count_nonzero(superclasses.label >= 0)) + len(junk) + len(aside)
    sentences, start = [], f"{compared:,} 2D class averages"
    if affinity is not None and before["by"] == "clustering":
        sentences = [f"{start} were compared pairwise by {_metric(affinity, cite)}."]
        sentences += [literal(fact) for fact in about_the_metric(affinity)]
        start = "They"
    sentences.append(f"{start} were grouped {_grouped_before(before, cite)}.")
    changes = [
        f"{_these(numbers)} {'was' if len(numbers) == 1 else 'were'} {done}"
        for numbers, done in (
            (moved, "assigned to another superclass"),
            (aside, "set aside, in no superclass"),
            (junk, "discarded as junk"),
        )
        if numbers
    ]
    k = len(superclasses)
    left = f"resulting in {k:,} superclass{'' if k == 1 else 'es'}"
    if changes:
        listed = " and ".join(filter(None, (", ".join(changes[:-1]), changes[-1])))
        sentences.append(f"On visual inspection, {listed}, {left}.")
    elif before["n_superclasses"] != k:
        sentences.append(f"On visual inspection, they were regrouped, {left}.")
    return sentences


def _these(numbers: list[int]) -> str:
    few = len(numbers) <= MOST_NAMED
    return name_classes(numbers) if few else f"{len(numbers):,} classes"


def _grouped_before(before: Mapping[str, Any], cite: Cite) -> str:
    if before["by"] != "clustering":
        return "into one superclass each" if before["by"] == "off" else "by hand"
    name, options = before["clustering"], before["clustering_options"]
    # If the options are not known, a reference could be to another method.
    said = None if options is None else _said_by("clustering", name, options)
    how = f"the clustering {literal(name)}" if said is None else _written(said, cite)
    k = before["n_superclasses"]
    if k is None:
        return f"by {how}"
    return f"into {k:,} superclass{'' if k == 1 else 'es'} by {how}"


def _metric(affinity: Affinity, cite: Cite) -> str:
    said = _said_by("metric", affinity.metric, affinity.options)
    said = None if said is None else said.of(affinity.facts)
    return f"the metric {literal(affinity.metric)}" if said is None else _written(said, cite)


def _clustering(superclasses: Superclasses, cite: Cite) -> str:
    if superclasses.by == BY_LABELS:
        return "by hand"
    said = _said_by("clustering", superclasses.clustering, superclasses.options)
    if said is None:
        return f"by the clustering {literal(superclasses.clustering)}"
    return f"by {_written(said, cite)}"


def _said_by(kind: str, name: str, options: Mapping[str, Any]) -> Methods | None:
    """What an installed plugin says about itself; None if it says nothing or is not installed."""
    try:
        bound = bind(kind, name, options)
        said = bound.plugin.methods(bound.options)
        return said if isinstance(said, Methods) else None
    except Exception:
        # A run must not fail for this paragraph; the plugin is then given by name.
        return None


def _is_random(strategy: str) -> bool:
    """Whether a strategy is random; assumed of one that is not installed."""
    try:
        return bind("strategy", strategy).plugin.is_random
    except RebalanceError:
        return True


def _written(said: Methods, cite: Cite, seed: int | None = None) -> str:
    words = said.words.replace("{seed}", "" if seed is None else str(seed))
    marks = [cite(reference) for reference in said.references]
    parts = zip_longest(words.split("{}"), marks, fillvalue="")
    text = " ".join(f"{literal(part)} {mark}".strip() for part, mark in parts).strip()
    return text.replace("\\] ,", "\\],")


def _balancing(result: RunResult, selection: Selection, cite: Cite) -> str:
    kept, total = selection.count(KEPT), len(selection)
    outcome = f"{kept:,} of {total:,} particles were kept."
    if selection.cap is None:
        return "Particles were not balanced." + (f" {outcome}" if kept < total else "")
    said = _said_by("strategy", selection.strategy, selection.options)
    seed = f" (seed {selection.seed})" if _is_random(selection.strategy) else ""
    which = f"chosen by the strategy {literal(selection.strategy)}{seed}"
    if said is not None:
        which = _written(said, cite, selection.seed)
    group = "class" if result.superclasses.is_off else "superclass"
    balance = result.summary.get("balance") or {}
    factor = balance.get("factor") if balance.get("max_size") is None else None
    why = f" (rebalance factor {literal(str(factor))})" if factor is not None else ""
    most = f"At most {selection.cap:,} particles per {group} were kept{why}, {which}."
    return f"{most} In total, {outcome}"
