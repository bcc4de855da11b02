"""What an affinity carries beside its values: particle counts, and what the metric has to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import rebalance
from rebalance import engine
from rebalance.cache import AffinityCache
from rebalance.errors import OptionError, PluginError
from rebalance.model import Dataset
from tests import phantom_images
from tests.pipeline.runs import Correlation

COUNTS = np.array([5, 0, 8, 3])


class Telling(Correlation):
    """A metric that finds more than an affinity, and says so."""

    found: ClassVar[Any] = np.arange(3.0)

    def notes(self, features: Any) -> list[str]:
        return ["The reference was built from 3 averages."]

    def results(self, features: Any) -> dict[str, Any]:
        return {"map": self.found}


def averages(rng: np.random.Generator, counts: np.ndarray | None = COUNTS) -> Any:
    return phantom_images.stack_of(rng.normal(size=(4, 8, 8)), n_particles=counts)


def test_an_affinity_carries_the_particle_counts_of_its_averages_and_never_those_of_others(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    Correlation.tiles = 0
    cache = AffinityCache(tmp_path)
    stack = averages(rng)
    assert engine.kept_affinity(stack, Correlation(), cache=cache) is None
    first = rebalance.affinity(stack, Correlation(), cache=cache)
    np.testing.assert_array_equal(first.n_particles, COUNTS)
    # The same images and empties, so the same entry.
    more = phantom_images.stack_of(stack.images, n_particles=COUNTS * 10)
    for found in (
        rebalance.affinity(more, Correlation(), cache=cache),
        engine.kept_affinity(more, Correlation(), cache=cache),
    ):
        assert found is not None
        assert found.key == first.key
        np.testing.assert_array_equal(found.n_particles, COUNTS * 10)
    assert Correlation.tiles == 1
    unknown = rebalance.affinity(averages(rng, None), Correlation())
    assert unknown.n_particles is None


def test_notes_and_results_of_a_metric_outlast_the_cache(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    cache = AffinityCache(tmp_path)
    stack = averages(rng)
    first = rebalance.affinity(stack, Telling(), cache=cache)
    kept = engine.kept_affinity(stack, Telling(), cache=cache)
    assert kept is not None
    for found in (first, kept):
        assert found.notes == ("The reference was built from 3 averages.",)
        np.testing.assert_array_equal(found.results["map"], Telling.found)


def test_a_result_that_is_no_array_of_numbers_is_refused(rng: np.random.Generator) -> None:
    class Wrong(Telling):
        found = {"a": 1}

    with pytest.raises(PluginError, match="'Wrong' returned 'map' among its results"):
        rebalance.affinity(averages(rng), Wrong())


def test_notes_of_a_metric_are_among_those_of_the_run(simulated_job: Path, tmp_path: Path) -> None:
    result = rebalance.run(
        simulated_job, metric=Telling(), n_superclasses=3, figures=False, output=tmp_path / "out"
    )
    assert "The reference was built from 3 averages." in result.summary["notes"]


def test_whoever_asks_of_a_kept_affinity_compares_nothing(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    Correlation.tiles = 0
    assert engine.kept_affinity(averages(rng), Correlation(), cache=AffinityCache(tmp_path)) is None
    assert engine.kept_affinity(averages(rng), "frc", cache=AffinityCache(tmp_path)) is None
    assert Correlation.tiles == 0
    assert not list(tmp_path.iterdir())


def test_an_affinity_is_made_of_averages_a_data_set_or_a_path(
    simulated_job: Path, rng: np.random.Generator
) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    data = rebalance.read(stack)
    of_averages = rebalance.affinity(data.class_averages, Correlation())
    for given in (data, stack, str(stack)):
        found = rebalance.affinity(given, Correlation())
        np.testing.assert_array_equal(found.values, of_averages.values)
    with pytest.raises(OptionError, match="job013 has no class averages"):
        rebalance.affinity(Dataset("relion", job="job013"), Correlation())
    for wrong in (of_averages, data.class_averages.images, 8):
        with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
            rebalance.affinity(wrong, Correlation())
