"""`rebalance demo`: the main job on a simulated classification of known views."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rebalance.model import RunResult
    from rebalance.simulate import RelionFiles

_PROJECT, _RESULTS = "project", "results"
_ANOTHER = "use another folder"


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder for data and results.")
    ] = Path("rebalance_demo"),
    n_superclasses: Annotated[
        int, typer.Option("-k", "--n-superclasses", help="Number of superclasses.")
    ] = 12,
    factor: Annotated[
        str, typer.Option("-f", "--factor", metavar="0…1", help="Rebalance factor.")
    ] = "0.5",
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="Draw the figures.", show_default=False)
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of an earlier demo.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Try rebalance on simulated data: 12 known views, with junk."""
    from rebalance.cli.run import run_and_show
    from rebalance.settings import RunSettings

    _check(n_superclasses, factor, folder / _RESULTS, overwrite)
    job = _job(folder)
    settings = RunSettings(
        path=job,
        n_superclasses=n_superclasses,
        factor=factor,
        output=folder / _RESULTS,
        overwrite=overwrite,
        figures=figures,
    )
    if not (json or quiet):
        typer.echo(f"Simulated 2D classification: {job}", err=True)
    result = run_and_show(settings, json=json, quiet=quiet)
    if not (json or quiet):
        typer.echo(_compared_with_the_truth(result, folder / _PROJECT / "truth_classes.csv"))


def _check(n_superclasses: int, factor: str, results: Path, overwrite: bool) -> None:
    """Refuse before anything is simulated what the run would refuse after."""
    from rebalance.errors import OptionError
    from rebalance.record.results_folder import ResultsFolder
    from rebalance.simulate import DEMO
    from rebalance.strategies.caps import parse_factor

    parse_factor(factor)
    if not 1 <= n_superclasses <= DEMO.n_averages:
        raise OptionError(
            f"The demo's {DEMO.n_averages} class averages can't be divided into {n_superclasses} "
            "superclasses.",
            hint=f"Use `n_superclasses` from 1 to {DEMO.n_averages}; the demo has {DEMO.n_views} "
            "views.",
        )
    ResultsFolder(results, overwrite=overwrite, another=_ANOTHER)


def _compared_with_the_truth(result: RunResult, truth: Path) -> str:
    """How many averages are in a superclass whose most frequent true view is their own, and how
    many of junk, and of views, are set aside."""
    import csv
    from collections import Counter, defaultdict

    with truth.open(encoding="utf-8", newline="") as stream:
        rows = {int(row["class_id"]): row for row in csv.DictReader(stream)}
    view = {number: row["superclass"] for number, row in rows.items() if row["superclass"] != "-1"}
    junk = {number for number, row in rows.items() if row["kind"] == "junk"}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    label = zip(
        result.superclasses.class_id.tolist(), result.superclasses.label.tolist(), strict=True
    )
    for number, superclass in label:
        if superclass >= 0 and number in view:
            found[superclass][view[number]] += 1
    together = sum(views.most_common(1)[0][1] for views in found.values())
    aside = set(result.superclasses.set_aside)
    return (
        f"\nKnown truth: {len(set(view.values()))} views. {together} of {len(view)} averages of "
        f"views are grouped correctly.\nSet aside: {len(aside & junk)} of {len(junk)} junk "
        f"averages, {len(aside & view.keys()) or 'none'} of the averages of views."
    )


def _job(folder: Path) -> Path:
    """The demo's Class2D job; it is the same each time, so one that is there is used again."""
    from rebalance.record.results_folder import ResultsFolder
    from rebalance.simulate import demo_dataset

    project = folder / _PROJECT
    there = sorted(project.glob("Class2D/*")) if project.is_dir() else []
    if there:
        return there[0]
    with ResultsFolder(project, overwrite=False, another=_ANOTHER) as building:
        files: RelionFiles = demo_dataset(building.work)
        job = files.job.relative_to(building.work)
        building.finish()
    return project / job
