"""A plugin of the right shape gets the defaults of its contract; a wrong one is named at once."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from rebalance.contracts import Clustering, ClusteringInput, Strategy
from rebalance.errors import PluginError
from rebalance.model import ClusteringResult
from rebalance.options import NoOptions
from rebalance.plugin_validation import (
    called,
    implementation,
    kind_of,
    overrides,
    validated,
)


class Shape:
    """Of a clustering, and nothing that is optional."""

    def cluster(self, averages: ClusteringInput, *_: Any) -> ClusteringResult:
        return ClusteringResult(np.zeros(len(averages), dtype=np.int64))


class Derived(Clustering):
    def cluster(self, averages: ClusteringInput, *_: Any) -> ClusteringResult:
        return Shape().cluster(averages)


class OnlyPlaces:
    def places(self, particles: Any, group: Any, options: Any, rng_for: Any) -> Any:
        return np.arange(len(group))


@pytest.mark.parametrize("plugin", [Shape(), Derived()])
def test_what_is_optional_has_a_default(plugin: Any) -> None:
    found = validated(plugin, "clustering", "It")
    assert isinstance(found, Clustering)
    assert found.options_model is NoOptions
    assert found.needs_affinity
    assert not found.finds_number
    assert found.methods(NoOptions()) is None
    averages = ClusteringInput(np.eye(3, dtype=np.float32), np.arange(3))
    assert found.cluster_many(averages, [1, 2], NoOptions(), np.random.default_rng()) is None
    assert len(found.cluster(averages, 1, NoOptions(), np.random.default_rng()).label) == 3
    assert implementation(found) is plugin
    assert called(found) == type(plugin).__name__
    for name in ("methods", "cluster_many"):
        assert not overrides(found, name)
    assert overrides(found, "cluster")


def test_a_plugin_of_the_right_shape_travels_by_what_its_author_wrote() -> None:
    found = validated(Shape(), "clustering", "It")
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, Clustering)
    assert isinstance(implementation(again), Shape)


def test_a_strategy_may_have_nothing_but_places() -> None:
    found = validated(OnlyPlaces(), "strategy", "It")
    assert isinstance(found, Strategy)
    group = np.array([0, 1, 0, -1])
    kept = found.select(None, group, 2, NoOptions(), None)  # type: ignore[arg-type]
    assert kept.tolist() == [True, True, False, False]
    assert kind_of(OnlyPlaces()) == ["strategy"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("metric", "lacks prepare, tile"),
        ("clustering", "lacks cluster"),
        ("strategy", "lacks places or select"),
        ("format", "lacks read, sniff, write"),
    ],
)
def test_what_is_missing_is_named(kind: str, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        validated(object(), kind, "It")
    assert kind_of(object()) == []
