"""Clustering `affinity-propagation`: exemplars that averages agree on by messages."""

from __future__ import annotations

import warnings

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods
from rebalance.errors import OptionError
from rebalance.model import ClusteringResult, DoubleArray, IntArray
from rebalance.options import Options, option
from rebalance.toolkit import in_canonical_order
from rebalance_graph.merging import merge_most_alike

_MORE_DAMPING = (0.9,)
_HALVINGS = 22

PAPER = (
    "Frey B.J. & Dueck D. (2007) Clustering by passing messages between data points. Science "
    "315, 972-976. doi:10.1126/science.1136800"
)


class AffinityPropagationOptions(Options):
    """Options of `AffinityPropagation`."""

    preference: float = option(
        0.5,
        "Preference of an average to be its own exemplar, as a quantile of the affinities; higher "
        "finds more superclasses. Not used with -k.",
        ge=0,
        le=1,
    )
    damping: float = option(
        0.7, "Fraction of each message that is kept from the previous round.", ge=0.5, lt=1
    )
    max_iterations: int = option(500, "Largest number of rounds.", ge=50, le=100_000)


class AffinityPropagation(Clustering):
    """Affinity propagation (Frey and Dueck [1]_), as scikit-learn has it, on the affinity.

    Averages send each other responsibilities and availabilities (eq. 1 and 2 of [1]_) until each
    has chosen an exemplar. The similarity of a pair is its affinity, which is a negative squared
    distance but for a constant; the similarity of an average to itself, the preference, is a
    quantile of the affinities of all pairs, and decides how many exemplars there are.

    It finds the number of superclasses. **Where K is given**, the preference is searched by
    bisection for K exemplars. The number may jump over K; then the coarsest result found of more
    than K is taken, and its superclasses of the highest mean affinity are merged.

    Messages that keep oscillating are damped more, to 0.9; if they never settle, that is
    an error that says so. Nothing is random: averages are put into an order that their affinities
    decide, and a seed of its own breaks the ties of scikit-learn's version.

    References
    ----------
    .. [1] B. J. Frey and D. Dueck, "Clustering by passing messages between data points", Science
       315 (2007) 972, doi:10.1126/science.1136800.
    """

    options_model = AffinityPropagationOptions
    finds_number = True

    def methods(self, options: AffinityPropagationOptions) -> Methods:
        """For a methods paragraph."""
        return Methods("affinity propagation {}", (PAPER,))

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: AffinityPropagationOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """Superclasses around exemplars; ``rng`` is not used.

        Raises
        ------
        OptionError
            If the messages don't settle within ``max_iterations``.
        """

        def find(ordered: ClusteringInput) -> IntArray:
            if len(ordered) == 1:
                return np.zeros(1, dtype=np.int64)
            affinity = ordered.affinity.astype(np.float64)
            pairs = affinity[np.triu_indices(len(ordered), 1)]
            if n_superclasses is not None:
                return _label_of(n_superclasses, affinity, pairs, options)
            label = _label(affinity, float(np.quantile(pairs, options.preference)), options)
            if label is None:
                raise OptionError(
                    f"affinity-propagation did not converge within {options.max_iterations} "
                    f"rounds, not even with a damping of {_MORE_DAMPING[-1]}.",
                    hint="Change clustering.preference a little, increase "
                    "clustering.max_iterations, or choose another clustering.",
                )
            return label

        return ClusteringResult(label=in_canonical_order(averages, find))


def _label(
    affinity: DoubleArray, preference: float, options: AffinityPropagationOptions
) -> IntArray | None:
    """Exemplar of each average as a label; None if the messages don't settle."""
    from sklearn.cluster import affinity_propagation
    from sklearn.exceptions import ConvergenceWarning

    for damping in (options.damping, *(more for more in _MORE_DAMPING if more > options.damping)):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            _, label = affinity_propagation(
                affinity,
                preference=preference,
                damping=damping,
                max_iter=options.max_iterations,
                convergence_iter=25,
                random_state=0,
            )
        if not any(issubclass(one.category, ConvergenceWarning) for one in said):
            return np.asarray(label, dtype=np.int64)
    return None


def _label_of(
    n_groups: int, affinity: DoubleArray, pairs: DoubleArray, options: AffinityPropagationOptions
) -> IntArray:
    # One exemplar where the preference is far below all affinities, n where it is above them.
    low, high = float(pairs.min()) - len(affinity), 1.0 + 1e-6
    finer = np.arange(len(affinity), dtype=np.int64)
    if n_groups == len(affinity):
        return finer
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        label = _label(affinity, middle, options)
        if label is None:
            # Somewhere between two numbers of exemplars: a little higher they are settled.
            low = middle
            continue
        n_found = len(np.unique(label))
        if n_found == n_groups:
            return label
        if n_found < n_groups:
            low = middle
        else:
            high, finer = middle, label
    return merge_most_alike(finer, affinity, n_groups)
