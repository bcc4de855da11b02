"""What each source says of class averages: one `Evidence` a source, from what that source found.

A source names an average, or only adds to what others say of it, or vouches for it; the verdict is
drawn in `rebalance.model.AverageQuality`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rebalance.curation.junk_reasons import about_isolation, is_isolated
from rebalance.errors import InputError
from rebalance.model import (
    Affinity,
    BoolArray,
    ClassAverages,
    DoubleArray,
    Evidence,
    views_of,
)
from rebalance.model.verdicts import RANKER, SELECT, Verdicts

GOOD_ENOUGH = 0.5
"""Score (0 to 1) from which a program's verdict counts as good; the default of relion_class_ranker
and Cinderella.
"""

ENOUGH_WITH_FIT = 0.3
"""Points against a picture from which a bad fit counts as junk, if the views are trusted."""


def picture(reasons: Sequence[tuple[str, ...]], is_scored: BoolArray) -> Evidence:
    """What the picture of an average shows: a film, a blur, noise.

    Parameters
    ----------
    reasons : sequence of tuple of str
        Of the averages that are judged, in order, from `junk_reasons.find_reasons`.
    is_scored : bool (N,)
        Which these are.
    """
    return Evidence("picture", _placed(iter(reasons), is_scored), short="by image")


def of_views(
    affinity: Affinity | None, against_picture: DoubleArray | None = None
) -> tuple[Evidence, ...]:
    """How well an average fits the structure that all of them show.

    A rare view fits badly too where the map shows others better. So a bad fit is enough to name an
    average only where the views are trusted and something speaks against its picture as well. It is
    said of the other ones if something else names them.

    Parameters
    ----------
    affinity : Affinity or None
        With the views that its metric found; without them there is nothing to say.
    against_picture : float64 (N,), optional
        Points (`rebalance.imaging.pictures`), NaN where none are given.
    """
    views = None if affinity is None else views_of(affinity)
    if views is None or not np.isfinite(views.fit).any():
        return ()
    n = len(views)
    enough = np.zeros(n, dtype=np.bool_)
    if views.trusted and against_picture is not None:
        enough = np.nan_to_num(against_picture) >= ENOUGH_WITH_FIT
    words = [f"it fits the common structure poorly (correlation {fit:.2f})" for fit in views.fit]

    def said_of(rows: BoolArray) -> tuple[tuple[str, ...], ...]:
        return tuple((words[i],) if rows[i] else () for i in range(n))

    return (
        Evidence(
            "views",
            said_of(views.is_misfit & enough),
            short="by poor fit to the common structure",
        ),
        Evidence("fit", said_of(views.is_misfit & ~enough), names=False),
    )


def isolation(
    nearest: DoubleArray, reasons: Sequence[tuple[str, ...]], is_scored: BoolArray
) -> Evidence:
    """How far an average is from all others: never enough to name one, since rare views are.

    Parameters
    ----------
    nearest : float64 (n,)
        Mean affinity to the nearest, of the averages that are judged.
    reasons : sequence of tuple of str
        Of their pictures: of those that have some, it is said there.
    is_scored : bool (N,)
    """
    isolated = is_isolated(nearest) & np.array([not said for said in reasons], dtype=np.bool_)
    words = ((about_isolation(nearest, i),) if isolated[i] else () for i in range(len(nearest)))
    return Evidence("isolation", _placed(words, is_scored), names=False)


def of_scores(averages: ClassAverages) -> Evidence | None:
    """The scores that came with the averages, of RELION's class ranker; None where none did."""
    if averages.score is None:
        return None
    return _of_scores(RANKER, averages.score, averages.score_from)


def of_verdicts(verdicts: Verdicts, averages: ClassAverages, path: Path | None = None) -> Evidence:
    """What was said of the averages elsewhere.

    Parameters
    ----------
    verdicts : Verdicts
        See `rebalance.formats.verdicts`.
    averages : ClassAverages
    path : Path, optional
        Of their file, for an error.

    Raises
    ------
    InputError
        If they are of other averages.
    """
    return _of_scores(verdicts.source, _scores(verdicts, averages, path), verdicts.label)


def _scores(verdicts: Verdicts, averages: ClassAverages, path: Path | None) -> DoubleArray:
    """Of each average, NaN where nothing is said."""
    n = len(averages)
    keys = list(range(n)) if verdicts.by_place else averages.class_id.tolist()
    missing = 0.0 if verdicts.chosen_only else np.nan
    score = np.array([verdicts.score.get(key, missing) for key in keys], dtype=np.float64)
    unknown = sorted(set(verdicts.score) - set(keys))
    if unknown and (verdicts.by_place or len(unknown) == len(verdicts.score)):
        of = "images" if verdicts.by_place else "classes"
        raise InputError(
            f"It has verdicts on {len(verdicts.score):,} {of}, up to {max(verdicts.score)}, but "
            f"there are {n:,} class averages here.",
            path=path,
            hint="Give verdicts on these class averages.",
        )
    return score


def _of_scores(source: str, score: DoubleArray, label: str) -> Evidence:
    with np.errstate(invalid="ignore"):
        good, bad = score >= GOOD_ENOUGH, score < GOOD_ENOUGH
    said = (f"{source} scores it {value:.2f}, below {GOOD_ENOUGH}" for value in score.tolist())
    if source == SELECT:
        said = (f"not selected in {source}" for _ in score)
    note = ""
    if label == "rlnClassScore":
        note = (
            "The scores of the class averages are from rlnClassScore, which RELION's class ranker "
            "writes for all classes; rlnPredictedClassScore is missing."
        )
    words = tuple((why,) if out else () for why, out in zip(said, bad.tolist(), strict=True))
    return Evidence(source, words, short=f"by {source}", clears=good, is_measured=False, note=note)


def _placed(words: Iterator[tuple[str, ...]], is_scored: BoolArray) -> tuple[tuple[str, ...], ...]:
    return tuple(next(words) if judged else () for judged in is_scored.tolist())
