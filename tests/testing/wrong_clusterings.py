"""Clusterings that are wrong in one way each, by the check that has to find it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage

from rebalance.clusterings.hierarchical import Hierarchical
from rebalance.contracts import Clustering, ClusteringInput
from rebalance.errors import OptionError
from rebalance.model import ClusteringResult
from rebalance.toolkit import canonical_order
from tests.testing.wrong_options import RightOptions, option_faults


class Right:
    """Average linkage."""

    options_model = RightOptions
    finds_number = False
    needs_affinity = True

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        return Hierarchical().cluster(
            averages, n_superclasses, Hierarchical.options_model(linkage="average"), rng
        )


class RightFinder:
    """Groups of averages joined by affinities above a half."""

    options_model = RightOptions
    finds_number = True
    needs_affinity = True

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        from scipy.sparse.csgraph import connected_components

        if n_superclasses is not None:
            raise OptionError("It finds the number itself.", hint="Leave out -k.")
        return ClusteringResult(connected_components(averages.affinity > 0.5)[1].astype(np.int64))


class Talks(Right):
    """Not wrong, but it prints."""

    def cluster(self, *given: Any) -> ClusteringResult:
        sys.stdout.write("hello\n")
        return super().cluster(*given)


class AlwaysFails(Right):
    """Wrong in nearly every way; of no check in particular."""

    def cluster(self, *given: Any) -> ClusteringResult:
        raise IndexError("out of order")


class ContractBroken(Right):
    needs_affinity = "yes"


class SmallIntegers(Right):
    def cluster(self, *given: Any) -> ClusteringResult:
        found = super().cluster(*given)
        return ClusteringResult(found.label.astype(np.int32), found.linkage, found.order)


class AtMostFour(Right):
    def cluster(self, averages: Any, n_superclasses: Any, *given: Any) -> ClusteringResult:
        return super().cluster(averages, min(n_superclasses, 4), *given)


class DeafFinder(RightFinder):
    """Finds what it finds, whatever number is given."""

    def cluster(self, averages: Any, n_superclasses: Any, *given: Any) -> ClusteringResult:
        found = super().cluster(averages, None, *given)
        return ClusteringResult(np.arange(len(averages))) if n_superclasses else found


class GivesABareArray(Right):
    """Wrong in every check that asks for a grouping."""

    def cluster(self, *given: Any) -> Any:
        return super().cluster(*given).label


class OrderCountsWithANumber(RightFinder):
    """Where it finds the number all is well; told it, it begins with the first."""

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        if n_superclasses is None:
            return super().cluster(averages, None, options, rng)
        return BeginsWithTheFirst().cluster(averages, n_superclasses, options, rng)


class BeginsWithTheFirst(Right):
    """Farthest-first traversal from the average that is shown first."""

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        affinity = averages.affinity
        leaders = [0]
        while len(leaders) < n_superclasses:
            nearest = affinity[leaders].max(axis=0)
            nearest[leaders] = np.inf
            leaders.append(int(nearest.argmin()))
        label = affinity[leaders].argmax(axis=0)
        label[leaders] = np.arange(len(leaders))
        return ClusteringResult(label.astype(np.int64))


class LedByParticles(Right):
    """Farthest-first traversal from the average of most particles, whatever order it is shown."""

    def counts(self, averages: ClusteringInput) -> Any:
        n = len(averages)
        return np.ones(n) if averages.n_particles is None else averages.n_particles

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        counts = self.counts(averages)
        # The most particles first; among as many, in the order that affinities decide.
        order = canonical_order(averages.affinity)
        order = order[np.argsort(-counts[order], kind="stable")]
        shown = replace(averages, affinity=averages.affinity[np.ix_(order, order)])
        label = np.empty(len(order), dtype=np.int64)
        label[order] = BeginsWithTheFirst().cluster(shown, n_superclasses, options, rng).label
        return ClusteringResult(label)


class ParticlesOfOthers(LedByParticles):
    """As if the numbers of particles came in the canonical order of the affinity."""

    def counts(self, averages: ClusteringInput) -> Any:
        counts = super().counts(averages)
        misplaced = np.empty_like(counts)
        misplaced[canonical_order(averages.affinity)] = counts
        return misplaced


class DividesByTheSum(Right):
    """By the affinity of an average with all others, which is 0 for one that is like none."""

    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        if len(averages) > 1 and (averages.affinity.sum(axis=1) - 1.0 <= 0.0).any():
            raise ZeroDivisionError("float division by zero")
        return super().cluster(averages, *given)


class DrawsLotsWithoutSeed(Right):
    """Where pairs are equally alike."""

    def cluster(self, averages: Any, n_superclasses: Any, *given: Any) -> ClusteringResult:
        n = len(averages)
        found = super().cluster(averages, n_superclasses, *given)
        pairs = averages.affinity[np.triu_indices(n, 1)]
        if 1 < len(np.unique(pairs)) < len(pairs) / 4:
            return ClusteringResult(np.random.default_rng().permutation(found.label))
        return found


class NeedsParticles(Right):
    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        assert averages.n_particles is not None
        return super().cluster(averages, n_superclasses, options, rng)


class AnotherTree(Right):
    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        found = super().cluster(averages, *given)
        if found.linkage is None:
            return found
        distance = 1.0 - averages.affinity[np.triu_indices(len(averages), 1)]
        tree = linkage(distance.astype(np.float64), "single")
        return ClusteringResult(found.label, tree, leaves_list(tree).astype(np.int64))


class ShowsOneTwice(Right):
    def cluster(self, *given: Any) -> ClusteringResult:
        found = super().cluster(*given)
        return ClusteringResult(found.label, found.linkage, np.zeros_like(found.label))


class OneLessOfMany(Right):
    def cluster_many(
        self, averages: Any, numbers: Any, options: Any, rng: Any
    ) -> dict[int, ClusteringResult]:
        return {
            number: self.cluster(averages, max(number - 1, 1), options, rng) for number in numbers
        }


class WritesToTheDiagonal(Right):
    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        found = super().cluster(averages, *given)
        np.fill_diagonal(averages.affinity, 0.0)
        return found


class NotOfOne(Right):
    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        if len(averages) == 1:
            raise ValueError("The number of observations cannot be determined")
        return super().cluster(averages, *given)


class NotOfTwo(Right):
    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        found = super().cluster(averages, *given)
        return ClusteringResult(np.arange(2)) if len(averages) == 2 else found


class DividesByTheSpread(Right):
    """Of affinities, which is 0 where all are alike."""

    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        pairs = averages.affinity[np.triu_indices(len(averages), 1)]
        if len(averages) > 2 and np.ptp(pairs) == 0:
            raise ZeroDivisionError("float division by zero")
        return super().cluster(averages, *given)


class TakesItForADistance(Right):
    def cluster(self, averages: Any, *given: Any) -> ClusteringResult:
        opposite = 1.0 - averages.affinity
        np.fill_diagonal(opposite, 1.0)
        return super().cluster(replace(averages, affinity=opposite), *given)


class NeedsItAfterAll(Right):
    needs_affinity = False


_ORDER = "what cluster() of the package refuses, the first check that goes through it tells"

WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "contract": (ContractBroken(), {}),
    **{name: (plugin, {}) for name, plugin in option_faults(Right).items()},
    "labels": (SmallIntegers(), {}),
    "number-respected": (AtMostFour(), {}),
    "number-found": (DeafFinder(), {}),
    "order-of-averages": (BeginsWithTheFirst(), {}),
    "empties-and-loners": (DividesByTheSum(), {}),
    "same-seed-same-labels": (DrawsLotsWithoutSeed(), {}),
    "particles-or-none": (NeedsParticles(), {}),
    "linkage-valid": (AnotherTree(), {}),
    "order-valid": (ShowsOneTwice(), {"labels": _ORDER}),
    "many-numbers-at-once": (OneLessOfMany(), {}),
    "inputs-unchanged": (WritesToTheDiagonal(), {}),
    "one-average": (NotOfOne(), {}),
    "two-averages": (NotOfTwo(), {}),
    "all-alike-averages": (DividesByTheSpread(), {}),
    "blocks-recovered": (TakesItForADistance(), {}),
    "needs-affinity": (NeedsItAfterAll(), {}),
}
"""By check: a clustering that fails it, and which other checks must see the same fault, and why."""


class RightByBaseClass(Clustering):
    """The same, from the base class: what is optional is not written."""

    options_model = RightOptions

    def cluster(
        self, averages: ClusteringInput, n_superclasses: Any, options: Any, rng: Any
    ) -> ClusteringResult:
        return Right().cluster(averages, n_superclasses, options, rng)


RIGHT = (Right(), RightFinder(), RightByBaseClass(), LedByParticles())
