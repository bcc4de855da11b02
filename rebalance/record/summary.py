"""`summary.json`: what a run found and did, in counts that a program can read.

Nothing in it depends on the clock or the machine, so that the same command gives the same bytes;
those are in the run record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

import rebalance
from rebalance.model import (
    KEPT,
    REASONS,
    SET_ASIDE,
    Affinity,
    AverageQuality,
    Dataset,
    IntArray,
    NumberForWidth,
    Scan,
    Selection,
    Superclasses,
    SuperclassOrientations,
    views_of,
)
from rebalance.model.superclass_orientations import MIXED_BEYOND
from rebalance.settings import RunSettings, plugin_name, with_flags
from rebalance.strategies.subsets import Subsets

USED, EMPTY, WITHOUT_PARTICLES = "used", "empty", "without particles"
LEFT_OUT, JUNK, ASIDE = "left out", "junk", "set aside"
"""Status of a class average."""


def summarise(
    settings: RunSettings,
    dataset: Dataset,
    superclasses: Superclasses,
    affinity: Affinity | None,
    selection: Selection | None,
    *,
    scan: Scan | None = None,
    quality: AverageQuality | None = None,
    for_width: NumberForWidth | None = None,
    orientations: SuperclassOrientations | None = None,
    subsets: Subsets | None = None,
    decided: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of `summary.json`: JSON values only.

    Parameters
    ----------
    settings, dataset, superclasses
    affinity : Affinity or None
        None when superclassification is off.
    selection : Selection or None
        None without particles.
    scan : Scan, optional
        Where the number of superclasses was left to it.
    quality : AverageQuality, optional
        Where junk was looked for.
    for_width : NumberForWidth, optional
        Where the number of superclasses was left to an angle.
    orientations : SuperclassOrientations, optional
        Where poses of the particles were given.
    subsets : Subsets, optional
        Where they were asked for.
    decided : mapping, optional
        What a person changed, where a decisions file was given.
    warnings, notes : sequence of str
        Of all steps, one sentence each; settings are written as they are typed.
    """
    return {
        "rebalance": rebalance.__version__,
        "job": dataset.job,
        "format": dataset.format,
        "superclassification": _superclassification(settings, superclasses, affinity)
        | ({} if scan is None else {"scan": about_the_scan(scan)})
        | ({} if for_width is None else {"view_width": about_the_width(for_width)})
        | ({} if decided is None else {"decided": dict(decided)}),
        "class_averages": _class_averages(dataset, superclasses) | suspected(quality),
        "particles": _particles(selection),
        "balance": _balance(settings, selection),
        "set_aside": about_set_aside(superclasses, selection, quality),
        "superclasses": _rows(superclasses, selection),
        **({} if orientations is None else {"orientations": about_orientations(orientations)}),
        **({} if subsets is None else {"subsets": _subsets(subsets)}),
        "seed": settings.seed,
        "warnings": [with_flags(text) for text in warnings],
        "notes": [with_flags(text) for text in notes],
    }


def _superclassification(
    settings: RunSettings, superclasses: Superclasses, affinity: Affinity | None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "by": grouped_by(settings),
        "number": len(superclasses),
        "clustering": superclasses.clustering,
        "clustering_options": dict(superclasses.options),
        "metric": None,
    }
    if affinity is not None:
        content |= {
            "metric": affinity.metric,
            "metric_options": dict(affinity.options),
            "metric_facts": dict(affinity.facts),
            "affinity_range": _range_of(affinity, superclasses),
        }
    return content


def about_the_scan(scan: Scan) -> dict[str, Any]:
    """What a scan suggests, and on what it was tried."""
    suggestion = scan.suggestion
    return {
        "suggested": suggestion.number,
        "runners_up": list(suggestion.runners_up),
        "has_structure": suggestion.has_structure,
        "reason": suggestion.reason,
        "tried": [int(scan.numbers[0]), int(scan.numbers[-1])],
        "affinity_noise": _short(scan.noise),
    }


def about_the_width(found: NumberForWidth) -> dict[str, Any]:
    """The angle that the number was found by, and that of the widest superclass."""
    return {"asked_deg": found.width, "widest_deg": round(found.widest, 2)}


def grouped_by(settings: RunSettings) -> str:
    """What the superclasses come from: ``off``, ``labels``, ``decisions`` or ``clustering``."""
    if settings.is_off:
        return "off"
    if settings.groups_given:
        return "labels" if settings.labels else "decisions"
    return "clustering"


