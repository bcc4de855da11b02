"""`rebalance evaluate`: how good a result is, where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="Results folder of a run, or a table of class_id and superclass.",
            show_default=False,
        ),
    ],
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Known views or groups: a folder from rebalance simulate, or a table.",
            show_default="searched for near the classification",
        ),
    ] = None,
    job: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Classification that was grouped; needed with a table of superclasses.",
            show_default="the one that was run",
        ),
    ] = None,
    factor: Annotated[
        str | None,
        typer.Option(
            "-f", "--factor", metavar="0…1", help="Rebalance factor, instead of the run's."
        ),
    ] = None,
    max_size: Annotated[
        int | None,
        typer.Option("--max-size", metavar="N", help="Largest superclass, instead of the run's."),
    ] = None,
    symmetry: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Point group of the molecule: C4, D2, T, O, I.",
            show_default="from the truth, else C1",
        ),
    ] = None,
    oracle: Annotated[
        int | None,
        typer.Option(
            "--oracle-superclasses",
            metavar="N",
            help="Number of superclasses of the oracle (made from the true views), to compare "
            "results with different numbers.",
            show_default="as in the result",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(metavar="N", help="Random selections averaged for each mean.")
    ] = 20,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Write evaluation.json, evaluation.csv and a figure into this folder.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier evaluation.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Score a result against known views or groups of the class averages."""
    from rebalance.evaluation import evaluate as evaluate_result
    from rebalance.evaluation import find_truth, read_result, read_truth
    from rebalance.evaluation.evaluation_files import check_folder, write_evaluation

    if output is not None:
        check_folder(output, overwrite)
    evaluated = read_result(result, job)
    known = read_truth(truth or find_truth(evaluated.job, evaluated.source), symmetry=symmetry)
    evaluation = evaluate_result(
        evaluated,
        known,
        factor=factor,
        max_size=max_size,
        oracle_superclasses=oracle,
        seeds=seeds,
    )
    if output is not None:
        write_evaluation(evaluation, output, overwrite=overwrite)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json(evaluation.to_json()))
    elif not quiet:
        from rebalance.cli.evaluation_view import show_evaluation

        show_evaluation(evaluation, output)
