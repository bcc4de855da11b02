"""Where each class average looks from: what `rebalance.views` finds from the averages alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance.model.arrays import BoolArray, DoubleArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Views:
    """Viewing directions of class averages, and the map that they were found with.

    The frame is that of the map, which is as good mirrored and turned: directions mean something
    relative to each other only. Rows of averages that took no part (empty ones) are NaN, and their
    posterior 0.

    Parameters
    ----------
    class_id : int64 (N,)
        The averages, in order.
    sampled : float64 (D, 3)
        Unit vectors spread over the whole sphere; the second half is opposite to the first.
    posterior : float32 (N, D)
        Probability that an average looks from there; rows sum to 1.
    rotation : float64 (N, 3, 3)
        Pose on the best reprojection: the rows are the x and y axes of the image (x right, y down)
        and the direction of view, as unit vectors in the frame of the map. It is RELION's
        A = Rz(psi) · Ry(tilt) · Rz(rot).
    shift : float64 (N, 2)
        Where the centre of the map falls in the image: (x, y) from pixel (L/2, L/2), pixels.
    fit : float64 (N,)
        Correlation with the best reprojection of a map to which the average did not contribute.
    is_misfit : bool (N,)
        The fit is so much worse that the average shows something else. False for those that took
        no part.
    angle : float32 (N, N)
        Angle between the views of two averages in degrees, expected over their posteriors, with
        their own width taken off: 0 on the diagonal, at most 90 (opposite views are mirror images)
        and smallest over the copies of the point group. NaN for those that took no part.
    start_agreement : float32 (S, S)
        Spearman's rank correlation of the angles that two starts found.
    in_agreement : bool (S,)
        The starts that agree with each other; the result is made of these.
    agreement : float
        How well they agree: median of their correlations, which noise lowers.
    trusted : bool
        Whether it passed the gate: else the affinity of images is used alone.
    reason : str
        Why it did not pass, a sentence; empty if it did.
    map : float32 (n, n, n)
        z, y, x; the centre is voxel n/2. All averages that fit contributed.
    voxel_size : float
        Of the map, in pixels of the averages.
    symmetry : str
        Point group: C1, C4, D2, T, O, I, …
    operations : float64 (G, 3, 3)
        Its rotations in the frame of the map, the identity first.
    notes : tuple of str
        What a person should know, a sentence each.
    """

    class_id: IntArray
    sampled: DoubleArray
    posterior: FloatArray
    rotation: DoubleArray
    shift: DoubleArray
    fit: DoubleArray
    is_misfit: BoolArray
    angle: FloatArray
    start_agreement: FloatArray
    in_agreement: BoolArray
    agreement: float
    trusted: bool
    reason: str
    map: FloatArray
    voxel_size: float
    symmetry: str
    operations: DoubleArray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.class_id)

    def __repr__(self) -> str:
        verdict = "trusted" if self.trusted else "not trusted"
        return (
            f"Views({len(self):,} averages, {self.symmetry}, agreement {self.agreement:.2f}, "
            f"{verdict})"
        )

    @property
    def direction(self) -> DoubleArray:
        """float64 (N, 3): unit vector from which each average looks, on the whole sphere."""
        return self.rotation[:, 2]

    def as_results(self) -> dict[str, Any]:
        """Arrays of numbers by name, as a metric keeps them beside its affinity."""
        names = [
            "sampled",
            "posterior",
            "rotation",
            "shift",
            "fit",
            "is_misfit",
            "angle",
            "start_agreement",
            "in_agreement",
            "map",
            "operations",
        ]
        return {name: getattr(self, name) for name in names}

    def as_facts(self) -> dict[str, Any]:
        """The rest, as JSON values."""
        return {
            "views_agreement": round(float(self.agreement), 4),
            "views_trusted": bool(self.trusted),
            "views_reason": self.reason,
            "views_voxel_size_px": float(self.voxel_size),
            "views_symmetry": self.symmetry,
        }

    @classmethod
    def kept(
        cls,
        class_id: IntArray,
        results: Mapping[str, Any],
        facts: Mapping[str, Any],
        notes: tuple[str, ...] = (),
    ) -> Views:
        """From what `as_results` and `as_facts` gave, as an affinity keeps it."""
        return cls(
            class_id=class_id,
            agreement=float(facts["views_agreement"]),
            trusted=bool(facts["views_trusted"]),
            reason=str(facts["views_reason"]),
            voxel_size=float(facts["views_voxel_size_px"]),
            symmetry=str(facts["views_symmetry"]),
            notes=notes,
            **{name: np.asarray(results[name]) for name in results},
        )
