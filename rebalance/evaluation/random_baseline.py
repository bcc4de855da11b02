"""The baseline of dropping at random: how uniform the views of n random particles are, for any n.

Superclasses are compared with dropping at random, and whatever the superclasses, it is the same
particles that are dropped at random. So the sums over each order are kept at steps, and those up to
n are the nearest step below and a few particles more.
"""

from __future__ import annotations

import numpy as np

from rebalance.evaluation.known_views import KnownViews
from rebalance.model import DoubleArray, FloatArray, IntArray

_STEP, _MOST_STEPS = 64, 500


class RandomOrders:
    """Random orders of some particles of known view.

    Parameters
    ----------
    views : KnownViews
    rows : int64 (R,)
        The particles.
    seeds : int
        Number of orders.
    """

    def __init__(self, views: KnownViews, rows: IntArray, seeds: int) -> None:
        self._views = views
        self._n = len(rows)
        self._step = max(_STEP, -(-len(rows) // _MOST_STEPS))
        view = views.distinct_view[rows]
        orders = (np.random.default_rng([seed, 77]).permutation(len(rows)) for seed in range(seeds))
        self._view = [view[order] for order in orders]
        starts = np.arange(0, self._n, self._step)
        self._sums = [self._steps(view, starts) for view in self._view]
        self._found: dict[int, tuple[DoubleArray, DoubleArray]] = {}

    def _steps(self, view: IntArray, starts: IntArray) -> FloatArray:
        """Sums up to each start, and of all."""
        parts = self._views.summed(view, starts, np.append(starts[1:], self._n))
        total = np.zeros((len(parts) + 1, parts.shape[1]), dtype=np.float32)
        total[1:] = parts.cumsum(axis=0, dtype=np.float64)
        return total

    def scores(self, numbers: IntArray) -> tuple[DoubleArray, DoubleArray]:
        """Uniformity and entropy of the first n particles of each order.

        Parameters
        ----------
        numbers : int64 (M,)
            n; all particles where there are fewer.

        Returns
        -------
        uniformity, entropy : float64 (S, M)
        """
        numbers = np.minimum(numbers, self._n)
        new = np.array([n for n in numbers.tolist() if n not in self._found], dtype=np.int64)
        if len(new):
            step = new // self._step
            laid = [
                sums[step] + self._views.summed(view, step * self._step, new)
                for view, sums in zip(self._view, self._sums, strict=True)
            ]
            for n, of_n in zip(new.tolist(), np.stack(laid, axis=1), strict=True):
                self._found[n] = self._views.scores_of_sums(of_n, np.full(len(of_n), float(n)))
        uniformity, entropy = zip(*(self._found[n] for n in numbers.tolist()), strict=True)
        return np.stack(uniformity, axis=1), np.stack(entropy, axis=1)
