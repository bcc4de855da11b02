"""`rebalance compare`: which method is best on data of known views, and how surely."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY.toml",
            help="Study file (TOML): data, methods, numbers of superclasses, seeds.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Folder for results and finished work.",
            show_default="name of the study",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of processor threads.", show_default="all"),
    ] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu or cuda.")] = "auto",
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="Draw scores and ranks by method.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print the ranks as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Compare methods on data with known views, and rank them.

    Finished work is saved: run the same command again to continue, or to add only what is new. If a
    part fails, the rest is still done, and the exit code is 2.
    """
    from rebalance.cli.comparison_view import show_comparison, show_failures
    from rebalance.cli.errors import MENDABLE
    from rebalance.cli.progress import progress_shown
    from rebalance.comparison import compare as run_study

    with progress_shown(quiet=quiet) as progress:
        comparison = run_study(
            study, output, threads=threads, device=device, figures=figures, progress=progress
        )
    if json:
        from rebalance.comparison.comparison_files import summary
        from rebalance.record.run_record import as_json

        typer.echo(as_json(summary(comparison) | {"folder": str(comparison.folder)}))
    elif not quiet:
        show_comparison(comparison, study)
    show_failures(comparison)
    if comparison.failures:
        raise typer.Exit(MENDABLE)
