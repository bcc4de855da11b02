"""The screen of an evaluation: scores in groups, what each was measured on, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from rebalance.cli.screen import stdout
from rebalance.settings import with_flags

if TYPE_CHECKING:
    from rebalance.evaluation import Evaluation, Score

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Agreement (1 = identical, 0 = chance)": ("ari", "ami", "ari_with_oracle"),
    "Views": (
        "view_spread",
        "view_spread_of_oracle",
        "affinity_vs_angle",
        "affinity_vs_angle_below_40",
    ),
    "Balance, averaged over all sizes": ("share_of_oracle_gain", "gain", "gain_of_oracle"),
    "Balance": (
        "uniformity_before",
        "uniformity",
        "uniformity_of_random",
        "uniformity_of_oracle",
        "entropy_before",
        "entropy",
        "entropy_of_random",
        "scf_star_before",
        "scf_star",
        "scf_star_of_random",
    ),
}

SHARE = "share_of_oracle_gain"

SHARE_MEANS = (
    "Oracle: superclasses made from the true views. Share of its gain: 1 = views as even as with "
    "the oracle; 0 = no better than dropping particles at random."
)

_SURELY_ABOVE_ONE = 1.05
_MOST_NAMED = 5
"""Scores named beside one reason."""


def show_evaluation(evaluation: Evaluation, folder: Path | None = None) -> None:
    """Print scores at most 80 columns wide.

    Parameters
    ----------
    evaluation : Evaluation
    folder : Path, optional
        Where it was written.
    """
    console = stdout()
    console.print()
    console.print(Text(headline(evaluation), style="bold"))
    if evaluation.truth:
        console.print(Text(f"Truth: {_place(evaluation.truth)}", style="dim"), soft_wrap=True)
    for note in evaluation.notes:
        console.print(Text(with_flags(note), style="dim"))
    console.print()
    console.print(score_table(evaluation))
    share = evaluation[SHARE]
    about = [SHARE_MEANS, *above_one(share.value)] if share.is_possible else []
    sentences = [*about, *missing(evaluation)]
    if sentences:
        console.print()
    for sentence in sentences:
        console.print(Text(with_flags(sentence), style="dim"))
    console.print()
    if folder is None:
        more = " and draw balance against size" if share.is_possible else ""
        console.print(Text(f"Next: add -o FOLDER to save the scores{more}."))
    else:
        from rebalance.cli.screen import shorter

        console.print(Text(f"Written to {shorter(folder)}/"), soft_wrap=True)


def above_one(share: float) -> list[str]:
    """Why a share of the oracle's gain is clearly above 1, where it is."""
    if not share > _SURELY_ABOVE_ONE:
        return []
    return [
        "The oracle groups by the angle between views, which does not maximize uniformity. Other "
        "groupings can do better: then the share is above 1."
    ]


def _place(truth: str) -> str:
    from rebalance.cli.screen import shorter

    if not Path(truth).exists():
        return truth
    shown = shorter(Path(truth))
    return "in this folder" if shown == "." else shown


def headline(evaluation: Evaluation) -> str:
    """``rebalance_job003_k8_f0.8: 8 superclasses of 24 class averages, 2,000 particles``."""
    k, n = evaluation.n_superclasses, evaluation.n_averages
    words = f"{evaluation.name}: {k} superclass{'es' if k != 1 else ''} of {n} class averages"
    if evaluation.n_particles is not None:
        words += f", {evaluation.n_particles:,} particles"
    return words


def score_table(evaluation: Evaluation) -> Table:
    """The scores that are possible, by group."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("score", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("", justify="left", no_wrap=True, style="dim")
    table.add_column("particles kept", no_wrap=True)
    first = True
    for group, keys in _GROUPS.items():
        scores = [evaluation[key] for key in keys if evaluation[key].is_possible]
        if not scores:
            continue
        if not first:
            table.add_row()
        first = False
        if group == "Balance" and evaluation.factor:
            group = f"Balance, {evaluation.factor}"
        table.add_row(Text(group, style="bold"))
        for score in scores:
            table.add_row(*_row(score))
    return table


def _row(score: Score) -> tuple[Text, ...]:
    digits = 1 if score.kind.unit == "°" else 3
    sd = "" if score.sd is None else f"± {score.sd:.{digits}f}"
    return (
        Text(f"  {score.kind.title}"),
        Text(f"{score.value:.{digits}f}{score.kind.unit}"),
        Text(sd),
        Text(measured_on(score)),
    )


def measured_on(score: Score) -> str:
    """Particles kept, ``250–3,000``; else ``105 pairs``."""
    if score.kept is None:
        return score.n
    low, high = score.kept
    return f"{low:,}–{high:,}" if low != high else f"{low:,}"


def missing(evaluation: Evaluation) -> list[str]:
    """A sentence for each reason why scores are missing."""
    by_reason: dict[str, list[str]] = {}
    for score in evaluation.scores:
        if not score.is_possible and score.why_not:
            by_reason.setdefault(score.why_not, []).append(score.key)
    sentences = []
    for why, keys in by_reason.items():
        more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED + 1 else ""
        shown = keys[:_MOST_NAMED] if more else keys
        sentences.append(f"Not available, because {why}: {', '.join(shown)}{more}.")
    return sentences
