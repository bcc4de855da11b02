"""How much signal two half maps share in each direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model.arrays import DoubleArray


@dataclass(frozen=True, eq=False)
class HalfMapSignal:
    """Fourier shell correlations of two half maps, over all directions and by direction.

    Parameters
    ----------
    axes : float64 (A, 3)
        Unit vectors over half a sphere.
    frequency : float64 (S,)
        1/Å, of shells 1 … S.
    fsc : float64 (S,)
        Over whole shells.
    conical : float64 (A, S)
        Within a double cone about each axis; NaN where it holds nothing.
    toroidal : float64 (A, S)
        Within a band about the plane across each axis: what images that look along the axis hold.
    conical_area, toroidal_area : float64 (A,)
        Sum of correlation × shell² up to, not including, the first shell at or below the
        threshold.
    resolution : float64 (A,)
        Å, where the conical curve crosses the threshold; inf where it does from the start.
    cone, band : float
        Half-angles in degrees.
    threshold : float
        Of the correlation, 0.143.
    box : int
        Voxels along a side of the maps.
    voxel_size : float
        Å.
    unit : str
        ``"Å"``; ``"voxels"`` where the voxel size is unknown and taken as 1.
    """

    axes: DoubleArray
    frequency: DoubleArray
    fsc: DoubleArray
    conical: DoubleArray
    toroidal: DoubleArray
    conical_area: DoubleArray
    toroidal_area: DoubleArray
    resolution: DoubleArray
    cone: float
    band: float
    threshold: float
    box: int
    voxel_size: float
    unit: str = "Å"

    def __repr__(self) -> str:
        return f"HalfMapSignal(cFAR {self.cfar:.2f}, {len(self.axes):,} directions)"

    @property
    def cfar(self) -> float:
        """Conical FSC area ratio: least ÷ greatest area; 0 where there is no signal."""
        return _ratio(self.conical_area)

    @property
    def tfar(self) -> float:
        """Toroidal FSC area ratio."""
        return _ratio(self.toroidal_area)

    @property
    def conical_spread(self) -> DoubleArray:
        """float64 (4, S): mean, standard deviation, least and greatest conical value of each shell.

        NaN where no cone holds anything.
        """
        out = np.full((4, self.conical.shape[1]), np.nan)
        for shell, values in enumerate(self.conical.T):
            there = values[np.isfinite(values)]
            if len(there):
                out[:, shell] = there.mean(), there.std(), there.min(), there.max()
        return out

    @property
    def relative_signal(self) -> DoubleArray:
        """float64 (A,): toroidal area by viewing direction, of the greatest."""
        greatest = float(self.toroidal_area.max(initial=0.0))
        if not greatest > 0:
            return np.zeros(len(self.axes))
        return self.toroidal_area / greatest


def _ratio(area: DoubleArray) -> float:
    greatest = float(area.max(initial=0.0))
    return max(float(area.min()), 0.0) / greatest if greatest > 0 else 0.0
