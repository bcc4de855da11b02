"""How one average is aligned to another: the transform of a pair, and of all pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model.arrays import BoolArray, DoubleArray, FloatArray, IntArray


@dataclass(frozen=True)
class Transform:
    """The in-plane motion that lays image j onto image i: x_i = R(rotation) · F^mirror · x_j + t.

    About pixel (L/2, L/2), x to the right and y down; the rotation counts counter-clockwise as
    displayed; F flips x.

    Parameters
    ----------
    rotation : float
        Degrees.
    shift : tuple of float
        (x, y) in pixels.
    mirror : bool
    """

    rotation: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirror: bool = False

    @property
    def matrix(self) -> DoubleArray:
        """float64 (2, 2): R(rotation) · F^mirror acting on (x, y) with y down."""
        angle = np.deg2rad(self.rotation)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        return turn @ np.diag([-1.0, 1.0]) if self.mirror else turn

    def inverse(self) -> Transform:
        """The motion that aligns image i to image j."""
        shift = -np.linalg.inv(self.matrix) @ np.asarray(self.shift)
        # R(θ)F is its own inverse: F R(−θ) = R(θ) F.
        rotation = self.rotation if self.mirror else -self.rotation
        return Transform(_wrap(rotation), (float(shift[0]), float(shift[1])), self.mirror)

    def then(self, outer: Transform) -> Transform:
        """This motion first, then ``outer``."""
        shift = outer.matrix @ np.asarray(self.shift) + np.asarray(outer.shift)
        turned = -self.rotation if outer.mirror else self.rotation
        return Transform(
            _wrap(outer.rotation + turned),
            (float(shift[0]), float(shift[1])),
            self.mirror != outer.mirror,
        )

    def apply(self, image: npt.NDArray[Any], *, order: int = 3, fill: float = 0.0) -> FloatArray:
        """Move an image by spline interpolation.

        Parameters
        ----------
        image : (L, L)
        order : int
            Spline order, 0 to 5.
        fill : float
            Value of pixels from outside the image.
        """
        from scipy.ndimage import affine_transform

        centre = np.array([image.shape[1] // 2, image.shape[0] // 2], dtype=np.float64)
        inverse = np.linalg.inv(self.matrix)
        offset = centre - inverse @ (centre + np.asarray(self.shift))
        # scipy indexes (row, column) = (y, x).
        return affine_transform(
            np.asarray(image, dtype=np.float32),
            inverse[::-1, ::-1],
            offset[::-1],
            order=order,
            mode="constant",
            cval=fill,
        )


def _wrap(degrees: float) -> float:
    return float((degrees + 180.0) % 360.0 - 180.0)


@dataclass(frozen=True, eq=False)
class Alignment:
    """The `Transform` of every pair i < j, condensed as in `scipy.spatial.distance.pdist`.

    Parameters
    ----------
    rotation : float32 (N(N−1)/2,)
        Degrees in [−180, 180).
    shift : float32 (N(N−1)/2, 2)
        (x, y) in pixels.
    mirror : bool (N(N−1)/2,)
    n : int
        N.
    """

    rotation: FloatArray
    shift: FloatArray
    mirror: BoolArray
    n: int

    def __post_init__(self) -> None:
        pairs = self.n * (self.n - 1) // 2
        if self.rotation.shape != (pairs,) or self.mirror.shape != (pairs,):
            raise ValueError(f"{self.n} averages have {pairs} pairs, not {self.rotation.shape}")
        if self.shift.shape != (pairs, 2):
            raise ValueError(f"shift must be ({pairs}, 2), not {self.shift.shape}")

    def __repr__(self) -> str:
        return f"Alignment({len(self.rotation):,} pairs of {self.n:,} class averages)"

    def index(self, i: npt.ArrayLike, j: npt.ArrayLike) -> IntArray:
        """Place of pairs i < j in the condensed arrays."""
        i, j = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
        return i * (2 * self.n - i - 1) // 2 + (j - i - 1)

    def pair(self, i: int, j: int) -> Transform:
        """The transform that aligns average j to average i, in any order."""
        if i == j:
            return Transform()
        if i > j:
            return self.pair(j, i).inverse()
        at = int(self.index(i, j))
        return Transform(
            float(self.rotation[at]),
            (float(self.shift[at, 0]), float(self.shift[at, 1])),
            bool(self.mirror[at]),
        )
