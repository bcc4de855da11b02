"""`rebalance simulate`: a 2D classification of known views, to try things on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebalance.cli.words import one_of

if TYPE_CHECKING:
    from rebalance.simulate import SimulationOptions

_LAYOUTS = {"relion": "3.1", "relion-3.0": "3.0", "relion-5": "5.0", "cryosparc": ""}


def _list_options(wanted: bool) -> None:
    if not wanted:
        return
    from rich.table import Table
    from rich.text import Text

    from rebalance.cli.screen import stdout
    from rebalance.options import describe_options
    from rebalance.simulate import SimulationOptions

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("option", "default", "range", "unit", "meaning"):
        table.add_column(title, no_wrap=title == "option", overflow="fold")
    for row in describe_options(SimulationOptions):
        table.add_row(*(Text(cell) for cell in row))
    console = stdout()
    console.print(table)
    console.print("\nSet with --set OPTION=VALUE", markup=False)
    raise typer.Exit


def simulate(
    folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="New folder for it.", show_default=False)
    ],
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"Whose files are written: {', '.join(_LAYOUTS)}.",
            autocompletion=one_of(*_LAYOUTS),
        ),
    ] = "relion",
    averages: Annotated[
        int | None,
        typer.Option(metavar="N", help="Class averages, empties included.", show_default="80"),
    ] = None,
    particles: Annotated[
        int | None, typer.Option(metavar="N", help="Particles.", show_default="20000")
    ] = None,
    views: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Distinct views, mirror images counted once.", show_default="12"
        ),
    ] = None,
    preferred: Annotated[
        float | None,
        typer.Option(
            metavar="0…1", help="Share of the particles in preferred views.", show_default="0.75"
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Same seed, same data.", show_default="0")
    ] = None,
    images: Annotated[bool, typer.Option("--images", help="Write particle images too.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OPTION=VALUE", help="Any other option; may be repeated."),
    ] = None,
    list_options: Annotated[
        bool,
        typer.Option(
            "--list-options", help="Show all options.", callback=_list_options, is_eager=True
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the paths as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Simulate a 2D classification whose views are known, in the files of RELION or CryoSPARC."""
    options = _options(
        settings or [],
        {
            "n_averages": averages,
            "n_particles": particles,
            "n_views": views,
            "preferred_share": preferred,
            "seed": seed,
            "particle_images": images or None,
        },
    )
    files = _write(options, folder, layout)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json(files | {"options": options.model_dump()}))
    elif not quiet:
        typer.echo(
            f"{options.n_particles:,} particles in {options.n_averages} class averages of "
            f"{options.n_views} views: {files['job']}\n"
            f"The truth: {files['truth_classes']}, {files['truth_particles']}\n\n"
            f"Next:  rebalance run {shlex.quote(files['job'])} -k {options.n_views} -f 0.8"
        )


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
                cure="Write OPTION=VALUE: --set snr=0.1 (rebalance simulate --list-options).",
            )
        if name in values:
            raise OptionError(f"{name} is given twice: {values[name]} and {value}.")
        values[name] = value
    return parse_options(SimulationOptions, values, owner="simulate", prefix="simulate")


def _write(options: SimulationOptions, folder: Path, layout: str) -> dict[str, str]:
    """Simulate and write; the paths by name."""
    from rebalance.errors import OptionError, OutputError
    from rebalance.record.results_folder import ResultsFolder
    from rebalance.simulate import simulate_class_averages, write_cryosparc, write_relion

    if layout not in _LAYOUTS:
        raise OptionError(
            f"There is no layout {layout!r}.", cure=f"Choose one of {', '.join(_LAYOUTS)}."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "Something is there already, and is never overwritten.",
            path=folder,
            cure="Name a new folder.",
        )
    with ResultsFolder(folder, overwrite=False) as building:
        simulated = simulate_class_averages(options)
        files: Any
        if layout == "cryosparc":
            files = write_cryosparc(simulated, building.work)
        else:
            files = write_relion(simulated, building.work, version=_LAYOUTS[layout])  # type: ignore[arg-type]
        building.finish()
        return {
            name: str(folder / path.relative_to(files.project))
            for name, path in files._asdict().items()
        }
