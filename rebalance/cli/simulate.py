"""`rebalance simulate`: a 2D classification of known views, from a phantom, map or model."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebalance.cli.options import one_of

if TYPE_CHECKING:
    from rebalance.simulate import SimulatedClassification, SimulationOptions

_LAYOUTS = ("relion", "relion-3.0", "relion-5", "cryosparc")
_DISCRETE, _CONTINUOUS = "discrete", "continuous"


def _list_options(wanted: bool) -> None:
    if not wanted:
        return
    from rich.table import Table
    from rich.text import Text

    from rebalance.cli.screen import stdout
    from rebalance.options import describe_options
    from rebalance.simulate import SimulationOptions

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("option", "default", "meaning"):
        table.add_column(title, no_wrap=title == "option", overflow="fold")
    for row in describe_options(SimulationOptions):
        unit = f" {row.unit}" if row.unit and row.default != "auto" else ""
        meaning = Text(row.help)
        # A unit that no default shows stands with the range.
        limits = " ".join(part for part in (row.range, row.unit if not unit else "") if part)
        if limits:
            meaning.append(f" {limits}", style="dim")
        table.add_row(Text(row.name), Text(row.default + unit), meaning)
    console = stdout()
    console.print(table)
    console.print("\nSet with --set OPTION=VALUE", markup=False)
    raise typer.Exit


def simulate(
    folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="New folder for the data.", show_default=False)
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Density map (.mrc, .map) or atomic model (.pdb, .cif) to project.",
            show_default="the built-in phantom",
        ),
    ] = None,
    realistic: Annotated[
        bool,
        typer.Option(
            "--realistic",
            help="Realistic: all kinds of junk, tiny classes, uneven blur and background.",
        ),
    ] = False,
    symmetry: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Point group of the molecule: Cn, Dn, T, O or I.",
            show_default="C1",
        ),
    ] = None,
    averages: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Number of class averages, including empty ones.", show_default="80"
        ),
    ] = None,
    particles: Annotated[
        int | None, typer.Option(metavar="N", help="Number of particles.", show_default="20000")
    ] = None,
    views: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N|WORD",
            help="Number of distinct views (symmetric and mirrored ones counted once), or: "
            "discrete, continuous. May be given twice.",
            show_default="12, discrete",
            autocompletion=one_of(_DISCRETE, _CONTINUOUS),
        ),
    ] = None,
    preferred: Annotated[
        float | None,
        typer.Option(
            metavar="0…1", help="Fraction of the particles in preferred views.", show_default="0.75"
        ),
    ] = None,
    snr: Annotated[
        float | None,
        typer.Option(
            metavar="RATIO", help="Signal-to-noise ratio of a particle.", show_default="0.05"
        ),
    ] = None,
    box: Annotated[
        int | None, typer.Option(metavar="PIXELS", help="Box size.", show_default="64")
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(
            metavar="Å", help="Pixel size.", show_default="4, or enough for the molecule to fit"
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Same seed, same data.", show_default="0")
    ] = None,
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"File layout: {', '.join(_LAYOUTS)}.",
            autocompletion=one_of(*_LAYOUTS),
        ),
    ] = "relion",
    images: Annotated[bool, typer.Option("--images", help="Also write particle images.")] = False,
    refined: Annotated[
        bool,
        typer.Option("--refined", help="Also write a 3D refinement: particle poses and half maps."),
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OPTION=VALUE",
            help="Any other option: noise, junk, neighbors, mirror pairs, … May be repeated.",
        ),
    ] = None,
    list_options: Annotated[
        bool,
        typer.Option(
            "--list-options", help="List all options.", callback=_list_options, is_eager=True
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the paths as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Simulate a 2D classification with known views, from a phantom, a map or a model."""
    flags = {
        "realistic": realistic or None,
        "source": None if source is None else str(source),
        "symmetry": symmetry,
        "n_averages": averages,
        "n_particles": particles,
        **_views(views or []),
        "preferred_share": preferred,
        "snr": snr,
        "box": box,
        "pixel_size": pixel_size,
        "seed": seed,
        "particle_images": images or None,
        "refined": refined or None,
    }
    options = _options(settings or [], flags)
    simulated, files = _write(options, folder, layout)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json(files | {"options": simulated.options.model_dump(mode="json")}))
    elif not quiet:
        from rebalance.cli.screen import stdout
        from rebalance.cli.simulate_view import views_table, what_was_simulated

        console = stdout()
        console.print(what_was_simulated(simulated))
        console.print()
        console.print(views_table(simulated))
        typer.echo(
            f"\nThe job:    {files['job']}\n"
            f"The truth:  {files['truth']}, {Path(files['truth_classes']).name}, "
            f"{Path(files['truth_particles']).name}\n"
            + (f"Refinement: {files['refinement']}\n" if "refinement" in files else "")
            + "\n"
            f"Next:  rebalance run {shlex.quote(files['job'])} -k {options.n_views} -f 0.8"
        )


def _views(words: list[str]) -> dict[str, Any]:
    """``n_views`` and ``continuous`` from a number and a word."""
    from rebalance.errors import OptionError

    found: dict[str, Any] = {}
    for word in words:
        named = word in (_DISCRETE, _CONTINUOUS)
        if not named and not word.isdecimal():
            raise OptionError(
                f"--views {word} is not understood.",
                hint=f"Give a number of views, {_DISCRETE} or {_CONTINUOUS}.",
            )
        name = "continuous" if named else "n_views"
        if name in found:
            raise OptionError(f"--views {word} contradicts the other --views.")
        found[name] = word == _CONTINUOUS if named else word
    return found


def _options(settings: list[str], flags: dict[str, Any]) -> SimulationOptions:
    from rebalance.errors import OptionError
    from rebalance.options import parse_options
    from rebalance.simulate import SimulationOptions

    values = {name: value for name, value in flags.items() if value is not None}
    for pair in settings:
        name, equals, value = pair.partition("=")
        name = name.removeprefix("simulate.").replace("-", "_")
        if not equals:
            raise OptionError(
                f"--set {pair} is not understood.",
                hint="Write OPTION=VALUE, e.g. --set snr=0.1. rebalance simulate --list-options "
                "lists them.",
            )
        if name in values:
            raise OptionError(f"{name} is given twice: {values[name]} and {value}.")
        values[name] = value
    return parse_options(SimulationOptions, values, owner="simulate", prefix="simulate")


def _write(
    options: SimulationOptions, folder: Path, layout: str
) -> tuple[SimulatedClassification, dict[str, str]]:
    """Simulate and write; the paths by name."""
    from rebalance.cli.screen import stderr
    from rebalance.errors import OutputError
    from rebalance.record.results_folder import ResultsFolder
    from rebalance.simulate import (
        check_layout,
        simulate_class_averages,
        write_job,
        write_refinement,
    )

    check_layout(layout)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"This {'folder' if folder.is_dir() else 'file'} exists already; it is never "
            "overwritten.",
            path=folder,
            hint="Choose a new folder.",
        )
    console = stderr()
    # A spinner on a terminal, nothing anywhere else.
    with (
        console.status("Simulating") if console.is_terminal else nullcontext(),
        ResultsFolder(folder, overwrite=False, another="choose another folder") as building,
    ):
        simulated = simulate_class_averages(options)
        written = write_job(simulated, building.work, layout)._asdict()
        if simulated.options.refined:
            written["refinement"] = write_refinement(simulated, building.work, layout).job
        paths = {
            name: str(folder / path.relative_to(building.work)) for name, path in written.items()
        }
        building.finish()
    return simulated, paths
