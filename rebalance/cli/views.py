"""`rebalance views`: where every class average looks from."""

from __future__ import annotations

from rebalance import defaults
from rebalance.cli.options import Json, Quiet, typed_settings
from rebalance.settings import RunSettings
from rebalance.settings.fields import SHORTHANDS, Shorthand

_SETTINGS = (
    "path",
    "class_averages",
    "output",
    "overwrite",
    "figures",
    "pdf",
    "options",
    "threads",
    "device",
    "use_cache",
    "passthrough",
    "project",
    "pixel_size",
    "format",
)

_SYMMETRY = Shorthand(
    "symmetry",
    "Point group of the molecule: C1, C4, D2, T, O, I, …; auto uses one if the averages support "
    "it.",
    metavar="GROUP",
    default_shown="auto",
)
_SEED = Shorthand(
    "seed", "Same seed, same views.", metavar="N", typed=int | None, default_shown="0"
)


@typed_settings(
    only=_SETTINGS,
    shorthands=(_SYMMETRY, _SEED, *(one for one in SHORTHANDS if one.name != "symmetry")),
    # One group: nothing is grouped.
    fixed={"metric": defaults.VIEWS, "n_superclasses": 1},
    otherwise={
        "output": {"help": "Results folder.", "show_default": "rebalance_<job>_views"},
        "options": {
            "help": "Any option of the metric views, as metric.NAME=VALUE; may be repeated. "
            "rebalance plugins show views lists them.",
            "rich_help_panel": None,
        },
    },
)
def views(settings: RunSettings, json: Json = False, quiet: Quiet = False) -> None:
    """Find the viewing direction of each class average, and make a first map.

    [bold]rebalance views Class2D/job013[/]                 find the symmetry too

    [bold]rebalance views Class2D/job013 --symmetry D2[/]   better, if you know it
    """
    import contextlib
    import sys

    from rebalance.cli.progress import progress_shown
    from rebalance.errors import OptionError
    from rebalance.pipeline.views_job import execute_views

    for kind in settings.options.keys() - {"metric"}:
        raise OptionError(
            f"{kind} options have no effect when finding views; only those of the metric do.",
            hint="Leave it out, or use `metric.OPTION=VALUE`.",
            setting="options",
        )
    # What a plugin prints is no part of the JSON.
    with (
        contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext(),
        progress_shown(quiet=quiet) as progress,
    ):
        result = execute_views(settings, progress=progress)
    if json:
        import typer

        from rebalance.record.run_record import as_json

        names = [path.relative_to(result.folder).as_posix() for path in result.files]
        typer.echo(as_json({**result.summary, "folder": str(result.folder), "files": names}))
    elif not quiet:
        from rebalance.cli.views_view import show_views

        show_views(settings, result)
