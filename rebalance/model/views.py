"""Viewing directions of class averages, found from the averages alone by `rebalance.views`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.display import Displayed
from rebalance.model.affinity import Affinity
from rebalance.model.arrays import BoolArray, DoubleArray, FloatArray, IntArray
from rebalance.model.data_frames import data_frame

if TYPE_CHECKING:
    from pandas import DataFrame

FARTHEST = 90.0
"""Degrees from which views have nothing in common."""

_OF_AVERAGES: dict[str, tuple[str | int, ...]] = {
    "posterior": ("N", "D"),
    "rotation": ("N", 3, 3),
    "shift": ("N", 2),
    "fit": ("N",),
    "is_misfit": ("N",),
    "angle": ("N", "N"),
}
"""Shapes of the results with a row for each average."""

_OF_ALL: dict[str, tuple[str | int, ...]] = {
    "sampled": ("D", 3),
    "start_agreement": ("S", "S"),
    "in_agreement": ("S",),
    "map": ("n", "n", "n"),
    "operations": ("G", 3, 3),
}
_FACTS: dict[str, Any] = {
    "views_agreement": (int, float),
    "views_trusted": bool,
    "views_reason": str,
    "views_voxel_size_px": (int, float),
    "views_symmetry": str,
}


@dataclass(frozen=True, eq=False)
class Views(Displayed):
    """Viewing directions of class averages, and the map that they were found with.

    The frame is that of the map, with the axes of its point group as in `point_groups`. Apart from
    that its rotation and its hand are arbitrary, so only relative directions have a meaning. Rows
    of averages that were not used (empty ones) are NaN, and their posterior 0.

    Parameters
    ----------
    class_id : int64 (N,)
        The averages, in order.
    sampled : float64 (D, 3)
        Unit vectors over the whole sphere; the second half is opposite to the first.
    posterior : float32 (N, D)
        Probability of each direction for each average; rows sum to 1.
    rotation : float64 (N, 3, 3)
        Pose on the best reprojection: the rows are the x and y axes of the image (x right, y down)
        and the direction of view, as unit vectors in the frame of the map. It is RELION's
        A = Rz(psi) · Ry(tilt) · Rz(rot).
    shift : float64 (N, 2)
        Position of the map's center in the image: (x, y) from pixel (L/2, L/2), pixels.
    fit : float64 (N,)
        Correlation with the best reprojection of a map made without the average.
    is_misfit : bool (N,)
        The fit is so poor that the average shows something else, or there is no object in it
        (`imaging.objects`). It was not used for the map. False for averages that were not used.
    angle : float32 (N, N)
        Angle between the views of two averages in degrees: the mean over their posteriors, minus
        their own width. 0 on the diagonal, at most 90 (opposite views are mirror images), and the
        smallest over symmetry copies. NaN for averages that were not used.
    start_agreement : float32 (S, S)
        Spearman's rank correlation of the angles found from two random starts.
    in_agreement : bool (S,)
        The starts that agree with each other, from which the result is made.
    agreement : float
        How well they agree: median of their correlations, lower with more noise.
    trusted : bool
        Whether the views are reliable. If not, only the similarity of images is used.
    reason : str
        Why they are not reliable, a sentence; else empty.
    map : float32 (n, n, n)
        z, y, x; the center is voxel n/2. Made from all averages that fit.
    voxel_size : float
        Of the map, in pixels of the averages.
    symmetry : str
        Point group: C1, C4, D2, T, O, I, …
    operations : float64 (G, 3, 3)
        Its rotations in the frame of the map, the identity first.
    notes : tuple of str
        What the user should know, a sentence each.
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
        """float64 (N, 3): viewing direction of each average, on the whole sphere."""
        return self.rotation[:, 2]

    @cached_property
    def spread(self) -> DoubleArray:
        """float64 (N,): mean angle between the possible views and the best one, degrees.

        Symmetric and mirrored views count as the same; NaN for averages that were not used.
        """
        cosine = np.zeros((len(self), len(self.sampled)))
        for operation in self.operations:
            np.maximum(cosine, np.abs(self.direction @ (self.sampled @ operation.T).T), out=cosine)
        angle = np.rad2deg(np.arccos(np.clip(cosine, 0.0, 1.0)))
        mean: DoubleArray = (self.posterior * angle).sum(axis=1)
        return np.where(np.isfinite(self.fit), mean, np.nan)

    def to_dataframe(self) -> DataFrame:
        """A row for each class average, with names of columns as in `views.csv`.

        Returns
        -------
        pandas.DataFrame
            ``class_id``; the `direction` as ``view_x``, ``view_y``, ``view_z``; ``shift_x_px``,
            ``shift_y_px``, ``fit``, ``misfit``, and the `spread` as ``spread_deg``.

        Raises
        ------
        RebalanceError
            If pandas can't be imported.
        """
        columns: dict[str, Any] = {"class_id": self.class_id}
        columns |= {f"view_{axis}": self.direction[:, n] for n, axis in enumerate("xyz")}
        columns |= {f"shift_{axis}_px": self.shift[:, n] for n, axis in enumerate("xy")}
        columns |= {"fit": self.fit, "misfit": self.is_misfit, "spread_deg": self.spread}
        return data_frame(columns)

    def as_results(self) -> dict[str, Any]:
        """Arrays of numbers by name, as a metric keeps them beside its affinity."""
        names = (*_OF_AVERAGES, *_OF_ALL)
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


