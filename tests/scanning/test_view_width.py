"""`view_width` gives the fewest superclasses in which views lie within an angle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.contracts import Clustering, ClusteringInput
from rebalance.errors import OptionError
from rebalance.model import Affinity, Classes, ClusteringResult, Views
from rebalance.scanning.view_width import mean_angles, number_for_width
from tests.numbered_views import numbered_views
from tests.scanning.blocks import blocks

AVERAGE = {"linkage": "average", "path_neighbors": 0}


def affinity_of(views: Views, *, empty: tuple[int, ...] = ()) -> Affinity:
    """As the metric would give it; ``empty`` are rows of further averages that are empty."""
    n = len(views) + len(empty)
    is_empty = np.isin(np.arange(n), empty)
    values = np.eye(n, dtype=np.float32)
    values[np.ix_(~is_empty, ~is_empty)] = 1 - views.angle / 90
    return Affinity(
        values,
        np.arange(1, n + 1),
        is_empty,
        metric="views",
        facts=views.as_facts(),
        results=views.as_results(),
    )


def widths(label: np.ndarray, angle: np.ndarray) -> list[float]:
    """Slowly: mean angle over the pairs of each superclass."""
    found = []
    for number in range(label.max() + 1):
        members = np.flatnonzero(label == number).tolist()
        pairs = [angle[i, j] for i in members for j in members if i < j]
        found.append(float(np.mean(pairs)) if pairs else 0.0)
    return found


class InOrder(Clustering):
    """Averages in the order of their numbers, cut into runs; one number at a time."""

    asked: tuple[int, ...] = ()

    def cluster(
        self, averages: ClusteringInput, n_superclasses: int | None, options: Any, rng: Any
    ) -> ClusteringResult:
        assert n_superclasses is not None
        type(self).asked += (n_superclasses,)
        return ClusteringResult(np.arange(len(averages)) * n_superclasses // len(averages))


class NeverAlone(InOrder):
    """Keeps to at most two superclasses."""

    def cluster(
        self, averages: ClusteringInput, n_superclasses: int | None, options: Any, rng: Any
    ) -> ClusteringResult:
        return super().cluster(averages, min(n_superclasses or 1, 2), options, rng)


@pytest.mark.parametrize("symmetry", ["C1", "D2"])
@pytest.mark.parametrize("width", [4.0, 15.0, 27.5, 90.0])
@pytest.mark.parametrize(
    ("clustering", "options"),
    [("hierarchical", AVERAGE), ("hierarchical", {}), ("spectral", {}), (InOrder(), {})],
)
def test_it_is_the_smallest_number_that_keeps_to_the_angle(
    clustering: Any, options: Mapping[str, Any], width: float, symmetry: str
) -> None:
    affinity = affinity_of(numbered_views(np.arange(1, 25), symmetry))
    classes = Classes.of(affinity.class_id)
    angle = affinity.results["angle"]
    found = number_for_width(classes, affinity, width, clustering=clustering, options=options)
    for number in range(1, found.number + 1):
        label = rebalance.cluster(affinity, number, clustering=clustering, options=options).label
        fits = max(widths(label, angle)) <= width
        assert fits == (number == found.number)
    assert found.widest == pytest.approx(max(widths(label, angle)), abs=1e-4)
    assert found.width == width


def test_nothing_is_asked_beyond_the_number_that_is_found() -> None:
    affinity = affinity_of(numbered_views(np.arange(1, 25)))
    InOrder.asked = ()
    found = number_for_width(
        Classes.of(affinity.class_id), affinity, 40.0, clustering=InOrder(), options=None
    )
    assert InOrder.asked == tuple(range(1, found.number + 1))


def test_one_superclass_is_enough_for_any_views_within_the_widest_angle() -> None:
    affinity = affinity_of(numbered_views(np.arange(1, 12)))
    found = number_for_width(Classes.of(affinity.class_id), affinity, 90.0)
    assert found.number == 1
    assert found.reason.startswith("1 superclass is the fewest that keep views within 90°")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_averages_are_no_exception(n: int) -> None:
    affinity = affinity_of(numbered_views(np.arange(1, n + 1)))
    superclasses = rebalance.cluster(affinity, view_width=0.01)
    assert len(superclasses) == n


def test_averages_that_take_no_part_do_not_count(rng: np.random.Generator) -> None:
    views = numbered_views(np.arange(1, 21))
    whole = affinity_of(views, empty=(3, 7))
    n_particles = rng.integers(1, 100, size=22)
    n_particles[5] = 0
    superclasses = rebalance.cluster(
        whole, view_width=30.0, left_out=(10, 11), n_particles=n_particles
    )
    used = superclasses.label >= 0
    assert not used[[3, 7, 5, 9, 10]].any()
    assert used.sum() == 17
    angle = np.full((22, 22), np.nan)
    others = np.setdiff1d(np.arange(22), (3, 7))
    angle[np.ix_(others, others)] = views.angle
    assert max(widths(superclasses.label, angle)) <= 30
    (note,) = [one for one in superclasses.notes if "within 30°" in one]
    assert note.startswith(f"{len(superclasses)} superclasses are the fewest")


def test_the_mean_angle_of_each_superclass(rng: np.random.Generator) -> None:
    angle = numbered_views(np.arange(1, 31)).angle
    label = rng.integers(-1, 5, size=30)
    label[:5] = range(5)
    np.testing.assert_allclose(mean_angles(label, angle), widths(label, angle), atol=1e-4)
    assert mean_angles(np.full(30, -1), angle).shape == (0,)


def test_views_that_are_not_trusted_decide_nothing() -> None:
    affinity = affinity_of(numbered_views(np.arange(1, 12), trusted=False))
    with pytest.raises(OptionError, match=r"not trusted.* agree to 0\.31") as caught:
        rebalance.cluster(affinity, view_width=25)
    assert "`n_superclasses=10`" in str(caught.value.hint)
    assert caught.value.setting == "view_width"


def test_an_affinity_without_angles_is_named() -> None:
    values, _ = blocks([3, 4], seed=1)
    with pytest.raises(OptionError, match="of this affinity does not give") as caught:
        rebalance.cluster(values, view_width=25)
    assert '`metric="views"`' in str(caught.value.hint)
    whole = affinity_of(numbered_views(np.arange(1, 9)))
    fewer = {name: array for name, array in whole.results.items() if name != "angle"}
    with pytest.raises(OptionError, match="the metric views does not give"):
        rebalance.cluster(replace(whole, results=fewer), view_width=25)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"view_width": 0}, "above 0 and at most 90"),
        ({"view_width": 91}, "above 0 and at most 90"),
        ({"view_width": float("nan")}, "above 0 and at most 90"),
        ({"view_width": "wide"}, "number of degrees"),
        ({"view_width": 25, "n_superclasses": 3}, "both decide the number"),
        ({"view_width": 25, "left_out": range(20)}, "None of the"),
        ({"view_width": 5, "clustering": NeverAlone()}, "no number of superclasses stays within 5"),
    ],
)
def test_what_can_not_be_is_refused(given: dict[str, Any], message: str) -> None:
    affinity = affinity_of(numbered_views(np.arange(1, 12)))
    with pytest.raises(OptionError, match=message):
        rebalance.cluster(affinity, **given)
