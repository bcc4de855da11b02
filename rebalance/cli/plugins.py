"""`rebalance plugins`: what is installed, and the options of each plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rebalance.cli.plugins_check import check
from rebalance.cli.plugins_new import new
from rebalance.cli.words import names_of_all

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

    from rebalance.cli.screen import show_warnings, stdout

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("kind", "name", "package", "summary"):
        table.add_column(title, no_wrap=title in ("kind", "name"), overflow="fold")
    last = ""
    for plugin in installed:
        table.add_row(
            plugin.kind if plugin.kind != last else "",
            Text(plugin.name, style="bold"),
            Text(f"{plugin.package} {plugin.version}"),
            Text(plugin.spec.summary),
        )
        last = plugin.kind
    console = stdout()
    console.print(table)
    console.print("\nOptions of one of them: [bold]rebalance plugins show NAME[/]")
    show_warnings(installed.problems)


@app.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(help="Name of a plugin, e.g. hierarchical.", autocompletion=names_of_all),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print as JSON, the options as a JSON schema.")
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
app.command("new")(new)


def plugins_named(name: str) -> list[Registered]:
    """The plugins of that name, of whatever kind; `kind.name` and `kind name` are not needed."""
    import difflib

    from rebalance.errors import PluginError
    from rebalance.registry import registry

    found = [plugin for plugin in registry() if plugin.name == name]
    if found:
        return found
    names = sorted({plugin.name for plugin in registry()})
    near = difflib.get_close_matches(name, names, n=1)
    raise PluginError(
        f"There is no plugin {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
        hint=f"Installed: {', '.join(names) or 'none'}.",
    )


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