def _range_of(affinity: Affinity, superclasses: Superclasses) -> dict[str, float] | None:
    used = np.flatnonzero(superclasses.label >= 0)
    if len(used) < 2:
        return None
    # Row by row: an index of every pair would be larger than the matrix.
    pairs = np.concatenate([affinity.values[i, used[k + 1 :]] for k, i in enumerate(used)])
    low, middle, high = np.quantile(pairs, [0.0, 0.5, 1.0])
    return {"lowest": _short(low), "median": _short(middle), "highest": _short(high)}


def _short(value: float) -> float:
    return round(float(value), 6)


def _class_averages(dataset: Dataset, superclasses: Superclasses) -> dict[str, Any]:
    status = np.array(status_of_averages(dataset, superclasses))
    averages = dataset.class_averages
    return {
        "read": len(status),
        "used": int(np.count_nonzero(status == USED)),
        "empty": superclasses.class_id[status == EMPTY].tolist(),
        "without_particles": superclasses.class_id[status == WITHOUT_PARTICLES].tolist(),
        "left_out": superclasses.class_id[status == LEFT_OUT].tolist(),
        "junk": superclasses.class_id[status == JUNK].tolist(),
        "set_aside": superclasses.class_id[status == ASIDE].tolist(),
        "images": averages is not None,
        "box": None if averages is None else averages.box,
        "pixel_size_A": None if averages is None else averages.pixel_size,
    }


def suspected(quality: AverageQuality | None) -> dict[str, Any]:
    """The averages that look like junk, with the reasons; nothing where none was looked for."""
    if quality is None:
        return {}
    rows = [
        {"class_id": number, "reasons": list(quality.reasons_of(number))}
        for number in quality.suspects
    ]
    return {"junk_suspected": rows}


def status_of_averages(dataset: Dataset, superclasses: Superclasses) -> list[str]:
    """`USED`, or why it is not: `EMPTY` (no image) above all, `ASIDE`, `JUNK`, `LEFT_OUT` or
    `WITHOUT_PARTICLES`."""
    averages = dataset.class_averages
    n = len(superclasses.class_id)
    empty = np.zeros(n, dtype=np.bool_) if averages is None else ~averages.has_image
    junk = np.isin(superclasses.class_id, superclasses.junk)
    left_out = np.isin(superclasses.class_id, superclasses.left_out)
    status = np.full(n, WITHOUT_PARTICLES, dtype=object)
    status[left_out] = LEFT_OUT
    if averages is not None and averages.n_particles is not None:
        # Left out or not, there was nothing to take.
        status[averages.n_particles == 0] = WITHOUT_PARTICLES
    status[junk] = JUNK
    status[empty] = EMPTY
    status[superclasses.label == SET_ASIDE] = ASIDE
    status[superclasses.label >= 0] = USED
    return [str(word) for word in status]


def _particles(selection: Selection | None) -> dict[str, Any] | None:
    if selection is None:
        return None
    kept = selection.count(KEPT)
    return {
        "read": len(selection),
        "selected": kept,
        "excluded": len(selection) - kept,
        "excluded_because": {
            reason: count
            for reason in REASONS
            if reason != KEPT and (count := selection.count(reason))
        },
    }


def _balance(settings: RunSettings, selection: Selection | None) -> dict[str, Any] | None:
    if selection is None:
        return None
    return {
        "factor": settings.factor,
        "max_size": settings.max_size,
        "cap": selection.cap,
        "cap_from": selection.cap_from,
        "strategy": selection.strategy or plugin_name(settings.strategy),
        "strategy_options": dict(selection.options),
        "before": _evenness(selection.before[selection.decides]),
        "after": _evenness(selection.after[selection.decides]),
    }


def about_set_aside(
    superclasses: Superclasses, selection: Selection | None, quality: AverageQuality | None
) -> dict[str, Any]:
    """How many averages are set aside, with how many particles, and who named them.

    Parameters
    ----------
    superclasses : Superclasses
    selection : Selection or None
    quality : AverageQuality or None
        None where no one was asked.
    """
    counts = superclasses.n_particles
    before = None if counts is None else int(counts[superclasses.label == SET_ASIDE].sum())
    after = before
    if selection is not None:
        before, after = int(selection.aside_before.sum()), int(selection.aside_after.sum())
    return {
        "averages": len(superclasses.set_aside),
        "particles_before": before,
        "particles_after": after,
        "because": quality.because() if quality and superclasses.set_aside else {},
    }


