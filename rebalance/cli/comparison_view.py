"""The screen of a comparison: methods by rank for each score, and what failed."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from rebalance.cli.evaluation_view import SHARE, above_one
from rebalance.cli.screen import stderr, stdout
from rebalance.evaluation.scores import SCORES
from rebalance.settings import with_flags

if TYPE_CHECKING:
    from rebalance.comparison import Comparison
    from rebalance.comparison.ranking import Ranking

_MOST_FAILURES = 10


def show_comparison(comparison: Comparison, study: Path) -> None:
    """Print the ranking by each score, at most 80 columns wide, and what to do next.

    Parameters
    ----------
    comparison : Comparison
    study : Path
        The file of the study, as it was typed.
    """
    from rebalance.cli.screen import shorter

    console = stdout()
    done = f"{comparison.n_done:,} new"
    if comparison.n_kept:
        done += f", {comparison.n_kept:,} from before"
    failed = comparison.n_cells - comparison.n_done - comparison.n_kept
    if failed:
        done += f", {failed:,} failed"
    console.print()
    console.print(
        Text(
            f"{comparison.n_cells:,} cell{'s' if comparison.n_cells != 1 else ''}: {done}",
            style="bold",
        )
    )
    for key, ranking in comparison.ranks.items():
        console.print()
        console.print(Text(heading(key, ranking), style="bold"))
        if ranking.methods:
            console.print(ranking_table(key, ranking))
        for sentence in [*about(ranking), *_above_one(key, ranking)]:
            console.print(Text(sentence, style="dim"))
    console.print()
    shown = shorter(comparison.folder)
    console.print(
        Text.assemble("Results in ", (f"{shown}/", "bold"), " (scores.csv, ranks.csv, figures/)")
        if any(path.suffix == ".png" for path in comparison.files)
        else Text.assemble("Results in ", (f"{shown}/", "bold"), " (scores.csv, ranks.csv)"),
        soft_wrap=True,
    )
    words, command = next_step(comparison, study)
    if words:
        console.print(Text(f"Next: {words}"))
        console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def next_step(comparison: Comparison, study: Path) -> tuple[str, str]:
    """What to do with the ranking by the first score, and the command for it, or nothing.

    Parameters
    ----------
    comparison : Comparison
    study : Path

    Returns
    -------
    tuple of str
        Words, and something to type; both empty where there are no two methods.
    """
    ranking = next(iter(comparison.ranks.values()), None)
    if ranking is None or len(ranking.methods) < 2:
        return "", ""
    first, *others = ranking.methods
    near = [one.method for one in others if not first.rank_high < one.rank_low]
    if not near:
        return (
            f"{first.method} is clearly better than the others. To use it on your own data:",
            _command(comparison, first.method),
        )
    return (
        f"{first.method} ranks first, but could still be tied with {near[0]}. Add seeds or data "
        "sets to the study, and run the same command again; it only computes what is new:",
        f"rebalance compare {shlex.quote(str(study))}",
    )


def _command(comparison: Comparison, method: str) -> str:
    """The run by one method of the study; options at their defaults are left out."""
    from rebalance.settings import KINDS_WITH_OPTIONS, RunSettings
    from rebalance.settings.as_command import as_command

    # A score of the affinity alone is ranked by metric, and its name stands for the method.
    names = ("method", "metric")
    row = next(row for row in comparison.rows if method in [row[name] for name in names])
    kinds = [kind for kind in KINDS_WITH_OPTIONS if row[kind]]
    options = {kind: _changed(kind, row[kind], row[f"{kind}_options"]) for kind in kinds}
    settings = RunSettings("INPUT", options=options, **{kind: row[kind] for kind in kinds})
    return shlex.join(as_command(settings, n_superclasses="NUMBER_OF_SUPERCLASSES"))


def _changed(kind: str, name: str, as_text: str) -> Mapping[str, Any]:
    from rebalance.registry import registry

    usual = registry().load(kind, name).options_model.model_construct().model_dump(mode="json")
    return {
        option: value
        for option, value in json.loads(as_text).items()
        if option not in usual or value != usual[option]
    }


def heading(key: str, ranking: Ranking) -> str:
    """``share of the oracle's gain, 6 data sets``."""
    kind = SCORES[key]
    n = len(ranking.data_sets)
    way = "" if kind.better > 0 else " (lower is better)"
    over = f": {n} data set{'s' if n != 1 else ''}" if n else ""
    return f"{kind.title[0].upper()}{kind.title[1:]}{way}{over}"


def ranking_table(key: str, ranking: Ranking) -> Table:
    """Methods by mean rank, with their intervals."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("method", overflow="fold")
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    digits = 1 if SCORES[key].unit == "°" else 3
    for one in ranking.methods:
        table.add_row(
            Text(one.method),
            f"{one.mean:.{digits}f}",
            _ends(one.low, one.high, digits),
            f"{one.rank:.2f}",
            _ends(one.rank_low, one.rank_high, 2),
        )
    return table


def _ends(low: float, high: float, digits: int) -> str:
    return "" if math.isnan(low) else f"{low:.{digits}f} to {high:.{digits}f}"


def about(ranking: Ranking) -> list[str]:
    """What a reader has to know of a ranking."""
    said = []
    if not ranking.methods:
        reason = "has a value for every method" if ranking.n_left_out else "has this score"
        said.append(f"No comparison {reason}; see scores.csv for the reasons.")
    elif len(ranking.data_sets) < 2:
        said.append("No interval: it needs at least two data sets, or seeds of a simulation.")
    if ranking.methods and ranking.n_left_out:
        said.append(
            f"{ranking.n_left_out:,} comparisons were left out: a method has no value in them."
        )
    if ranking.methods and ranking.without:
        said.append(f"No value: {', '.join(ranking.without)}.")
    if not math.isnan(ranking.p_value):
        shown = "p < 0.001" if ranking.p_value < 0.001 else f"p = {ranking.p_value:.3f}"
        said.append(f"Probability of such differences by chance: {shown} (Friedman test).")
    return said


def _above_one(key: str, ranking: Ranking) -> list[str]:
    return (
        above_one(max((one.mean for one in ranking.methods), default=0.0)) if key == SHARE else []
    )


def show_failures(comparison: Comparison) -> None:
    """On standard error, one message for each reason."""
    if not comparison.failures:
        return
    console = stderr()
    console.print()
    for failure in comparison.failures[:_MOST_FAILURES]:
        times = f" ({failure.n_cells} cells)" if failure.n_cells > 1 else ""
        console.print(
            Text.assemble(
                ("Failed: ", "bold red"),
                (f"{failure.data}, {failure.method}{times}\n", "bold"),
                with_flags(failure.error),
            )
        )
    more = len(comparison.failures) - _MOST_FAILURES
    if more > 0:
        console.print(Text(f"For {more} more, see scores.csv.", style="dim"))
