"""Metric `views`: the affinity of images held back by angles, where these are to be trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance import defaults
from rebalance.curation.junk import score
from rebalance.model import ClassAverages, Views, views_of
from rebalance.model.views import image_affinity
from tests import phantom_images
from tests.made_up_views import made_up_views

N = 12


@pytest.fixture
def averages(rng: np.random.Generator) -> ClassAverages:
    return phantom_images.stack_of(phantom_images.projections(N, rng))


@pytest.fixture(params=[True, False], ids=["trusted", "not trusted"])
def views(
    request: pytest.FixtureRequest, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> Views:
    """Views at random, which the metric finds."""
    found = replace(made_up_views(N, rng, trusted=request.param), reason="Made up.")
    angle = found.angle.copy()
    # One pair has nothing in common.
    angle[2, 5] = angle[5, 2] = 90.0
    found = replace(found, angle=angle)
    monkeypatch.setattr("rebalance.views.estimate.estimate", lambda *_, **__: found)
    return found


def test_angles_hold_back_the_affinity_of_images_where_they_are_trusted(
    averages: ClassAverages, views: Views
) -> None:
    found = rebalance.affinity(averages)
    images = rebalance.affinity(averages, "rotational-cc")
    assert (found.metric, defaults.METRIC) == ("views", "views")
    expected = images.values
    if views.trusted:
        expected = images.values * (1 - np.minimum(views.angle, 90) / 90)
        np.fill_diagonal(expected, 1)
        assert np.abs(expected - images.values).max() > 0.2
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    assert found.alignment is not None
    assert images.alignment is not None
    np.testing.assert_array_equal(found.alignment.rotation, images.alignment.rotation)


def test_the_affinity_of_images_is_had_back(averages: ClassAverages, views: Views) -> None:
    found, images = rebalance.affinity(averages), rebalance.affinity(averages, "rotational-cc")
    back = image_affinity(found)
    known = np.ones((N, N), dtype=np.bool_)
    if views.trusted:
        assert back[2, 5] == back[5, 2] == 0
        known[2, 5] = known[5, 2] = False
    np.testing.assert_allclose(back[known], images.values[known], atol=1e-6)
    assert image_affinity(images) is images.values


def test_how_far_an_average_is_from_others_is_told_by_its_image(
    averages: ClassAverages, views: Views
) -> None:
    """A rare view is far from all others in angle, and no junk for that."""
    by_views, by_images = (
        score(averages, rebalance.affinity(averages, metric)).measures["highest_affinity"]
        for metric in ("views", "rotational-cc")
    )
    np.testing.assert_allclose(by_views, by_images, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"max_shift": "3px"}, {"mask_diameter": "24px", "low_pass": "4px"}, {"mirror": False}],
)
def test_options_are_handed_down_to_the_comparison_of_images(
    options: dict[str, Any], rng: np.random.Generator
) -> None:
    few = phantom_images.stack_of(phantom_images.projections(5, rng))
    found = rebalance.affinity(few, options=options)
    np.testing.assert_array_equal(
        found.values, rebalance.affinity(few, "rotational-cc", options=options).values
    )
    assert (found.values != rebalance.affinity(few).values).any()
    views = views_of(found)
    assert views is not None
    assert not views.trusted
    assert "too few" in views.reason