def _subsets(subsets: Subsets) -> dict[str, Any]:
    visits = subsets.visits[subsets.place >= 0]
    return {
        "number": len(subsets),
        "particles": [int(np.count_nonzero(subsets.member(n))) for n in range(len(subsets))],
        "never_used": int(np.count_nonzero(visits == 0)),
        "fewest_visits": int(visits.min()) if len(visits) else 0,
        "most_visits": int(visits.max(initial=0)),
    }


def about_orientations(found: SuperclassOrientations) -> dict[str, Any]:
    """How superclasses lie on the sphere, and what balancing does to SCF*."""
    random = found.scf_star_at_random
    rows = [
        {
            "superclass": number,
            "particles": int(found.particles[number]),
            "view": [_short(part) for part in direction] if found.particles[number] else None,
            "spread_deg": round(spread, 2) if found.particles[number] else None,
            "mixed": bool(spread > MIXED_BEYOND),
        }
        for number, (direction, spread) in enumerate(
            zip(found.direction.tolist(), found.spread.tolist(), strict=True)
        )
    ]
    return {
        "source": found.source,
        "symmetry": found.symmetry,
        "particles": found.n_particles,
        "with_pose": found.n_matched,
        "scf_star": round(found.scf_star, 4),
        "scf_star_after": None if found.scf_star_after is None else round(found.scf_star_after, 4),
        "scf_star_at_random": round(float(random.mean()), 4) if len(random) else None,
        "scf_star_at_random_sd": round(float(random.std(ddof=1)), 4) if len(random) > 1 else None,
        "particles_after": found.n_after,
        "superclasses": rows,
    }


def _evenness(size: IntArray) -> dict[str, Any]:
    present = size[size > 0]
    if not len(present):
        return {"smallest": 0, "largest": 0, "smallest_to_largest": None}
    smallest, largest = int(present.min()), int(present.max())
    return {
        "smallest": smallest,
        "largest": largest,
        "smallest_to_largest": _short(smallest / largest),
    }


def _rows(superclasses: Superclasses, selection: Selection | None) -> list[dict[str, Any]]:
    rows = []
    decides = None if selection is None else selection.decides
    for number, members in enumerate(superclasses):
        mean = float(superclasses.mean_affinity[number])
        rows.append(
            {
                "superclass": number,
                "class_ids": members.tolist(),
                "medoid": int(superclasses.medoid[number]),
                "mean_affinity": None if np.isnan(mean) else _short(mean),
                "particles_before": None if selection is None else int(selection.before[number]),
                "particles_after": None if selection is None else int(selection.after[number]),
                "decides_cap": decides is None or bool(decides[number]),
            }
        )
    return rows


def about_the_metric(affinity: Affinity | None) -> list[str]:
    """What a metric decided, in a sentence made from its facts; and its own notes."""
    if affinity is None:
        return []
    facts = affinity.facts
    parts = []
    mask = _length(facts, "mask_diameter")
    if mask:
        found = {
            "images": " (found from the images)",
            "classification": " (from the classification)",
        }
        parts.append(
            f"inside a mask of {mask}{found.get(str(facts.get('mask_diameter_from')), '')}"
        )
    for name, words in (
        ("high_pass", "without features larger than {}"),
        ("low_pass", "to a resolution of {}"),
        ("max_shift", "with shifts up to {}"),
    ):
        length = _length(facts, name)
        if length:
            parts.append(words.format(length))
    if "mirror" in facts:
        parts.append("including mirror images" if facts["mirror"] else "without mirror images")
    centred = "centered and " if _is_length(facts.get("median_offset_px")) else ""
    sentences = [f"Class averages were {centred}compared {', '.join(parts)}."] if parts else []
    doubts = doubts_of_views(affinity)
    return [*sentences, *(note for note in affinity.notes if note not in doubts)]


def doubts_of_views(affinity: Affinity | None) -> list[str]:
    """Why the views that an affinity carries are not to be trusted; nothing where they are.

    Nor where none were looked for, in averages that are too few, which is nothing to worry about.
    """
    views = None if affinity is None else views_of(affinity)
    if affinity is None or views is None or views.trusted or np.isnan(views.fit).all():
        return []
    said = [note for note in affinity.notes if views.reason and views.reason in note]
    return said or [f"The views of the class averages are not used. {views.reason}"]


def _length(facts: Mapping[str, Any], name: str) -> str:
    for unit, word in (("A", "Å"), ("px", "pixels")):
        value = facts.get(f"{name}_{unit}")
        if _is_length(value):
            return f"{value:.3g} {word}" if value < 1000 else f"{value:.0f} {word}"
    return ""


def _is_length(value: Any) -> TypeGuard[float]:
    """Facts are a metric's own, or those of a file."""
    return isinstance(value, int | float) and abs(value) < 1e9
