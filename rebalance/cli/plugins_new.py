"""`rebalance plugins new`: starts a plugin package."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from rebalance.cli.words import one_of


def new(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="metric, clustering, strategy or format.",
            autocompletion=one_of("metric", "clustering", "strategy", "format"),
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the plugin, e.g. grey-levels.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Where to write it.", show_default="rebalance-NAME, here"
        ),
    ] = None,
    summary: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="One line of what it does, for lists.",
            show_default="that of the example",
        ),
    ] = "",
) -> None:
    """Write a package for a plugin of your own, which works and passes its tests as it is."""
    from rebalance.cli.screen import stdout
    from rebalance.scaffold import USES, distribution_name, write_package

    written = write_package(kind, name, folder, summary=summary)
    place = folder or Path(distribution_name(name))
    console = stdout()
    console.print(f"Wrote {place}/:", markup=False, highlight=False)
    for path in written:
        console.print(f"  {path.relative_to(place)}", markup=False, highlight=False)
    console.print("\nNext:", markup=False)
    check = f"rebalance plugins check {name}"
    typed = shlex.quote(str(place))
    for command in (
        f"pip install -e {typed}",
        check if kind != "format" else f"{check} --example FILE",
        f"python -m pytest {typed}",
        USES[kind].removeprefix("$ ").format(name),
    ):
        # One line each, so that it can be copied.
        console.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)
