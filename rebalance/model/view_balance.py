"""How evenly particles look from all sides, before and after some of them are dropped."""

from __future__ import annotations

from dataclasses import dataclass

from rebalance.model.arrays import IntArray


@dataclass(frozen=True, eq=False)
class ViewBalance:
    """Particles of the averages that show a view, and how even their views are.

    Parameters
    ----------
    class_id : int64 (N,)
        The averages, in order.
    before : int64 (N,)
        Particles of each; 0 of those that show no view.
    uniformity : float
        1 if Fourier space is filled evenly, towards 0 with gaps; 0 of no particles.
    after : int64 (N,), optional
        Those of them that were kept.
    uniformity_after : float, optional
    uniformity_at_random : float, optional
        Mean, had as many been kept at random.
    at_random_sd : float, optional
        Its standard deviation from one draw to the next.
    """

    class_id: IntArray
    before: IntArray
    uniformity: float
    after: IntArray | None = None
    uniformity_after: float | None = None
    uniformity_at_random: float | None = None
    at_random_sd: float | None = None

    @property
    def gain(self) -> float | None:
        """What the selection gains over as many dropped at random."""
        if self.uniformity_after is None or self.uniformity_at_random is None:
            return None
        return self.uniformity_after - self.uniformity_at_random
