"""Which class averages look like no view; and what is done with them.

Between the affinity and the superclasses. There is one verdict on each average, for named reasons
only; what each source has to say stands in `evidence`. The suspects are set aside by default, and
left out only where a person says so.

>>> quality = score(data.class_averages, affinity)
>>> quality.suspects
(7, 31)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from rebalance.curation.evidence import isolation, of_scores, of_views, picture
from rebalance.curation.junk_reasons import NEAREST, of_picture
from rebalance.imaging.masks import estimate_radius
from rebalance.imaging.pictures import FEWEST, deviations, measure_pictures, points
from rebalance.model import (
    Affinity,
    AverageQuality,
    BoolArray,
    ClassAverages,
    Classes,
    Dataset,
    DoubleArray,
    Evidence,
)
from rebalance.model.views import image_affinity
from rebalance.settings import RunSettings

_MOST = 8
"""Averages whose reasons are said; the table has all."""


def look_for_junk(
    settings: RunSettings,
    dataset: Dataset,
    classes: Classes,
    affinity: Affinity | None,
    *,
    given: Evidence | None = None,
) -> tuple[AverageQuality | None, Classes]:
    """What is known of the quality of averages, where it counts; and the classes that are used.

    Parameters
    ----------
    settings : RunSettings
        Its ``junk``: the suspects are set aside, or with ``auto`` left out as junk. What a person
        groups is not set aside, nor is a class where superclassification is off.
    dataset, classes
    affinity : Affinity or None
    given : Evidence, optional
        Of a file of verdicts; without it, that of the scores that came with the averages counts.
    """
    if not settings.judges or dataset.class_averages is None:
        return None, classes
    quality = score(dataset.class_averages, affinity, left_out=classes.left_out, given=given)
    if settings.junk == "auto":
        classes = classes.without_junk(quality.suspects)
    elif settings.sets_aside:
        classes = classes.setting_aside(quality.suspects)
    return quality, classes


def score(
    class_averages: ClassAverages,
    affinity: Affinity | None = None,
    *,
    left_out: Iterable[int] = (),
    given: Evidence | None = None,
) -> AverageQuality:
    """What the averages tell of their own quality, and which are suspected of being junk.

    Parameters
    ----------
    class_averages : ClassAverages
    affinity : Affinity, optional
        Of the same averages; with the metric ``views``, its misfits are named too.
    left_out : iterable of int
        Class numbers that are not judged, and that others are not compared with.
    given : Evidence, optional
        Of a file of verdicts (`evidence.of_verdicts`), instead of scores that the averages carry.

    Returns
    -------
    AverageQuality

    Raises
    ------
    ValueError
        If the affinity is of other class numbers.
    """
    if affinity is not None and not np.array_equal(affinity.class_id, class_averages.class_id):
        raise ValueError("the affinity is of other class numbers than the averages")
    is_scored = ~class_averages.is_empty & ~np.isin(class_averages.class_id, list(left_out))
    images = class_averages.images[is_scored]
    diameter = None if affinity is None else affinity.facts.get("mask_diameter_px")
    radius = float(diameter) / 2 if diameter else estimate_radius(images)
    counts = class_averages.n_particles
    pictures = measure_pictures(images, radius)
    far = deviations(pictures, None if counts is None else counts[is_scored])
    given_points = points(far)
    reasons = of_picture(far, given_points)
    highest, median, nearest = _likeness(affinity, is_scored)
    measures = {
        "contrast": pictures.contrast,
        "structure": pictures.structure,
        "middle": pictures.middle,
        "level": pictures.level,
        "highest_affinity": highest,
        "median_affinity": median,
        "nearest_affinity": nearest,
    }
    found = AverageQuality(
        class_id=class_averages.class_id,
        is_scored=is_scored,
        measures={name: _placed(values, is_scored) for name, values in measures.items()},
        points={name: _placed(values, is_scored) for name, values in given_points.items()},
        n_particles=counts,
        resolution=class_averages.resolution,
    )
    sources = (
        given or of_scores(class_averages),
        picture(reasons, is_scored),
        *of_views(affinity, _placed(np.sum(list(given_points.values()), axis=0), is_scored)),
        isolation(nearest, reasons, is_scored),
    )
    return replace(found, evidence=tuple(source for source in sources if source is not None))


def _likeness(
    affinity: Affinity | None, used: BoolArray
) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Highest affinity of each average with the others, the median one, and the mean of the four
    highest; NaN where there is none."""
    n = int(used.sum())
    if affinity is None or n < 2:
        return np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    # A rare view is far from all others in angle; what tells of its picture is the images.
    values = image_affinity(affinity)[np.ix_(used, used)].astype(np.float64)
    others = np.sort(values[~np.eye(n, dtype=np.bool_)].reshape(n, n - 1))
    return others[:, -1], np.median(others, axis=1), others[:, -NEAREST:].mean(axis=1)


def _placed(values: DoubleArray, where: BoolArray) -> DoubleArray:
    placed = np.full(len(where), np.nan)
    placed[where] = values
    return placed


def about_quality(settings: RunSettings, quality: AverageQuality | None) -> list[str]:
    """A sentence on how many are suspected, and one for each of them with the reasons.

    Of those that are set aside the summary says how many and why (`record.summary_text`), the table
    which.

    Parameters
    ----------
    settings : RunSettings
    quality : AverageQuality or None
        None where no one asked: nothing is said.
    """
    if quality is None:
        return []
    told = [evidence.note for evidence in quality.evidence if evidence.note]
    return told if settings.sets_aside else [*told, *_about_suspects(settings, quality)]


def _about_suspects(settings: RunSettings, quality: AverageQuality) -> list[str]:
    left_out = settings.junk == "auto"
    n = int(quality.is_scored.sum())
    if n < FEWEST:
        return [f"Junk could not be detected: it takes {FEWEST} class averages, and there are {n}."]
    suspects = quality.suspects
    if not suspects:
        return [f"None of {n:,} class averages looks like junk."]
    one = len(suspects) == 1
    what = f"{len(suspects):,} of {n:,} class averages {'looks' if one else 'look'} like"
    done = (
        f"junk and {'is' if one else 'are'} left out. Please check {'it' if one else 'them'}."
        if left_out
        else f"junk, but {'is' if one else 'are'} used. To leave {'it' if one else 'them'} out: "
        '`junk="auto"`.'
    )
    named = suspects[:_MOST]
    reasons = [f"Class {number}: {'; '.join(quality.reasons_of(number))}." for number in named]
    said = [f"{what} {done}", *reasons]
    if len(suspects) > _MOST:
        said.append(f"For the reasons of {len(suspects) - _MOST:,} more, see junk.csv.")
    return said
