"""`rebalance orientations`: balance particles by viewing direction, once poses exist."""

from __future__ import annotations

from rebalance.cli.options import Json, Quiet, typed_settings
from rebalance.settings import OrientationSettings


@typed_settings(
    OrientationSettings,
    shorthands=(),
    otherwise={"output": {"show_default": "rebalance_<job>_orientations_p80"}},
)
def orientations(settings: OrientationSettings, json: Json = False, quiet: Quiet = False) -> None:
    """Drop particles of crowded viewing directions, after a 3D refinement.

    [bold]rebalance orientations Refine3D/job021[/]                  percentile 80

    [bold]rebalance orientations Refine3D/job021 -p 50 --symmetry D7[/]
    """
    import contextlib
    import sys

    from rebalance.cli.progress import progress_shown
    from rebalance.pipeline.orientations_job import execute_orientations

    # What a plugin prints is no part of the JSON.
    with (
        contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext(),
        progress_shown(quiet=quiet) as progress,
    ):
        result = execute_orientations(settings, progress=progress)
    if json:
        from rebalance.cli.orientations_view import print_json

        print_json(result)
    elif not quiet:
        from rebalance.cli.orientations_view import show_orientations

        show_orientations(settings, result)
