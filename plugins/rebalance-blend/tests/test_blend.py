"""A blend is the mean of what it is made of, and requires just that."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rebalance_blend", reason="rebalance-blend is not installed")

from rebalance_blend.blend import Blend, BlendOptions
from rebalance_blend.recipe import read_recipe

import rebalance
from rebalance.errors import OptionError, PluginError
from rebalance.model import ClassAverages
from rebalance.simulate import simulate_class_averages


@pytest.fixture(scope="module")
def averages() -> ClassAverages:
    settings = {"n_averages": 12, "n_particles": 400, "n_views": 4, "box": 32, "seed": 2}
    return simulate_class_averages(settings).class_averages


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_a_blend_is_the_weighted_mean_of_its_metrics(averages: ClassAverages, mean: str) -> None:
    blend = rebalance.affinity(
        averages, "blend", options={"metrics": "rotational-cc:3, frc:1", "mean": mean}
    )
    first = rebalance.affinity(averages, "rotational-cc").values.astype(np.float64)
    second = rebalance.affinity(averages, "frc").values.astype(np.float64)
    expected = 0.75 * first + 0.25 * second if mean == "arithmetic" else first**0.75 * second**0.25
    np.testing.assert_allclose(blend.values, expected, atol=1e-6)
    assert blend.facts["blend"] == {"frc": 0.25, "rotational-cc": 0.75}


def test_weights_matter_by_their_ratio_alone() -> None:
    assert read_recipe("a:3,b:1") == read_recipe(" b:2 , a:6")
    assert read_recipe("a,b") == (("a", 0.5), ("b", 0.5))


def test_it_requires_what_it_is_made_of() -> None:
    assert Blend().requirements(BlendOptions()) == Blend.requires
    assert Blend().requirements(BlendOptions(metrics="common-lines")) == ("common-lines",)


def test_options_are_handed_down(averages: ClassAverages) -> None:
    options = {"max_shift": "1px", "mirror": False}
    blend = rebalance.affinity(averages, "blend", options={"metrics": "rotational-cc", **options})
    alone = rebalance.affinity(averages, "rotational-cc", options=options)
    np.testing.assert_array_equal(blend.values, alone.values)
    assert blend.facts["max_shift_px"] == 1.0


def test_results_are_shown_by_the_alignment_of_a_part(averages: ClassAverages) -> None:
    blend = rebalance.affinity(averages, "blend")
    alone = rebalance.affinity(averages, "rotational-cc")
    assert blend.alignment is not None
    assert alone.alignment is not None
    np.testing.assert_array_equal(blend.alignment.rotation, alone.alignment.rotation)


def test_blends_may_be_parts_of_hybrids_and_the_other_way_round(averages: ClassAverages) -> None:
    both = rebalance.affinity(averages, "blend", options={"metrics": "simple-hybrid:1,frc:1"})
    hybrid = rebalance.affinity(averages, "simple-hybrid").values
    frc = rebalance.affinity(averages, "frc").values
    np.testing.assert_allclose(both.values, (hybrid + frc) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("", "not a metric with its weight"),
        ("rotational-cc:0.7;frc:0.3", "not a number above 0"),
        ("rotational-cc:-1", "not a number above 0"),
        ("rotational-cc:nan", "not a number above 0"),
        ("frc:0", "not a number above 0"),
        ("frc,frc", "twice"),
        ("Rotational CC", "not a metric with its weight"),
        ("alignment", "can't be part"),
        ("blend:1,frc:1", "can't be part"),
    ],
)
def test_a_recipe_that_is_none_is_refused(averages: ClassAverages, recipe: str, says: str) -> None:
    with pytest.raises(OptionError, match=says) as error:
        rebalance.affinity(averages, "blend", options={"metrics": recipe})
    assert "rotational-cc:0.7,frc:0.3" in str(error.value)


def test_a_metric_that_is_not_installed_is_named(averages: ClassAverages) -> None:
    with pytest.raises(PluginError, match="did you mean 'rotational-cc'"):
        rebalance.affinity(averages, "blend", options={"metrics": "rotational-c:1,frc:1"})