def views_of(affinity: Affinity) -> Views | None:
    """The views in an affinity, a row for each of its averages; None if it has none.

    Parameters
    ----------
    affinity : Affinity
        Of the metric ``views``, or of any that keeps the same results and facts.
    """
    results, facts = affinity.results, affinity.facts
    shapes = _OF_AVERAGES | _OF_ALL
    if not shapes.keys() <= results.keys() or not _FACTS.keys() <= facts.keys():
        return None
    arrays = {name: np.asarray(results[name]) for name in shapes}
    used, n = np.flatnonzero(~affinity.is_empty), len(affinity)
    if not _fit_together(arrays, len(used)) or not all(
        isinstance(facts[name], kind) for name, kind in _FACTS.items()
    ):
        # A file may hold anything.
        return None
    for name in _OF_AVERAGES:
        absent = np.nan if name in ("rotation", "shift", "fit", "angle") else 0
        arrays[name] = _spread(arrays[name], used, n, absent, both=name == "angle")
    return Views.kept(affinity.class_id, arrays, facts, affinity.notes)


def held_back(image: FloatArray, angle: FloatArray) -> FloatArray:
    """Affinity of images held back by the angle between views, in degrees; float32, one shape."""
    return (image * _near(angle)).astype(np.float32)


def image_affinity(affinity: Affinity) -> FloatArray:
    """The affinity of images alone, float32 (N, N), where that of views was made of it.

    Parameters
    ----------
    affinity : Affinity
        Of any metric: those that hold nothing back are given as they are. Views that are
        `FARTHEST` apart, of whose images nothing is known any more, stay at 0.
    """
    views = views_of(affinity) if affinity.metric == "views" else None
    if views is None or not views.trusted:
        return affinity.values
    near = _near(np.nan_to_num(views.angle))
    image = np.divide(affinity.values, near, out=np.zeros_like(affinity.values), where=near > 0)
    return np.minimum(image, np.float32(1))


def _near(angle: FloatArray) -> FloatArray:
    return np.asarray(1.0 - np.minimum(angle, FARTHEST) / FARTHEST)


def results_without(results: Mapping[str, Any], n: int, kept: BoolArray) -> dict[str, Any]:
    """What an affinity keeps of the views, when fewer of its averages are compared.

    Parameters
    ----------
    results : mapping of str to array
        Of n averages; what is not of views stays as it is.
    n : int
    kept : bool (n,)
    """
    fewer = dict(results)
    for name in _OF_AVERAGES:
        array = np.asarray(fewer.get(name, ()))
        if array.shape[:1] == (n,):
            fewer[name] = array[np.ix_(kept, kept)] if name == "angle" else array[kept]
    return fewer


def _fit_together(arrays: Mapping[str, np.ndarray], n_used: int) -> bool:
    """Whether sides of one letter are of one length."""
    length: dict[str | int, int] = {"N": n_used, 2: 2, 3: 3}
    return all(
        len(shape) == arrays[name].ndim
        and all(
            length.setdefault(side, found) == found
            for side, found in zip(shape, arrays[name].shape, strict=True)
        )
        for name, shape in (_OF_AVERAGES | _OF_ALL).items()
    )


def _spread(rows: np.ndarray, used: IntArray, n: int, absent: float, *, both: bool) -> np.ndarray:
    """Rows of the averages that took part, as rows of all."""
    spread = np.full((n, n) if both else (n, *rows.shape[1:]), absent, dtype=rows.dtype)
    spread[np.ix_(used, used) if both else used] = rows
    return spread
