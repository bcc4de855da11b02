"""`rebalance diagnose`: what poses and half maps say of preferred orientation."""

from __future__ import annotations

from rebalance.cli.options import Json, Quiet, typed_settings
from rebalance.settings import DiagnoseSettings


@typed_settings(
    DiagnoseSettings,
    shorthands=(),
    otherwise={"output": {"show_default": "rebalance_<job>_diagnosis"}},
)
def diagnose(settings: DiagnoseSettings, json: Json = False, quiet: Quiet = False) -> None:
    """Show from poses and half maps whether views are missing, or junk is included.

    [bold]rebalance diagnose Refine3D/job021[/]

    [bold]rebalance diagnose J42 --half-maps half_A.mrc half_B.mrc --mask mask.mrc[/]

    [bold]rebalance diagnose run_data.star --compare particles_selected.star[/]
    """
    from rebalance.cli.progress import progress_shown
    from rebalance.pipeline.diagnose_job import execute_diagnosis

    with progress_shown(quiet=quiet) as progress:
        result = execute_diagnosis(settings, progress=progress)
    if json:
        from rebalance.cli.orientations_view import print_json

        print_json(result)
    elif not quiet:
        from rebalance.cli.orientations_view import show_diagnosis

        show_diagnosis(settings, result)
