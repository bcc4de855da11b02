"""`rebalance plugins`: what is installed, the options of each plugin, and a start of one's own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebalance.cli.options import one_of
from rebalance.cli.plugin_names import names_of_all, plugins_named
from rebalance.cli.plugins_check import check

if TYPE_CHECKING:
    from rebalance.registry import Registered

app = typer.Typer(
    help="Show installed metrics, clusterings, strategies, formats.",
    invoke_without_command=True,
)


@app.callback()
def plugins(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show installed metrics, clusterings, strategies, formats."""
    if ctx.invoked_subcommand is not None:
        return
    from rebalance.registry import registry

    installed = registry()
    if json:
        _print_json(list(installed), installed.problems)
        return
    from rich.table import Table
    from rich.text import Text

    from rebalance.cli.screen import say, show_warnings, stdout

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("kind", "name", "summary"):
        table.add_column(title, no_wrap=title != "summary")
    last, packages = "", dict[str, list[str]]()
    for plugin in installed:
        table.add_row(
            plugin.kind if plugin.kind != last else "",
            Text(plugin.name, style="bold"),
            Text(plugin.spec.summary),
        )
        last = plugin.kind
        packages.setdefault(f"{plugin.package} {plugin.version}", []).append(plugin.name)
    console = stdout()
    console.print(table)
    console.print()
    for package, names in packages.items():
        say(console, f"{package}: {', '.join(names)}", "dim", hang="  ")
    console.print("\nTo see a plugin's options: [bold]rebalance plugins show NAME[/]")
    show_warnings(installed.problems)


@app.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(help="Name of a plugin, e.g. hierarchical.", autocompletion=names_of_all),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print as JSON; the options as a JSON schema.")
    ] = False,
) -> None:
    """Show the options of a plugin: default, unit, range and meaning of each."""
    if json:
        _print_schemas(plugins_named(name))
        return
    from rich.table import Table
    from rich.text import Text

    from rebalance.cli.screen import stdout
    from rebalance.options import describe_options

    console = stdout()
    for plugin in plugins_named(name):
        console.print(f"[bold]{plugin.kind} {plugin.name}[/], {plugin.package} {plugin.version}")
        console.print(plugin.spec.summary, markup=False)
        rows = describe_options(plugin.load().options_model)
        if not rows:
            console.print("It has no options.\n")
            continue
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("option", "default", "range", "unit", "meaning"):
            table.add_column(title, no_wrap=title == "option", overflow="fold")
        for row in rows:
            table.add_row(
                f"{plugin.kind}.{row.name}",
                *(Text(cell) for cell in (row.default, row.range, row.unit, row.help)),
            )
        console.print(table)
        console.print(f"\nSet with --set {plugin.kind}.{rows[0].name}=VALUE\n", markup=False)


app.command("check")(check)


@app.command("new")
def new(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="metric, clustering, strategy or format.",
            autocompletion=one_of("metric", "clustering", "strategy", "format"),
        ),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the new plugin, e.g. grey-levels.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Folder to write it to.", show_default="rebalance-NAME, here"
        ),
    ] = None,
    summary: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="One-line description for lists.",
            show_default="its name",
        ),
    ] = "",
) -> None:
    """Write a package for your own plugin. It works and passes its tests as written."""
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


def _print_schemas(named: list[Registered]) -> None:
    from rebalance.options import options_schema
    from rebalance.record.run_record import as_json

    content = [
        {
            "kind": plugin.kind,
            "name": plugin.name,
            "summary": plugin.spec.summary,
            "package": plugin.package,
            "version": plugin.version,
            "schema": options_schema(plugin.load().options_model),
        }
        for plugin in named
    ]
    typer.echo(as_json({"plugins": content}))


def _print_json(installed: list[Registered], problems: list[str]) -> None:
    from rebalance.errors import PluginError
    from rebalance.record.run_record import as_json

    content = []
    problems = list(problems)
    for plugin in installed:
        try:
            model = plugin.load().options_model
        except PluginError as error:
            problems.append(error.problem)
            continue
        content.append(
            {
                "kind": plugin.kind,
                "name": plugin.name,
                "summary": plugin.spec.summary,
                "package": plugin.package,
                "version": plugin.version,
                "options": model.model_json_schema()["properties"],
            }
        )
    typer.echo(as_json({"plugins": content, "problems": problems}))
