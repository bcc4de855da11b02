"""An average is suspected where its picture gives a whole point, and the reasons say for what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance import engine
from rebalance.curation.junk import about_quality, score
from rebalance.curation.junk_reasons import FEWEST, about_isolation, is_isolated, of_picture
from rebalance.imaging.pictures import POINTS, points
from rebalance.model import ClassAverages, DoubleArray
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages

N = 30


def said_of(**far: float) -> tuple[str, ...]:
    """Reasons against one of thirty averages, that deviates in what is named."""
    deviations: dict[str, DoubleArray] = {name: np.zeros(N) for name in POINTS}
    for name, value in far.items():
        deviations[name][3] = value
    reasons = of_picture(deviations, points(deviations))
    assert all(said == () for said in (*reasons[:3], *reasons[4:]))
    return reasons[3]


@pytest.mark.parametrize("name", list(POINTS))
def test_one_reason_is_none(name: str) -> None:
    assert said_of(**{name: 100.0}) == ()


def test_reasons_are_said_of_what_gave_points_the_weightiest_first() -> None:
    assert said_of(strong=1.2, dim=0.5, level=0.01) == (
        "contrast 4.0 times that of most averages with as many particles",
        "center stands out less from the rim than in most averages",
    )
    assert said_of(flat=0.6, dim=0.9)[1] == (
        "only 50% of the usual structure, despite many particles"
    )
    assert said_of(level=1.4, bright=1.8) == (
        "rim far brighter or darker than in most averages",
        "center far brighter than in most averages",
    )


def test_few_are_not_judged() -> None:
    far = {name: np.full(FEWEST - 1, 10.0) for name in POINTS}
    assert of_picture(far, points(far)) == [()] * (FEWEST - 1)
    assert not is_isolated(np.zeros(FEWEST - 1)).any()


def test_an_average_is_isolated_far_below_what_the_most_similar_ones_have() -> None:
    nearest = np.array([0.9] * FEWEST + [0.71, 0.73])
    # Four fifths of 0.9.
    assert is_isolated(nearest).tolist() == [False] * FEWEST + [True, False]
    assert not is_isolated(np.full(FEWEST, np.nan)).any()
    assert about_isolation(nearest, FEWEST) == (
        "unlike all others (mean affinity to the nearest 0.71; 0.90 for the most similar averages)"
    )


def test_being_alone_is_told_of_what_another_source_names() -> None:
    values = np.full((14, 14), 0.9, dtype=np.float32)
    values[0], values[:, 0] = 0.3, 0.3
    np.fill_diagonal(values, 1)
    found = simulated(seed=41, n_averages=14, n_empty=0, n_junk=0, n_views=14, snr=1)
    averages = found.class_averages
    affinity = rebalance.Affinity(values, averages.class_id, np.zeros(14, dtype=bool), key="")
    assert score(averages, affinity).suspects == ()
    bad = np.where(np.arange(14) < 2, 0.1, 0.9)
    quality = score(replace(averages, score=bad, score_from="rlnClassScore"), affinity)
    first, second = (quality.reasons_of(int(number)) for number in averages.class_id[:2])
    assert first == (
        *second,
        "unlike all others (mean affinity to the nearest 0.30; 0.90 for the most similar averages)",
    )
    assert len(second) == 1


def test_being_alone_is_said_only_of_what_the_picture_names() -> None:
    found = simulated(seed=42, n_junk=0, n_edge=2, snr=0.5)
    averages = found.class_averages
    affinity = engine.affinity(averages, "rotational-cc")
    quality = score(averages, affinity)
    words = {evidence.source: evidence for evidence in quality.evidence}
    assert not words["isolation"].names
    assert not (quality.is_suspected & ~words["picture"].speaks_against).any()
    # The picture alone says as much as the picture and the affinity.
    alone = score(averages.subset(~averages.is_empty))
    assert set(alone.suspects) == set(quality.suspects)


def simulated(**settings: Any) -> Any:
    return simulate_class_averages(
        {"n_averages": 40, "n_particles": 4_000, "box": 48, "pixel_size": 5.3, "n_noise": 0}
        | settings
    )


def test_no_view_of_a_clean_set_is_suspected_however_rare() -> None:
    found = simulated(seed=41, n_junk=0, n_views=18, preferred_share=0.9, snr=0.3)
    averages = found.class_averages
    assert averages.n_particles.max() > 10 * averages.n_particles[~averages.is_empty].min()
    assert score(averages, engine.affinity(averages, "rotational-cc")).suspects == ()


def test_films_and_noise_among_clear_views_are_suspected_and_no_view_is() -> None:
    found = simulated(seed=42, n_junk=0, n_edge=2, n_junk_noise=2, snr=0.5)
    averages = found.class_averages
    affinity = engine.affinity(averages, "rotational-cc")
    quality = score(averages, affinity)
    junk = averages.class_id[found.kind == "junk"].tolist()
    assert set(quality.suspects) <= set(junk)
    assert len(quality.suspects) >= 3
    said = about_quality(RunSettings("job", junk="list"), quality)
    assert f"{len(quality.suspects)} of 35 class averages look like junk" in said[0]
    assert len(said) == 1 + len(quality.suspects)
    first = quality.suspects[0]
    again = score(averages, affinity, left_out=[first])
    assert first not in again.suspects
    assert not again.is_scored[averages.class_id == first].any()
    assert about_quality(RunSettings("job", junk="auto"), None) == []
    # The summary says it of those that are set aside.
    assert about_quality(RunSettings("job"), quality) == []
    with pytest.raises(ValueError, match="other class numbers"):
        score(averages.subset(np.arange(5)), affinity)


def test_what_is_said_of_none_of_one_and_of_many() -> None:
    averages = simulated(seed=41, n_averages=14, n_empty=0, n_junk=0, snr=1).class_averages

    def said(n: int, junk: str) -> list[str]:
        scores = np.where(np.arange(14) < n, 0.1, 0.9)
        scored = replace(averages, score=scores, score_from="rlnPredictedClassScore")
        return about_quality(RunSettings("job", junk=junk), score(scored))

    assert said(0, "list") == ["None of 14 class averages looks like junk."]
    one, why = said(1, "auto")
    assert one == ("1 of 14 class averages looks like junk and is left out. Please check it.")
    assert why.startswith(f"Class {averages.class_id[0]}: ")
    assert said(2, "list")[0] == (
        '2 of 14 class averages look like junk, but are used. To leave them out: `junk="auto"`.'
    )
    many = said(10, "auto")
    assert "Please check them." in many[0]
    assert len(many) == 1 + 8 + 1
    assert many[-1] == "For the reasons of 2 more, see junk.csv."


def test_few_averages_are_not_judged() -> None:
    images = np.random.default_rng(3).standard_normal((4, 32, 32)).astype(np.float32)
    quality = score(ClassAverages(images, np.arange(1, 5)))
    assert quality.suspects == ()
    assert (
        "Junk could not be detected" in about_quality(RunSettings("job", junk="auto"), quality)[0]
    )
    nothing = score(ClassAverages(np.zeros((2, 32, 32), np.float32), np.arange(1, 3)))
    assert nothing.suspects == ()
