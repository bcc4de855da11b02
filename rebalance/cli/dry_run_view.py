"""The screen of a dry run."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.model.counting import counted
from rebalance.pipeline.dry_run import Plan
from rebalance.record.summary import summarise
from rebalance.settings import AUTO, plugin_name, with_flags
from rebalance.settings.fields import AVERAGES, CLASSES, TABLES


def show_plan(plan: Plan, *, json: bool, quiet: bool) -> None:
    """Say what would happen: what was read, compared and written.

    Parameters
    ----------
    plan : Plan
    json : bool
        As JSON on standard output.
    quiet : bool
        Say nothing.
    """
    if json:
        import typer

        from rebalance.record.run_record import as_json

        typer.echo(as_json(_content(plan)))
        return
    if quiet:
        return
    from rich.text import Text

    from rebalance.cli.result_view import superclass_table
    from rebalance.cli.screen import say, shorter, show_warnings, stdout
    from rebalance.record.summary_text import outcome

    console = stdout()
    console.print(Text(f"Read: {_read(plan)}", style="bold"))
    for note in plan.notes:
        say(console, with_flags(note), "dim")
    for line in _steps(plan):
        say(console, line)
    summary = _summary(plan)
    if summary is not None:
        console.print()
        console.print(superclass_table(summary))
        for line in ("", *outcome(summary)):
            say(console, line)
    show_warnings(plan.warnings)
    console.print()
    say(console, f"Dry run: nothing was written. Results would go to {shorter(plan.folder)}/.")


def _read(plan: Plan) -> str:
    dataset, classes = plan.dataset, plan.classes
    parts = [] if dataset.particles is None else [f"{len(dataset.particles):,} particles"]
    kind = "classes" if dataset.class_averages is None else "class averages"
    empty, without = _n_empty(plan), len(_without_particles(plan))
    asides = [f"{empty} empty"] if empty else []
    asides += [f"{without} without particles"] if without else []
    parts.append(
        f"{len(classes.class_id):,} {kind}" + (f" ({', '.join(asides)})" if asides else "")
    )
    if classes.left_out:
        parts.append(f"{len(classes.left_out)} left out")
    return f"{dataset.job} ({dataset.format}), {', '.join(parts)}"


def _n_empty(plan: Plan) -> int:
    averages = plan.dataset.class_averages
    return 0 if averages is None else int((~averages.has_image).sum())


def _without_particles(plan: Plan) -> list[int]:
    """Class numbers of averages with an image that are not left out as junk."""
    classes, averages = plan.classes, plan.dataset.class_averages
    if classes.n_particles is None:
        return []
    out = (classes.n_particles == 0) & ~np.isin(classes.class_id, classes.junk)
    if averages is not None:
        out &= averages.has_image
    numbers: list[int] = classes.class_id[out].tolist()
    return numbers


def _steps(plan: Plan) -> list[str]:
    settings = plan.settings
    lines = {
        "computed": f"Compare: {plan.n_pairs:,} pairs with {plugin_name(settings.metric)}",
        "cache": (
            f"Compare: not needed, the affinity of {plugin_name(settings.metric)} is in the cache"
        ),
        "file": f"Compare: not needed, the affinity is in {settings.affinity_file}",
        "": "Compare: not needed",
    }
    if settings.is_off:
        how = "each class is its own superclass"
    elif settings.groups_given:
        how = f"as in {settings.labels or settings.decisions}"
    elif settings.n_superclasses == AUTO:
        how = f"with {plugin_name(settings.clustering)}, into the number that a scan suggests"
    elif settings.view_width is not None:
        how = (
            f"with {plugin_name(settings.clustering)}, into as few as keep views within "
            f"{settings.view_width:g}°"
        )
    elif settings.n_superclasses is None:
        how = f"with {plugin_name(settings.clustering)}"
    else:
        how = f"{settings.n_superclasses} superclasses with {plugin_name(settings.clustering)}"
    steps = [lines[plan.affinity_source], f"Group:   {how}"]
    if settings.judges and plan.quality is None and plan.dataset.class_averages is not None:
        done = {
            "auto": "leave out averages that look like it",
            "list": "name averages that look like it",
        }.get(settings.junk, "set aside averages that look like it")
        steps.insert(1, f"Junk:    {done} (known after comparing)")
    return steps + [f"Also:    {line}" for line in _more(plan)]


def _more(plan: Plan) -> list[str]:
    """What else would be written, one line each."""
    settings, subsets = plan.settings, plan.subsets
    lines = []
    if settings.subsets is not None:
        n = settings.subsets if subsets is None else len(subsets)
        lines.append(
            "as many balanced subsets as it takes to use every particle"
            if n == AUTO
            else counted(n, "balanced subset")
        )
    if CLASSES in settings.also:
        lines.append("a particle table with superclasses as class numbers")
    if TABLES in settings.also:
        lines.append("a particle table for each superclass")
    if AVERAGES in settings.also:
        lines.append("the mean image of each superclass")
    if settings.picking_templates is not None:
        lines.append(f"picking templates: the {settings.picking_templates} of each superclass")
    return lines


def _summary(plan: Plan) -> dict[str, Any] | None:
    if plan.superclasses is None:
        return None
    return summarise(
        plan.settings,
        plan.dataset,
        plan.superclasses,
        None,
        plan.selection,
        quality=plan.quality,
        subsets=plan.subsets,
        warnings=plan.warnings,
        notes=plan.notes,
    )


def _content(plan: Plan) -> dict[str, Any]:
    dataset = plan.dataset
    return {
        "dry_run": True,
        "job": dataset.job,
        "format": dataset.format,
        "particles": None if dataset.particles is None else len(dataset.particles),
        "classes": len(plan.classes.class_id),
        "empty": _n_empty(plan),
        "without_particles": _without_particles(plan),
        "left_out": plan.classes.left_out,
        "affinity": plan.affinity_source or None,
        "pairs": plan.n_pairs,
        "folder": str(plan.folder),
        "also": _more(plan),
        "warnings": [with_flags(warning) for warning in plan.warnings],
        "summary": _summary(plan),
    }
