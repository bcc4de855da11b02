"""A realistic simulation is as uneven as jobs are; and without it, a seed gives what it gave."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from benchmarks.quality.classifications import realistic
from rebalance.errors import OptionError
from rebalance.simulate import (
    SimulatedClassification,
    phantom,
    simulate,
    simulate_class_averages,
    volume_of,
)
from rebalance.simulate.image_formation import iterated_filter
from rebalance.simulate.particle_junk import halves
from rebalance.simulate.simulation_options import (
    JUNK_NOISE,
    JUNK_WEIGHTS,
    MERGED,
    MIXED,
    REALISTIC,
    SimulationOptions,
    parse_simulation,
)

BEFORE: dict[str, Any] = {
    "seed": 3, "n_averages": 40, "n_particles": 900, "box": 32, "pixel_size": 8.0, "n_edge": 2,
    "n_double": 1, "n_ice": 2, "n_junk": 2, "n_junk_noise": 1, "neighbour_share": 0.3,
}  # fmt: skip
SMALL: dict[str, Any] = {
    "realistic": True, "n_averages": 60, "n_particles": 6000, "box": 32, "pixel_size": 8.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def job() -> SimulatedClassification:
    return simulate_class_averages(SMALL | {"seed": 11})


def counts(simulated: SimulatedClassification) -> np.ndarray:
    assert simulated.class_averages.n_particles is not None
    return simulated.class_averages.n_particles


def test_a_seed_gives_what_it_gave_before_there_were_realistic_jobs(tmp_path: Path) -> None:
    files = simulate(tmp_path, BEFORE)
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in (files.truth_classes, files.truth_particles)
    }
    assert digests == {
        "truth_classes.csv": "1750959cbcf12736",
        "truth_particles.csv": "b92d9eeaf9afa930",
    }
    images = simulate_class_averages(BEFORE).class_averages.images
    # Not to the last bit, which is the machine's.
    np.testing.assert_allclose(
        images.std(axis=(1, 2))[:8],
        [0.0, 0.089142, 0.193426, 0.102739, 0.136065, 0.112708, 0.108515, 0.090576],
        rtol=1e-4,
    )


@pytest.mark.parametrize(
    ("added", "kept"),
    [
        ({"haze_share": 0.5}, ("view", "particle_class", "particle_view", "in_plane")),
        ({"blur_spread": 0.5}, ("view", "particle_class", "in_plane", "shift", "n_neighbours")),
        ({"size_spread": 1.0, "tiny_share": 0.2}, ("view", "superclass", "n_neighbours")),
        ({"averaging": "iterated"}, ("view", "particle_class", "particle_view", "in_plane")),
    ],
)
def test_what_is_added_leaves_the_rest_as_it_was(
    added: dict[str, Any], kept: tuple[str, ...]
) -> None:
    before, after = (simulate_class_averages(BEFORE | more) for more in ({}, added))
    for name in kept:
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=name)
    assert not np.array_equal(before.class_averages.images, after.class_averages.images)


def test_the_preset_leaves_alone_what_is_given() -> None:
    options = parse_simulation({"realistic": True, "snr": 0.3, "junk_share": 0.6})
    assert (options.snr, options.junk_share) == (0.3, 0.6)
    assert options.tiny_share == REALISTIC["tiny_share"]
    assert parse_simulation(options) == options
    assert parse_simulation({}) == SimulationOptions()


def test_sizes_have_a_heavy_tail_and_a_fifth_of_the_classes_is_tiny(
    job: SimulatedClassification,
) -> None:
    size = np.sort(counts(job)[counts(job) > 0])
    assert size.sum() == SMALL["n_particles"]
    assert (size < 10).mean() == pytest.approx(0.2, abs=0.02)
    assert size[0] <= 2
    assert size[-5:].sum() > 0.4 * size.sum()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_the_share_of_junk_is_as_asked(share: float) -> None:
    made = simulate_class_averages(SMALL | {"junk_share": share, "seed": 2})
    occupied = counts(made) > 0
    assert (made.kind[occupied] == "junk").mean() == pytest.approx(share, abs=0.01)
    assert len(set(made.junk_kind[made.kind == "junk"])) >= 5 * (share > 0)
    np.testing.assert_array_equal(made.superclass >= 0, made.kind == "view")


def test_merged_averages_have_particles_of_views_and_are_large() -> None:
    large = []
    for seed in range(4):
        made = simulate_class_averages(SMALL | {"seed": seed})
        merged = np.flatnonzero(made.junk_kind == MERGED)
        shown = np.isfinite(made.particle_view[:, 0])
        share = [shown[made.particle_class == row + 1].mean() for row in merged]
        assert (np.array(share) > 0.2).all()
        large.append(np.median(counts(made)[merged]) / np.median(counts(made)[counts(made) > 0]))
    assert np.median(large) > 4


def test_resolution_follows_size(job: SimulatedClassification) -> None:
    shown = job.kind == "view"
    assert job.class_averages.resolution is not None
    resolution = np.minimum(job.class_averages.resolution[shown], 999)
    assert spearmanr(counts(job)[shown], resolution).statistic < -0.4


@pytest.mark.parametrize("kind", JUNK_WEIGHTS)
def test_each_kind_of_junk_can_be_had_alone(kind: str) -> None:
    made = simulate_class_averages(
        SMALL
        | {"junk_kinds": kind, "n_averages": 20, "n_empty": 0, "n_noise": 0, "n_particles": 2000}
    )
    junk = made.kind == "junk"
    assert set(made.junk_kind[junk]) == {kind}
    images = made.class_averages.images[junk]
    assert np.isfinite(images).all()
    assert (images.std(axis=(1, 2)) > 0).all()
    of_junk = junk[made.particle_class - 1]
    assert np.isfinite(made.particle_view[of_junk]).any() == (kind in (MERGED, MIXED))


def test_a_kind_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="no junk 'dust'"):
        parse_simulation({"junk_kinds": "film,dust"})


def test_field_junk_stands_out_from_noise() -> None:
    shared = SMALL | {"tiny_share": 0.0, "n_averages": 20, "n_particles": 4000}
    film, noise = (
        simulate_class_averages(shared | {"junk_kinds": kind}) for kind in ("film", JUNK_NOISE)
    )
    power = [
        float(np.median(one.class_averages.images[one.kind == "junk"].std(axis=(1, 2))))
        for one in (film, noise)
    ]
    assert power[0] > 2 * power[1]


def test_the_iterated_filter_ends_at_its_fixed_point() -> None:
    # With data power (p + 1) / w, s = 2 s² (p + 1) / (s + 1)², so that s = p + √(p² − 1).
    p = np.array([0.5, 0.9, 1.5, 4.0, 30.0])
    weight, none = np.full(len(p), 7.0), np.zeros(len(p))
    gain, ssnr = iterated_filter(weight, p / weight, p / weight + 1, none, 500)
    alive = p > 1
    np.testing.assert_allclose(ssnr[alive], p[alive] + np.sqrt(p[alive] ** 2 - 1), rtol=1e-6)
    assert (gain[~alive] < 1e-6).all()
    biased, _ = iterated_filter(weight, p / weight, p / weight + 1, none + 1, 500)
    assert (biased > gain).all()


def test_halves_are_the_whole_in_two() -> None:
    molecule = phantom()
    one, two = halves(molecule, np.random.default_rng(1))
    assert one.mass.sum() + two.mass.sum() == pytest.approx(molecule.mass.sum())  # type: ignore[union-attr]
    volume = volume_of(molecule, 8.0)
    parts = halves(volume, np.random.default_rng(1))
    total = np.sum([part.density.sum() for part in parts])  # type: ignore[union-attr]
    assert total == pytest.approx(float(volume.density.sum()), rel=0.02)


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_whatever_is_asked_for_is_there_and_finite(data: st.DataObject) -> None:
    options = {
        "realistic": True,
        "n_averages": data.draw(st.integers(12, 40)),
        "n_particles": data.draw(st.integers(300, 2000)),
        "continuous": data.draw(st.booleans()),
        "n_views": data.draw(st.integers(1, 3)),
        "n_empty": data.draw(st.integers(0, 2)),
        "junk_share": data.draw(st.sampled_from([0.0, 0.2, 0.6])),
        "tiny_share": data.draw(st.sampled_from([0.0, 0.3])),
        "n_iterations": data.draw(st.integers(1, 30)),
        "resolution_limit": data.draw(st.sampled_from([None, 40.0])),
        "particle_images": data.draw(st.booleans()),
        "box": 24,
        "pixel_size": 10.0,
        "seed": data.draw(st.integers(0, 99)),
    }
    made = simulate_class_averages(options)
    assert counts(made).sum() == options["n_particles"]
    assert np.isfinite(made.class_averages.images).all()
    np.testing.assert_array_equal(
        ~made.class_averages.is_empty, np.isin(made.kind, ["view", "junk"])
    )
    if made.particle_images is not None:
        assert np.isfinite(made.particle_images).all()


def test_studies_know_the_kind_and_the_population_of_each_average(tmp_path: Path) -> None:
    found = realistic("phantom", 3, tmp_path, junk_share=0.5, n_averages=50)
    assert found.kind is not None
    assert found.truth is not None
    assert found.known is not None
    assert len(found.averages) == len(found.kind) == 50
    assert found.is_junk.sum() == 25
    np.testing.assert_array_equal(found.is_junk, found.truth < 0)
    assert (found.population[found.is_junk] == 0).all()
    rare = found.of_rare_views()
    assert 0 < rare.sum() < 25
    assert not (rare & found.is_junk).any()
    others = ~rare & ~found.is_junk
    assert found.population[rare].max() <= found.population[others].min()
