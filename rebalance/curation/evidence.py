"""What each source says of class averages: one `Evidence` a source, from what that source found.

A source names an average, or only adds to what others say of it, or vouches for it; the verdict is
drawn in `rebalance.model.AverageQuality`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rebalance.model import Affinity, BoolArray, Evidence, Views


def picture(reasons: Sequence[tuple[str, ...]], is_scored: BoolArray) -> Evidence:
    """What the picture of an average shows: a film, a blur, noise.

    Parameters
    ----------
    reasons : sequence of tuple of str
        Of the averages that are judged, in order, from `junk_reasons.find_reasons`.
    is_scored : bool (N,)
        Which these are.
    """
    return Evidence("picture", _placed(iter(reasons), is_scored), short="by their picture")


def of_views(affinity: Affinity | None) -> Evidence | None:
    """How well an average fits the structure that all of them show.

    Parameters
    ----------
    affinity : Affinity or None
        With the views that its metric found; without them there is nothing to say.
    """
    if affinity is None or "views_trusted" not in affinity.facts:
        return None
    views = Views.kept(affinity.class_id, affinity.results, affinity.facts)
    words = tuple(
        (f"it fits the common structure badly: correlation {fit:.2f}",) if misfit else ()
        for fit, misfit in zip(views.fit.tolist(), views.is_misfit.tolist(), strict=True)
    )
    return Evidence(
        "views", words, names=views.trusted, short="as they do not fit the common structure"
    )


def _placed(words: Iterator[tuple[str, ...]], is_scored: BoolArray) -> tuple[tuple[str, ...], ...]:
    return tuple(next(words) if judged else () for judged in is_scored.tolist())
