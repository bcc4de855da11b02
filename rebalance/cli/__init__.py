"""The command line: what a person types, what the screen says, and the exit code.

One file a command. Nothing heavy is imported here or at the top of a command's file, so that
``rebalance --help`` and shell completion answer at once.
"""

from __future__ import annotations

import gc
from typing import Any

import typer

from rebalance.cli.cache import cache
from rebalance.cli.compare import compare
from rebalance.cli.cryosparc import cryosparc, cryosparc_orientations
from rebalance.cli.demo import demo
from rebalance.cli.diagnose import diagnose
from rebalance.cli.errors import (
    CommandGroup,
    end_on_sigterm,
    results_that_can_not_be_shown,
    write_what_can_be_written,
)
from rebalance.cli.evaluate import evaluate
from rebalance.cli.inspect import inspect
from rebalance.cli.orientations import orientations
from rebalance.cli.plugins import app as plugins
from rebalance.cli.relion import relion
from rebalance.cli.rerun import rerun
from rebalance.cli.run import run
from rebalance.cli.scan import scan
from rebalance.cli.simulate import simulate
from rebalance.cli.views import views


def _version(wanted: bool) -> None:
    if wanted:
        import rebalance

        typer.echo(f"rebalance {rebalance.__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=CommandGroup,
    name="rebalance",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Show the version.", callback=_version, is_eager=True
    ),
) -> None:
    """Group similar 2D class averages into superclasses and balance the particles between them."""


app.command()(run)
app.command()(scan)
app.command()(views)
app.command()(diagnose)
app.command()(orientations)
app.command(context_settings={"ignore_unknown_options": True})(relion)
app.command()(cryosparc)
app.command("cryosparc-orientations")(cryosparc_orientations)
app.command()(demo)
app.command()(inspect)
app.add_typer(plugins, name="plugins")
app.command()(rerun)
app.command()(evaluate)
app.command()(compare)
app.command()(cache)
app.command()(simulate)


def main(*args: Any) -> None:
    """Entry point of the command ``rebalance``."""
    # A command is short; looking for cyclic garbage as often as by default costs a tenth of it.
    gc.set_threshold(200_000, 50, 1_000)
    end_on_sigterm()
    write_what_can_be_written()
    with results_that_can_not_be_shown():
        app(*args)
