"""The last screen of `rebalance orientations` and `rebalance diagnose`."""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from rebalance.cli.screen import say, shorter, show_warnings, stdout
from rebalance.model import DiagnosisResult, OrientationsResult
from rebalance.record.orientation_summary import balance_lines, particles_line
from rebalance.record.reading import WHAT_THINNING_IS_FOR
from rebalance.record.run_record import as_json
from rebalance.report.diagnosis_report import numbers_line
from rebalance.settings import DiagnoseSettings, OrientationSettings
from rebalance.settings.as_command import command_line


def print_json(result: OrientationsResult | DiagnosisResult) -> None:
    """The summary, and where the results are on this machine."""
    names = [path.relative_to(result.folder).as_posix() for path in result.files]
    typer.echo(as_json({**result.summary, "folder": str(result.folder), "files": names}))


def show_orientations(settings: OrientationSettings, result: OrientationsResult) -> None:
    """Print what was kept, and where that is.

    Parameters
    ----------
    settings : OrientationSettings
    result : OrientationsResult
    """
    console = stdout()
    show_outcome(result)
    _show_where(console, result)
    group = [path for path in result.files if path.name == "particles_selected.csg"]
    if group:
        say(console, "Next: in CryoSPARC, Import Result Group:")
        console.print(Text(f"  {shorter(result.folder)}/{group[0].name}", "cyan"), soft_wrap=True)
    else:
        say(console, "Next: make an initial model from the selected particles:")
        console.print(
            Text(f"  {shorter(result.folder)}/particles_selected.star", "cyan"), soft_wrap=True
        )


def show_outcome(result: OrientationsResult) -> None:
    """Print what was kept, and warnings; not where, nor what to do next."""
    summary, console = result.summary, stdout()
    console.print()
    say(console, particles_line(summary), "bold")
    for note in summary["notes"]:
        say(console, note, "dim")
    console.print()
    for line in balance_lines(summary):
        say(console, line)
    say(console, WHAT_THINNING_IS_FOR, "dim")
    show_warnings(summary["warnings"])


def show_diagnosis(settings: DiagnoseSettings, result: DiagnosisResult) -> None:
    """Print what poses and half maps say, well at 80 columns.

    Parameters
    ----------
    settings : DiagnoseSettings
    result : DiagnosisResult
    """
    summary, console = result.summary, stdout()
    console.print()
    for at, about in enumerate((summary, summary["compared"])):
        if about is None:
            continue
        if at:
            console.print()
        say(console, particles_line(about), "bold")
        if not at:
            for note in summary["notes"]:
                say(console, note, "dim")
            console.print()
        say(console, about["verdict"], "bold")
        say(console, f"{numbers_line(about)} {about['why']}")
        say(console, f"What to do: {about['next']}")
    random = summary.get("scf_star_at_random")
    if random is not None:
        say(
            console,
            f"For comparison: {random['particles']:,} particles drawn at random from the first "
            f"input have SCF* {random['mean']:.2f}.",
        )
    show_warnings(summary["warnings"])
    _show_where(console, result)
    _show_next(console, settings, summary)


def _show_where(console: Any, result: OrientationsResult | DiagnosisResult) -> None:
    has_figures = any(path.suffix == ".png" for path in result.files)
    pieces = "report.html, figures/" if has_figures else "report.html"
    console.print()
    console.print(
        Text.assemble("Results in ", (f"{shorter(result.folder)}/", "bold"), f" ({pieces})"),
        soft_wrap=True,
    )


def _show_next(console: Any, settings: DiagnoseSettings, summary: Any) -> None:
    sampling = summary["sampling"]
    is_low = sampling is not None and sampling["scf_star"] < sampling["scf_star_threshold"]
    if settings.path is None or not is_low or settings.compare is not None:
        return
    balance = OrientationSettings(
        settings.path,
        symmetry=settings.symmetry,
        n_bins=settings.n_bins,
        binning=settings.binning,
        antipodal=settings.antipodal,
        only_classes=settings.only_classes,
        passthrough=settings.passthrough,
        project=settings.project,
        format=settings.format,
    )
    say(console, "Next: balance the orientations, then make a new initial model:")
    console.print(Text(f"  {command_line(balance)}", style="cyan"), soft_wrap=True)
