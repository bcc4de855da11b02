"""What the report page is told: one mapping of JSON values, made of a run's dataclasses."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

import rebalance
from rebalance.curation import decisions
from rebalance.figures import style
from rebalance.figures.matrix import COLOR_MAP, limits
from rebalance.figures.superclass_colors import color_places
from rebalance.model import FloatArray, IntArray, RunResult, Scan, Superclasses
from rebalance.model.class_numbers import count_classes
from rebalance.record.affinity_file import images_digest
from rebalance.record.summary import (
    ASIDE,
    EMPTY,
    JUNK,
    LEFT_OUT,
    WITHOUT_PARTICLES,
    grouped_by,
    status_of_averages,
)
from rebalance.report.encoding import encoded, encoded_pairs, encoded_sheet
from rebalance.report.groupings import Groupings, groupings
from rebalance.report.map_content import map_content
from rebalance.report.methods import methods
from rebalance.report.pair_curves import nearest_curves
from rebalance.report.view_content import view_content
from rebalance.settings import AUTO, RunSettings, with_flags
from rebalance.settings.as_command import command_parts

CONTENT_VERSION = 1


def content(
    settings: RunSettings, result: RunResult, reprojections: FloatArray | None = None
) -> dict[str, Any]:
    """All that the page shows and computes with.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
        With its ``summary``.
    reprojections : float32 (N, S, S), optional
        What each average should show.
    """
    dataset, superclasses = result.dataset, result.superclasses
    averages, affinity = dataset.class_averages, result.affinity
    n = len(superclasses.class_id)
    empty = np.zeros(n, dtype=np.bool_) if averages is None else averages.is_empty
    status = status_of_averages(dataset, superclasses)
    hollow = np.isin(status, (EMPTY, WITHOUT_PARTICLES)) | empty
    shown = np.flatnonzero(~hollow)
    found = groupings(settings, result)
    summary = result.summary
    grouped, decided = _groupings(found, shown), _decisions(settings, result, found)
    return {
        "version": CONTENT_VERSION,
        "rebalance": rebalance.__version__,
        "job": dataset.job,
        "digest": _digest(dataset.job, status, grouped, decided),
        "averages": _averages(result, shown, status),
        "not_shown": {
            word: superclasses.class_id[hollow & (np.array(status) == word)].tolist()
            for word in (EMPTY, WITHOUT_PARTICLES, LEFT_OUT, JUNK, ASIDE)
        },
        "sheet": None
        if averages is None or not len(shown)
        else encoded_sheet(averages.images[shown]),
        "groupings": grouped,
        "pairs": None if affinity is None else encoded_pairs(affinity, shown),
        "curves": nearest_curves(result, shown),
        "views": view_content(result, shown, reprojections),
        "map": map_content(result, shown),
        "metric": "" if affinity is None else affinity.metric,
        "clustering": superclasses.clustering,
        "colors": {
            "superclasses": list(style.PALETTE),
            "map": _color_map(),
            "limits": None if affinity is None else list(limits(affinity, settings.scale)),
        },
        "balance": _balance(settings, result),
        "warnings": list(summary.get("warnings", ())),
        "notes": list(summary.get("notes", ())),
        "methods": _methods(result),
        "command": command_parts(settings, result),
        "decisions": decided,
        "scan": None if result.scan is None else _scan(result.scan),
    }


def _digest(job: str, status: list[str], grouped: dict[str, Any], decided: dict[str, Any]) -> str:
    """The same for pages on which marks by hand mean the same, whatever their K and balance."""
    known = ("class_numbers", "averages_sha256", "affinity_key")
    told = [
        *(job, status, grouped["numbers"], grouped["labels"]),
        *(decided[name] for name in known),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _averages(result: RunResult, shown: IntArray, status: list[str]) -> dict[str, Any]:
    averages, particles = result.dataset.class_averages, result.dataset.particles
    class_id = result.superclasses.class_id[shown].tolist()
    counts = None if particles is None else count_classes(particles.class_id)
    resolution = None if averages is None else averages.resolution
    return {
        "class_id": class_id,
        "particles": None if counts is None else [counts.get(number, 0) for number in class_id],
        "resolution": None
        if resolution is None
        else [_resolution(value) for value in resolution[shown].tolist()],
        "status": [status[i] for i in shown.tolist()],
        "reasons": _reasons(result, shown),
        "box": None if averages is None else averages.box,
        "pixel_size": None if averages is None else averages.pixel_size,
    }


def _reasons(result: RunResult, shown: IntArray) -> list[str] | None:
    """Why each average is suspected; None where nobody asked."""
    if result.quality is None:
        return None
    return ["; ".join(result.quality.reasons[i]) for i in shown.tolist()]


def _resolution(value: float) -> float | None:
    """Å; RELION writes 999 or inf where it knows none."""
    return round(value, 2) if 0 < value < 999 else None


def _groupings(found: Groupings, shown: IntArray) -> dict[str, Any]:
    place = np.full(int(shown.max(initial=0)) + 1, -1, dtype=np.int64)
    place[shown] = np.arange(len(shown))
    # What a person decided is one row more than there are numbers.
    each = [*found.of.values(), *([] if found.decided is None else [found.decided])]
    labels = np.stack([of.label[shown] for of in each])
    return {
        "numbers": list(found.of),
        "current": found.current,
        "decided": found.decided is not None,
        "labels": encoded(labels, "i2"),
        "medoids": [place[of.medoid_row].tolist() for of in each],
        "colors": [color_places(of) for of in each],
        "places": encoded(_places(each, shown), "i2"),
        "why_alone": with_flags(found.why_alone),
    }


def _places(each: Sequence[Superclasses], shown: IntArray) -> IntArray:
    """Where averages stand in the order of each; once, if that is the same. −1: in none."""
    places = np.full((len(each), len(each[0].class_id)), -1)
    for row, of in zip(places, each, strict=True):
        order = of.order[of.label[of.order] >= 0]
        row[order] = np.arange(len(order))
    places = places[:, shown]
    return places[:1] if (places == places[0]).all() else places


def _color_map() -> str:
    from matplotlib import colormaps

    return encoded(np.rint(colormaps[COLOR_MAP](np.arange(256))[:, :3] * 255), "u1")


def _balance(settings: RunSettings, result: RunResult) -> dict[str, Any] | None:
    selection = result.selection
    if selection is None:
        return None
    off = result.superclasses.is_off
    return {
        "factor": settings.factor,
        "max_size": settings.max_size,
        "read": len(selection),
        "candidates": int(selection.before.sum()),
        "cap": selection.cap,
        "cap_from": 0 if off and settings.decides_from == AUTO else settings.decides_from,
        "strategy": selection.strategy,
        "seed": selection.seed,
    }


def _methods(result: RunResult) -> dict[str, Any]:
    paragraph, references = methods(result)
    return {"text": _unescaped(paragraph), "references": references}


def _unescaped(markdown: str) -> str:
    return html.unescape(re.sub(r"\\([^\w\s])", r"\1", markdown).replace("\\_", "_"))


def _scan(scan: Scan) -> dict[str, Any]:
    """Criteria for each number of superclasses, and what they suggest."""
    criteria = ("silhouette", "expected", "expected_sd", "stability")
    return {
        "numbers": scan.numbers.tolist(),
        **{name: [_finite(value) for value in getattr(scan, name).tolist()] for name in criteria},
        "suggestion": scan.suggestion.number,
        "runners_up": list(scan.suggestion.runners_up),
        "has_structure": scan.suggestion.has_structure,
        "because": scan.suggestion.reason,
    }


def _finite(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _decisions(settings: RunSettings, result: RunResult, found: Groupings) -> dict[str, Any]:
    """The part of a decisions file that the page can't know."""
    averages, affinity = result.dataset.class_averages, result.affinity
    superclasses = result.superclasses
    before = result.summary.get("superclassification", {}).get("decided")
    return {
        "decisions_version": decisions.VERSION,
        "rebalance": rebalance.__version__,
        "job": result.dataset.job,
        "class_numbers": superclasses.class_id.tolist(),
        "averages_sha256": None if averages is None else images_digest(averages),
        "affinity_key": "" if affinity is None else affinity.key,
        "seed": settings.seed,
        # Of a run with decisions, what was there before all of them.
        "moved": [] if before is None else before["moved"],
        "grouped_by": {
            "by": grouped_by(settings),
            "clustering": superclasses.clustering,
            "clustering_options": dict(superclasses.options),
            "n_superclasses": len(superclasses) if found.why_alone else found.current,
        }
        if before is None
        else before["grouped_by"],
    }
