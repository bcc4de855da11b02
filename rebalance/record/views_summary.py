"""`summary.json` of the views of class averages, and what a person is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import rebalance
from rebalance.model import ClassAverages, Dataset, Views
from rebalance.model.counting import counted
from rebalance.point_groups import operations_of
from rebalance.settings import AUTO, with_flags


def summarise_views(
    dataset: Dataset,
    views: Views,
    *,
    options: Mapping[str, Any],
    uniformity: float,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of `summary.json`: JSON values only.

    Parameters
    ----------
    dataset : Dataset
    views : Views
        A row for each of its class averages.
    options : mapping
        Of the metric that found them.
    uniformity : float
        Of the particles of averages that fit.
    warnings, notes : sequence of str
        One sentence each; settings are written as they are typed.
    """
    from rebalance.figures.view_words import verdict

    averages, particles = dataset.class_averages, dataset.particles
    assert averages is not None
    spread = views.spread[np.isfinite(views.spread) & ~views.is_misfit]
    return {
        "rebalance": rebalance.__version__,
        "job": dataset.job,
        "format": dataset.format,
        "class_averages": {
            "read": len(averages),
            "used": int(np.isfinite(views.fit).sum()),
            "empty": averages.class_id[~averages.has_image].tolist(),
            "without_particles": averages.class_id[
                averages.lacks_particles & averages.has_image
            ].tolist(),
            "box": averages.box,
            "pixel_size_A": averages.pixel_size,
        },
        "particles": None if particles is None else len(particles),
        "symmetry": views.symmetry,
        "options": dict(options),
        "trusted": views.trusted,
        "reason": views.reason,
        "verdict": verdict(views),
        "agreement": round(float(views.agreement), 4),
        "starts": len(views.in_agreement),
        "starts_in_agreement": int(np.count_nonzero(views.in_agreement)),
        "median_spread_deg": round(float(np.median(spread)), 2) if len(spread) else None,
        "misfits": misfits(views, averages),
        "uniformity": round(uniformity, 4),
        "map": {
            "box": len(views.map),
            "voxel_size_A": None
            if averages.pixel_size is None
            else round(views.voxel_size * averages.pixel_size, 4),
        },
        "warnings": [with_flags(text) for text in warnings],
        "notes": [with_flags(text) for text in notes],
    }


def misfits(views: Views, averages: ClassAverages) -> list[dict[str, Any]]:
    """The averages that show something else, those with most particles first."""
    rows = np.flatnonzero(views.is_misfit)
    counts = averages.n_particles
    if counts is not None:
        rows = rows[np.argsort(-counts[rows], kind="stable")]
    return [
        {
            "class_id": int(views.class_id[row]),
            "particles": None if counts is None else int(counts[row]),
            "fit": round(float(views.fit[row]), 4),
        }
        for row in rows.tolist()
    ]


def outcome(summary: Mapping[str, Any]) -> list[str]:
    """What was found, in a few sentences; nothing of what is not to be trusted."""
    if not summary["trusted"]:
        said = "Don't use these views or the map."
        if summary["symmetry"] == "C1":
            said += " If the molecule is symmetric, give its point group with `symmetry`."
        return [with_flags(said)]
    lines = [_about_symmetry(summary)]
    if summary["median_spread_deg"] is not None:
        n = summary["class_averages"]["used"] - len(summary["misfits"])
        views = counted(n, "view")
        lines.append(
            f"Estimated median error of {views}: about {summary['median_spread_deg']:.0f}°."
        )
    what = "averages" if summary["particles"] is None else "particles"
    lines.append(
        f"Uniformity of the {what} over all directions: {summary['uniformity']:.2f} (1 = even)."
    )
    return lines


def _about_symmetry(summary: Mapping[str, Any]) -> str:
    group = summary["symmetry"]
    if str(summary["options"].get("symmetry", "")).lower() != AUTO:
        return f"Point group {group}, as given."
    if group == "C1":
        return "No symmetry was found in the averages (point group C1)."
    return f"Point group {group} was found in the averages."


def about_axes(symmetry: str, program: str) -> list[str]:
    """At most one sentence, where a program looks for the axes of the point group elsewhere.

    Map and poses are in the standard orientation.

    Parameters
    ----------
    symmetry : str
    program : str
        Name of the format that the poses are written in.
    """
    name = {"relion": "RELION", "cryosparc": "CryoSPARC"}.get(program)
    if name is None or _lies_as_in(symmetry, program):
        return []
    if symmetry == "I":
        return [f"The map and the poses use the axes that {name} calls I1, not its I."]
    lies, wanted = (
        ("twofold axes of T on x, y and z", "a threefold axis on z")
        if symmetry == "T"
        else (f"a twofold axis of {symmetry} on x", "one on y")
    )
    return [
        f"The map and the poses have {lies}, but {name} expects {wanted}. Refine in C1 first, or "
        "turn the map and search all angles."
    ]


def _lies_as_in(symmetry: str, convention: str) -> bool:
    """Whether a convention's orientation of a group is the standard one."""
    ours, theirs = operations_of(symmetry), operations_of(symmetry, convention)
    apart = np.abs(ours[:, None] - theirs[None]).max(axis=(2, 3))
    return bool(apart.min(axis=1).max() < 1e-6)


def about_misfits(summary: Mapping[str, Any]) -> str:
    """A sentence; empty for none."""
    rows = summary["misfits"]
    if not rows:
        return ""
    n, used = len(rows), summary["class_averages"]["used"]
    counts = [row["particles"] for row in rows]
    of = "" if None in counts else f" (with {counted(sum(counts), 'particle')})"
    fit = "fits" if n == 1 else "fit"
    return (
        f"{n:,} of {used:,} averages{of} {fit} no view of the map. They are junk, or another "
        "structure."
    )
