"""The arguments and options that commands share: type, name, help and panel of each."""

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

InputPath = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="Class2D job folder, *_optimiser.star, particle table (.star, .cs), or a stack.",
        show_default=False,
    ),
]

ClassAveragesPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="CLASS_AVERAGES",
        help="Stack (.mrcs), *_model.star, class_averages.star or .cs, when INPUT is a table.",
        show_default=False,
    ),
]

NumberOfSuperclasses = Annotated[
    str | None,
    typer.Option(
        "-k",
        "--n-superclasses",
        metavar="N|auto",
        help="Number of superclasses; auto takes what rebalance scan suggests.",
        rich_help_panel=_GROUPS,
    ),
]

NoSuperclasses = Annotated[
    bool,
    typer.Option(
        "--no-superclasses",
        help="Balance the 2D classes themselves; needs no class averages.",
        rich_help_panel=_GROUPS,
    ),
]

LabelsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Your own grouping: a table of class_id and superclass.",
        rich_help_panel=_GROUPS,
    ),
]

DecisionsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What you decided on the report page: superclasses, junk, balance.",
        rich_help_panel=_GROUPS,
    ),
]

ClusteringName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How averages are grouped.",
        autocompletion=names_of("clustering"),
        rich_help_panel=_GROUPS,
    ),
]

MetricName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How alike two class averages are.",
        autocompletion=names_of("metric"),
        rich_help_panel=_COMPARE,
    ),
]

MaskDiameter = Annotated[
    str | None,
    typer.Option(
        metavar="Å|px",
        help="Circular mask; found from the images if not given.",
        rich_help_panel=_COMPARE,
    ),
]

LowPass = Annotated[
    str | None,
    typer.Option(metavar="Å|px", help="Finest detail compared.", rich_help_panel=_COMPARE),
]

HighPass = Annotated[
    str | None,
    typer.Option(metavar="Å|px", help="Coarsest detail compared.", rich_help_panel=_COMPARE),
]

MaxShift = Annotated[
    str | None,
    typer.Option(metavar="Å|px", help="Largest shift between averages.", rich_help_panel=_COMPARE),
]

Mirror = Annotated[
    bool | None,
    typer.Option(
        "--mirror/--no-mirror",
        help="Count mirror images as alike.",
        show_default=False,
        rich_help_panel=_COMPARE,
    ),
]

AffinityFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Use this affinity.npz instead of comparing.",
        rich_help_panel=_COMPARE,
    ),
]

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any option of a plugin, e.g. metric.max_shift=10px; may be repeated "
        "(rebalance plugins show NAME).",
        rich_help_panel=_COMPARE,
    ),
]

Factor = Annotated[
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
]

MaxSize = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Largest superclass in particles, instead of -f.",
        rich_help_panel=_BALANCE,
    ),
]

StrategyName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Which particles of a crowded superclass stay.",
        autocompletion=names_of("strategy"),
        rich_help_panel=_BALANCE,
    ),
]

Seed = Annotated[int, typer.Option(help="Same seed, same particles.", rich_help_panel=_BALANCE)]

ExcludeClasses = Annotated[
    str | None,
    typer.Option(metavar="3,5,7-9", help="2D classes to leave out.", rich_help_panel=_BALANCE),
]

OnlyClasses = Annotated[
    str | None,
    typer.Option(metavar="3,5,7-9", help="2D classes to use.", rich_help_panel=_BALANCE),
]

MinClassParticles = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Leave out 2D classes with fewer particles.",
        rich_help_panel=_BALANCE,
    ),
]

JunkClasses = Annotated[
    str | None,
    typer.Option(
        metavar="3,5,7-9", help="2D classes to leave out as junk.", rich_help_panel=_BALANCE
    ),
]

Junk = Annotated[
    Literal["off", "auto", "list"],
    typer.Option(
        metavar="WORD",
        help="Averages that look like junk: off, list (name them) or auto (leave them out).",
        rich_help_panel=_BALANCE,
    ),
]

Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Stop if particles belong to no class average; else they are excluded.",
        rich_help_panel=_BALANCE,
    ),
]

Passthrough = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="CryoSPARC passthrough file; may be repeated.",
        rich_help_panel=_INPUT,
    ),
]

Project = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Project folder that paths inside the files start from.",
        rich_help_panel=_INPUT,
    ),
]

PixelSize = Annotated[
    float | None,
    typer.Option(metavar="Å", help="Pixel size of the class averages.", rich_help_panel=_INPUT),
]

FormatName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Read as this format instead of what it looks like.",
        autocompletion=names_of("format"),
        rich_help_panel=_INPUT,
    ),
]

Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FOLDER",
        help="Results folder.",
        show_default="rebalance_<job>_k8_f0.8",
        rich_help_panel=_OUTPUT,
    ),
]

Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace results of an earlier run.", rich_help_panel=_OUTPUT),
]

Figures = Annotated[
    bool,
    typer.Option(
        "--figures/--no-figures",
        help="Draw the figures.",
        show_default=False,
        rich_help_panel=_OUTPUT,
    ),
]

Scale = Annotated[
    Literal["percentile", "full"],
    typer.Option(
        metavar="WORD",
        help="Colours of the affinity matrix: percentile (5th to 1) or full (0 to 1).",
        rich_help_panel=_OUTPUT,
    ),
]

CopyTemplates = Annotated[
    bool,
    typer.Option(
        "--copy-templates",
        help="Also copy the stack of class averages.",
        rich_help_panel=_OUTPUT,
    ),
]

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would happen; write nothing.", rich_help_panel=_OUTPUT
    ),
]

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the summary as JSON, and nothing else.", rich_help_panel=_OUTPUT
    ),
]

Quiet = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="Print nothing but errors.", rich_help_panel=_OUTPUT),
]

Threads = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Processor threads.",
        show_default="all",
        rich_help_panel=_MACHINE,
    ),
]

Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option(
        metavar="WORD",
        help="Where averages are compared: auto, cpu or cuda.",
        rich_help_panel=_MACHINE,
    ),
]

Executor = Annotated[
    Literal["local", "dask"],
    typer.Option(
        metavar="WORD",
        help="Who compares averages: local, or the workers of a dask cluster.",
        rich_help_panel=_MACHINE,
    ),
]

Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Dask scheduler, tcp://host:8786, or its scheduler file.",
        rich_help_panel=_MACHINE,
    ),
]

UseCache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Keep affinities for the next run.",
        show_default=False,
        rich_help_panel=_MACHINE,
    ),
]
