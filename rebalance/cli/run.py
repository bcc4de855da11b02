"""`rebalance run`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rebalance.cli.words import names_of

_INPUT, _GROUPS, _COMPARE, _BALANCE, _OUTPUT, _MACHINE = (
    "Input",
    "Superclasses",
    "Similarity of class averages",
    "Balancing",
    "Output",
    "Computing",
)


def run(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="Class2D job folder, *_optimiser.star, particle table (.star, .cs), or a stack.",
            show_default=False,
        ),
    ],
    class_averages: Annotated[
        Path | None,
        typer.Argument(
            metavar="CLASS_AVERAGES",
            help="Stack (.mrcs), *_model.star, class_averages.star or .cs, when INPUT is a table.",
            show_default=False,
        ),
    ] = None,
    n_superclasses: Annotated[
        int | None,
        typer.Option(
            "-k", "--n-superclasses", help="Number of superclasses.", rich_help_panel=_GROUPS
        ),
    ] = None,
    no_superclasses: Annotated[
        bool,
        typer.Option(
            "--no-superclasses",
            help="Balance the 2D classes themselves; needs no class averages.",
            rich_help_panel=_GROUPS,
        ),
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your own grouping: a table of class_id and superclass.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What you decided on the report page: superclasses, junk, balance.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    clustering: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How averages are grouped.",
            autocompletion=names_of("clustering"),
            rich_help_panel=_GROUPS,
        ),
    ] = "hierarchical",
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How alike two class averages are.",
            autocompletion=names_of("metric"),
            rich_help_panel=_COMPARE,
        ),
    ] = "rotational-cc",
    mask_diameter: Annotated[
        str | None,
        typer.Option(
            metavar="Å|px",
            help="Circular mask; found from the images if not given.",
            rich_help_panel=_COMPARE,
        ),
    ] = None,
    low_pass: Annotated[
        str | None,
        typer.Option(metavar="Å|px", help="Finest detail compared.", rich_help_panel=_COMPARE),
    ] = None,
    high_pass: Annotated[
        str | None,
        typer.Option(metavar="Å|px", help="Coarsest detail compared.", rich_help_panel=_COMPARE),
    ] = None,
    max_shift: Annotated[
        str | None,
        typer.Option(
            metavar="Å|px", help="Largest shift between averages.", rich_help_panel=_COMPARE
        ),
    ] = None,
    mirror: Annotated[
        bool | None,
        typer.Option(
            "--mirror/--no-mirror",
            help="Count mirror images as alike.",
            show_default=False,
            rich_help_panel=_COMPARE,
        ),
    ] = None,
    affinity: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use this affinity.npz instead of comparing.",
            rich_help_panel=_COMPARE,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any option of a plugin, e.g. metric.max_shift=10px; may be repeated "
            "(rebalance plugins show NAME).",
            rich_help_panel=_COMPARE,
        ),
    ] = None,
    factor: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--factor",
            metavar="0…1",
            help="Rebalance factor: smallest superclass ÷ largest allowed. 0 keeps every "
            "particle, 1 makes all superclasses as large as the smallest.",
            show_default="0",
            rich_help_panel=_BALANCE,
        ),
    ] = None,
    max_size: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Largest superclass in particles, instead of -f.",
            rich_help_panel=_BALANCE,
        ),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Which particles of a crowded superclass stay.",
            autocompletion=names_of("strategy"),
            rich_help_panel=_BALANCE,
        ),
    ] = "random",
    seed: Annotated[
        int, typer.Option(help="Same seed, same particles.", rich_help_panel=_BALANCE)
    ] = 0,
    exclude_classes: Annotated[
        str | None,
        typer.Option(metavar="3,5,7-9", help="2D classes to leave out.", rich_help_panel=_BALANCE),
    ] = None,
    only_classes: Annotated[
        str | None,
        typer.Option(metavar="3,5,7-9", help="2D classes to use.", rich_help_panel=_BALANCE),
    ] = None,
    min_class_particles: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Leave out 2D classes with fewer particles.",
            rich_help_panel=_BALANCE,
        ),
    ] = 0,
    junk_classes: Annotated[
        str | None,
        typer.Option(
            metavar="3,5,7-9", help="2D classes to leave out as junk.", rich_help_panel=_BALANCE
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Stop if particles belong to no class average; else they are excluded.",
            rich_help_panel=_BALANCE,
        ),
    ] = False,
    passthrough: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="CryoSPARC passthrough file; may be repeated.",
            rich_help_panel=_INPUT,
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Project folder that paths inside the files start from.",
            rich_help_panel=_INPUT,
        ),
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(metavar="Å", help="Pixel size of the class averages.", rich_help_panel=_INPUT),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Read as this format instead of what it looks like.",
            autocompletion=names_of("format"),
            rich_help_panel=_INPUT,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Results folder.",
            show_default="rebalance_<job>_k8_f0.8",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace results of an earlier run.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    figures: Annotated[
        bool,
        typer.Option(
            "--figures/--no-figures",
            help="Draw the figures.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = True,
    scale: Annotated[
        Literal["percentile", "full"],
        typer.Option(
            metavar="WORD",
            help="Colours of the affinity matrix: percentile (5th to 1) or full (0 to 1).",
            rich_help_panel=_OUTPUT,
        ),
    ] = "percentile",
    copy_templates: Annotated[
        bool,
        typer.Option(
            "--copy-templates",
            help="Also copy the stack of class averages.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would happen; write nothing.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print the summary as JSON, and nothing else.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("-q", "--quiet", help="Print nothing but errors.", rich_help_panel=_OUTPUT),
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Processor threads.",
            show_default="all",
            rich_help_panel=_MACHINE,
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        typer.Option(
            metavar="WORD",
            help="Where averages are compared: auto, cpu or cuda.",
            rich_help_panel=_MACHINE,
        ),
    ] = "auto",
    executor: Annotated[
        Literal["local", "dask"],
        typer.Option(
            metavar="WORD",
            help="Who compares averages: local, or the workers of a dask cluster.",
            rich_help_panel=_MACHINE,
        ),
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler, tcp://host:8786, or its scheduler file.",
            rich_help_panel=_MACHINE,
        ),
    ] = None,
    use_cache: Annotated[
        bool,
        typer.Option(
            "--cache/--no-cache",
            help="Keep affinities for the next run.",
            show_default=False,
            rich_help_panel=_MACHINE,
        ),
    ] = True,
) -> None:
    """Group class averages into superclasses, balance particles.

    [bold]rebalance run Class2D/job013 -k 8[/]          look at the superclasses first

    [bold]rebalance run Class2D/job013 -k 8 -f 0.5[/]   then balance the particles
    """
    from rebalance.cli.perform import perform
    from rebalance.cli.words import parse_classes, parse_settings
    from rebalance.request import RunRequest

    request = RunRequest(
        path=path,
        class_averages=class_averages,
        n_superclasses=n_superclasses,
        factor=factor,
        max_size=max_size,
        superclasses=not no_superclasses,
        labels=labels,
        decisions=decisions,
        metric=metric,
        clustering=clustering,
        strategy=strategy,
        options=parse_settings(
            settings or (),
            {
                "mask_diameter": mask_diameter,
                "low_pass": low_pass,
                "high_pass": high_pass,
                "max_shift": max_shift,
                "mirror": mirror,
            },
        ),
        seed=seed,
        output=output,
        overwrite=overwrite,
        figures=figures,
        scale=scale,
        affinity_file=affinity,
        use_cache=use_cache,
        threads=threads,
        device=device,
        executor=executor,
        scheduler=scheduler,
        format=format,
        passthrough=tuple(passthrough or ()),
        project=project,
        pixel_size=pixel_size,
        # An empty word, of a shell variable that is not set, must not stand for every class.
        exclude_classes=(
            () if exclude_classes is None else parse_classes(exclude_classes, "--exclude-classes")
        ),
        only_classes=(
            None if only_classes is None else parse_classes(only_classes, "--only-classes")
        ),
        min_class_particles=min_class_particles,
        junk_classes=(
            () if junk_classes is None else parse_classes(junk_classes, "--junk-classes")
        ),
        strict=strict,
        copy_templates=copy_templates,
    )
    perform(request, dry_run=dry_run, json=json, quiet=quiet)
