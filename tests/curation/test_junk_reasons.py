"""An average is suspected for two independent reasons, and a rare view for none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rebalance import engine
from rebalance.curation.junk import about_quality, score
from rebalance.curation.junk_measures import edge_energy, spectral_measures
from rebalance.curation.junk_reasons import FEWEST, find_reasons, robust_z
from rebalance.model import ClassAverages
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages

N = 30


def ordinary(rng: np.random.Generator) -> dict[str, Any]:
    """Measures of averages among which none stands out."""
    return {
        "mean_frequency": 0.05 * 10 ** rng.normal(0, 0.05, N),
        "fine_share": 0.02 * 10 ** rng.normal(0, 0.1, N),
        "edge_energy": 0.1 * 10 ** rng.normal(0, 0.1, N),
        "highest_affinity": rng.uniform(0.75, 0.85, N),
        "nearest_affinity": rng.uniform(0.7, 0.75, N),
    }


def suspects(
    measures: dict[str, Any], counts: Any = None, resolution: Any = None
) -> dict[int, tuple[str, ...]]:
    counts = np.full(N, 100) if counts is None else counts
    _, reasons = find_reasons(measures, counts, resolution)
    return {i: said for i, said in enumerate(reasons) if said}


def test_one_reason_is_none(rng: np.random.Generator) -> None:
    for name, value in (
        ("mean_frequency", 0.01),
        ("fine_share", 0.5),
        ("edge_energy", 5.0),
        ("highest_affinity", 0.1),
        ("nearest_affinity", 0.1),
    ):
        measures = ordinary(rng)
        assert suspects(measures) == {}
        measures[name][3] = value
        assert suspects(measures) == {}


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("edge_energy", 5.0, "edge of the mask"),
        ("mean_frequency", 0.01, "coarse rings"),
        ("fine_share", 0.5, "fine rings"),
    ],
)
def test_alone_and_a_reason_in_the_picture_are_two_unless_particles_are_few(
    rng: np.random.Generator, name: str, value: float, word: str
) -> None:
    measures = ordinary(rng)
    measures["highest_affinity"][3] = 0.4
    measures[name][3] = value
    found = suspects(measures)
    assert list(found) == [3]
    assert word in found[3][0]
    assert "highest affinity 0.40, of the others 0.8" in found[3][1]
    counts = rng.integers(80, 120, N)
    counts[3] = 10
    assert suspects(measures, counts) == {}


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        ("mean_frequency", 0.01, (100, 2)),
        ("edge_energy", 5.0, (100,)),
        ("fine_share", 0.5, ()),
    ],
)
def test_isolated_and_coarse_are_two_reasons_and_so_is_a_film_unless_particles_are_few(
    rng: np.random.Generator, name: str, value: float, names: tuple[int, ...]
) -> None:
    measures = ordinary(rng)
    measures["nearest_affinity"][3] = 0.5
    measures[name][3] = value
    counts = rng.integers(80, 120, N)
    for count in (100, 2):
        counts[3] = count
        found = suspects(measures, counts)
        assert list(found) == ([3] if count in names else [])
        if count in names:
            assert "far from all others: mean affinity to the nearest 0.50" in found[3][-1]
    # Few particles and being isolated are what a rare view has: never enough, nor both.
    counts[3] = 2
    rare = ordinary(rng)
    rare["nearest_affinity"][3] = rare["highest_affinity"][3] = 0.05
    assert suspects(rare, counts) == {}


def test_edge_and_coarse_power_need_nothing_else(rng: np.random.Generator) -> None:
    measures = ordinary(rng)
    measures["edge_energy"][3], measures["mean_frequency"][3] = 5.0, 0.01
    assert list(suspects(measures)) == [3]
    short = {name: values[: FEWEST - 1] for name, values in measures.items()}
    assert not any(find_reasons(short, None, None)[1])


def test_a_resolution_is_missed_only_where_others_have_one(rng: np.random.Generator) -> None:
    measures = ordinary(rng)
    measures["highest_affinity"][3] = 0.4
    resolution = np.full(N, 12.0)
    assert suspects(measures, None, resolution) == {}
    for none in (np.inf, 999.0):
        resolution[3] = none
        assert "no resolution, where others have one" in suspects(measures, None, resolution)[3]
    resolution[:10] = np.inf
    assert suspects(measures, None, resolution) == {}
    resolution[:] = 12.0
    resolution[3] = np.nan
    assert suspects(measures, None, resolution) == {}


def test_noise_is_no_reason_where_particle_counts_are_not_known(rng: np.random.Generator) -> None:
    measures = ordinary(rng)
    measures["highest_affinity"][3], measures["fine_share"][3] = 0.4, 0.5
    assert list(suspects(measures)) == [3]
    assert not any(find_reasons(measures, None, None)[1])


def test_z_scores_are_of_the_median_and_never_of_no_spread(rng: np.random.Generator) -> None:
    values = rng.normal(5, 2, 4_001)
    # 1.4826 × MAD is the standard deviation of a normal distribution.
    assert robust_z(values, 0.01).std() == pytest.approx(1, abs=0.05)
    assert robust_z(np.array([1.0, 1.0, 1.0, 1.1]), 0.05)[3] == pytest.approx(2.0)


def test_measures_see_what_their_names_say(rng: np.random.Generator) -> None:
    box = 48
    y, x = np.mgrid[:box, :box] - box // 2
    disc = np.exp(-((x**2 + y**2) / 50.0))
    film = np.tanh(x / 2.0)
    noise = rng.standard_normal((box, box))
    images = np.stack([disc, film, disc + noise]).astype(np.float32)
    frequency, fine = spectral_measures(images, 20.0)
    assert frequency[1] < frequency[2]
    assert fine[2] > 10 * max(fine[0], fine[1])
    edge = edge_energy(images, 20.0)
    assert edge[1] > 10 * edge[0]
    brighter, _ = spectral_measures(3 * images + 7, 20.0)
    np.testing.assert_allclose(brighter, frequency, rtol=1e-4)
    np.testing.assert_allclose(edge_energy(3 * images + 7, 20.0), edge, rtol=1e-4)
    turned = np.roll(images[:, ::-1, ::-1], (1, 1), (1, 2))
    np.testing.assert_allclose(edge_energy(turned, 20.0), edge, rtol=1e-3)


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
    assert f"{len(quality.suspects)} of 35 class averages are suspected" in said[0]
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


def test_few_averages_are_not_judged() -> None:
    images = np.random.default_rng(3).standard_normal((4, 32, 32)).astype(np.float32)
    quality = score(ClassAverages(images, np.arange(1, 5)))
    assert quality.suspects == ()
    assert "4 are too few to tell" in about_quality(RunSettings("job", junk="auto"), quality)[0]
    nothing = score(ClassAverages(np.zeros((2, 32, 32), np.float32), np.arange(1, 3)))
    assert nothing.suspects == ()
