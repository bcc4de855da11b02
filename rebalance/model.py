"""The dataclasses that travel along the street: every step takes one and gives one.

Nothing here reads a file, prints or decides; arrays are never written to after construction.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rebalance.errors import ColumnError

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

BY_CLUSTERING, BY_LABELS, BY_NONE = "clustering", "labels", "off"
"""What superclasses come from, in `Superclasses.by`."""

UNASSIGNED = -1
"""Label of a class average that is in no superclass (an empty one)."""


@dataclass(frozen=True, eq=False)
class ClassAverages:
    """The 2D class averages (templates) of one classification.

    Parameters
    ----------
    images : float32 (N, L, L)
        As read; y down, x right.
    class_id : int64 (N,)
        Unique; the number by which the particle table refers to the average. 1-based in stack
        order for a bare stack.
    pixel_size : float, optional
        Å per pixel; None when unknown.
    n_particles : int64 (N,), optional
        Particles of each average in the particle table; None without a table.
    resolution : float64 (N,), optional
        Å, as the program that made them estimated it; may be inf or 999.
    mask_diameter : float, optional
        Å, the particle diameter that the classification was run with, where the files say it.
    """

    images: FloatArray
    class_id: IntArray
    pixel_size: float | None = None
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None
    mask_diameter: float | None = None

    def __post_init__(self) -> None:
        n = len(self.images)
        if self.images.ndim != 3 or self.images.shape[1] != self.images.shape[2]:
            raise ValueError(f"images must be (N, L, L), not {self.images.shape}")
        for name in ("class_id", "n_particles", "resolution"):
            column = getattr(self, name)
            if column is not None and column.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), not {column.shape}")
        if len(np.unique(self.class_id)) != n:
            raise ValueError("class_id must be unique")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def box(self) -> int:
        """Side of an image in pixels."""
        return int(self.images.shape[1])

    @cached_property
    def is_empty(self) -> BoolArray:
        """bool (N,): the image is constant or not finite, or no particle belongs to it."""
        flat = self.images.reshape(len(self), self.box**2)
        low, high = flat.min(axis=1), flat.max(axis=1)
        with np.errstate(invalid="ignore"):
            empty = ~np.isfinite(low) | ~np.isfinite(high) | (low == high)
        if self.n_particles is not None:
            empty |= self.n_particles == 0
        return empty

    def subset(self, which: BoolArray | IntArray) -> ClassAverages:
        """The averages at a mask or at indices, in that order."""
        return replace(
            self,
            images=self.images[which],
            class_id=self.class_id[which],
            n_particles=None if self.n_particles is None else self.n_particles[which],
            resolution=None if self.resolution is None else self.resolution[which],
        )


class TableHandle(Protocol):
    """What a format keeps behind a `ParticleTable`: columns on demand, rows as they were."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `read_column` knows."""
        ...

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One column, (P,); numbers as float64 or int64, text as str. KeyError if not there."""
        ...


@dataclass(frozen=True, eq=False)
class ParticleTable:
    """The particles: which class average each belongs to, and the rows behind them.

    Parameters
    ----------
    class_id : int64 (P,)
    handle : TableHandle
        Belongs to the format that read the table; by it the format writes any subset of rows
        back with every byte of a row unchanged.
    path : Path, optional
        The file that was read.
    """

    class_id: IntArray
    handle: TableHandle
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.class_id)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `column` knows."""
        return self.handle.column_names

    def column(self, name: str) -> npt.NDArray[Any]:
        """One column by its name in the file.

        Raises
        ------
        ColumnError
            If there is none; it is a KeyError too.
        """
        try:
            return self.handle.read_column(name)
        except KeyError:
            if name in self.column_names:
                raise
        near = difflib.get_close_matches(name, self.column_names, n=1)
        raise ColumnError(
            f"The particle table has no column {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else "."),
            path=self.path,
            cure=f"Columns: {', '.join(self.column_names) or 'none'}.",
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a format read: particles, class averages, or both.

    Parameters
    ----------
    format : str
        Name of the format plugin that read it and will write it back.
    particles, class_averages : optional
        At least one of the two.
    job : str
        Short name for folders and titles, e.g. ``job013``.
    sources : tuple of Path
        Every file that was read, in order of importance.
    notes : tuple of str
        What was guessed or left out, one sentence each; goes to log, summary and report.
    warnings : tuple of str
        What looks wrong but does not stop the job.
    handle : object
        Opaque; the format's own memory of how to write the templates back.
    """

    format: str
    particles: ParticleTable | None = None
    class_averages: ClassAverages | None = None
    job: str = "job"
    sources: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    handle: Any = None


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
        """The motion that lays image i onto image j."""
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
            Value of pixels that come from outside.
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

    def index(self, i: npt.ArrayLike, j: npt.ArrayLike) -> IntArray:
        """Place of pairs i < j in the condensed arrays."""
        i, j = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
        return i * (2 * self.n - i - 1) // 2 + (j - i - 1)

    def pair(self, i: int, j: int) -> Transform:
        """The transform that lays average j onto average i, whichever comes first."""
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


@dataclass(frozen=True, eq=False)
class Affinity:
    """How alike every pair of class averages is.

    Parameters
    ----------
    values : float32 (N, N)
        Symmetric, unit diagonal, in [0, 1]; rows of empty averages are 0 off the diagonal.
    class_id : int64 (N,)
        The averages, in order.
    is_empty : bool (N,)
    metric : str
        Name of the metric.
    options : mapping
        Its options after defaults.
    alignment : Alignment, optional
        Where the metric aligns.
    raw : float32 (N, N), optional
        The matrix as a distance metric gave it, before it was mapped to affinity.
    facts : mapping
        What was decided on the way (mask diameter, band, scale of the distance map, …), for the
        log and the record; JSON values only.
    key : str
        SHA-256 of images and options; the name in the cache.
    """

    values: FloatArray
    class_id: IntArray
    is_empty: BoolArray
    metric: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    alignment: Alignment | None = None
    raw: FloatArray | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""

    def __post_init__(self) -> None:
        n = len(self.class_id)
        if self.values.shape != (n, n) or self.is_empty.shape != (n,):
            raise ValueError(f"values must be ({n}, {n}) and is_empty ({n},)")

    def __len__(self) -> int:
        return len(self.class_id)

    def _repr_html_(self) -> str:
        return _shown_in_a_notebook(self)


@dataclass(frozen=True, eq=False)
class ClusteringResult:
    """What a clustering plugin gives back, for the n averages that it was shown.

    Parameters
    ----------
    label : int64 (n,)
        Any distinct numbers; they are renumbered afterwards.
    linkage : float64 (n−1, 4), optional
        As in `scipy.cluster.hierarchy`: every number of clusters at once.
    order : int64 (n,), optional
        An order of the averages in which similar ones are neighbours.
    """

    label: IntArray
    linkage: DoubleArray | None = None
    order: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Superclasses:
    """Sets of class averages of similar view, numbered 0… by falling particle count.

    Parameters
    ----------
    label : int64 (N,)
        Superclass of each average; −1 (`UNASSIGNED`) for empties and for those left out.
    class_id : int64 (N,)
    size : int64 (K,)
        Particles of each superclass; averages, where there are no particles.
    medoid : int64 (K,)
        Index of the average with the highest mean affinity to the rest of its superclass; of the
        one with most particles where no affinity is known.
    mean_affinity : float64 (K,)
        Mean affinity between pairs within; 1 for a superclass of one, NaN where none is known.
    clustering : str
        Name of the clustering.
    by : {"clustering", "labels", "off"}
        What they come from: a clustering, a person's own grouping, or superclassification off,
        each average by itself.
    options : mapping
        Its options after defaults.
    linkage : float64 (n−1, 4), optional
        Over the averages that are in a superclass, in order.
    order : int64 (N,)
        Indices of all averages sorted for display: by superclass, similar ones side by side,
        those in no superclass last.
    left_out : tuple of int
        Class numbers that a person chose to leave out; label −1 like the empties.
    junk : tuple of int
        Those of ``left_out`` that are left out as junk.
    notes : tuple of str
        What was decided on the way, one sentence each.
    """

    label: IntArray
    class_id: IntArray
    size: IntArray
    medoid: IntArray
    mean_affinity: DoubleArray
    order: IntArray
    clustering: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    linkage: DoubleArray | None = None
    left_out: tuple[int, ...] = ()
    junk: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    by: str = BY_CLUSTERING

    def __len__(self) -> int:
        return len(self.size)

    @property
    def is_off(self) -> bool:
        """Whether superclassification is off: each average by itself."""
        return self.by == BY_NONE

    def members(self, superclass: int) -> IntArray:
        """Indices of the averages of one superclass, in display order."""
        return self.order[self.label[self.order] == superclass]

    def __iter__(self) -> Iterator[IntArray]:
        return (self.members(number) for number in range(len(self)))

    def _repr_html_(self) -> str:
        return _shown_in_a_notebook(self)


@dataclass(frozen=True, eq=False)
class AverageQuality:
    """What class averages tell of their own quality, and which are suspected of being junk.

    Parameters
    ----------
    class_id : int64 (N,)
    is_judged : bool (N,)
        False for empties and those left out.
    measures : mapping of str to float64 (N,)
        ``mean_frequency`` (cycles per pixel) and ``fine_share`` of the power inside the mask,
        ``edge_energy`` at the mask's edge ÷ in the middle, ``highest_affinity`` and
        ``median_affinity`` with the others; NaN where not judged or not known.
    scores : mapping of str to float64 (N,)
        Robust z-scores ``coarse``, ``noise``, ``edge`` and ``few``, likewise.
    reasons : tuple of tuple of str
        Why each is suspected; empty for those that are not.
    n_particles : int64 (N,), optional
    resolution : float64 (N,), optional
        Å, as read.
    """

    class_id: IntArray
    is_judged: BoolArray
    measures: Mapping[str, DoubleArray]
    scores: Mapping[str, DoubleArray]
    reasons: tuple[tuple[str, ...], ...]
    n_particles: IntArray | None = None
    resolution: DoubleArray | None = None

    @property
    def suspects(self) -> tuple[int, ...]:
        """Class numbers of the averages that are suspected, rising."""
        pairs = zip(self.class_id.tolist(), self.reasons, strict=True)
        return tuple(sorted(number for number, reasons in pairs if reasons))

    def reasons_of(self, class_number: int) -> tuple[str, ...]:
        """Why a class is suspected."""
        return self.reasons[self.class_id.tolist().index(class_number)]


@dataclass(frozen=True)
class Suggestion:
    """What a scan says.

    Parameters
    ----------
    number : int
        The number of superclasses to try first.
    runners_up : tuple of int
        Other peaks of the score, best first.
    has_structure : bool
        False where no number stands out from averages of the same spread without groups.
    reason : str
        One or two sentences.
    """

    number: int
    runners_up: tuple[int, ...]
    has_structure: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Scan:
    """Every number of superclasses that was tried, how good it is, and the suggestion.

    Parameters
    ----------
    numbers : int64 (M,)
        Rising.
    silhouette : float64 (M,)
        Mean of the silhouette of the averages and of that weighted by particles.
    expected : float64 (M,)
        The same for averages of the same spread without groups, over samples.
    expected_sd : float64 (M,)
    stability : float64 (M,)
        Adjusted Rand index with the grouping of fewer averages under noise, over resamples; NaN
        where resamples were too small.
    contrast : float64 (M,)
        Mean affinity within superclasses minus that between.
    eigengap : float64 (M,)
    score : float64 (M,)
    smallest : int64 (M,)
        Particles of the smallest superclass; averages, where particles are not known.
    kept : int64 (M,)
        Particles (or averages) that would be kept.
    total : int
        Particles (or averages) of all superclasses.
    suggestion : Suggestion
    clustering : str
    options : mapping
        Of the clustering, after defaults.
    factor, max_size : the balance that ``kept`` is for
    noise : float
        Standard deviation of the affinity's own noise (`scanning.stability.affinity_noise`).
    superclasses : mapping of int to Superclasses
        By number.
    """

    numbers: IntArray
    silhouette: DoubleArray
    expected: DoubleArray
    expected_sd: DoubleArray
    stability: DoubleArray
    contrast: DoubleArray
    eigengap: DoubleArray
    score: DoubleArray
    smallest: IntArray
    kept: IntArray
    total: int
    suggestion: Suggestion
    clustering: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    factor: str | None = None
    max_size: int | None = None
    noise: float = 0.0
    superclasses: Mapping[int, Superclasses] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)


KEPT = "kept"
BALANCED = "balanced"
NOT_SELECTED = "class not selected"
NO_SUCH_AVERAGE = "no such average"
EMPTY_AVERAGE = "empty average"
JUNK = "junk"
REASONS = (KEPT, BALANCED, NOT_SELECTED, NO_SUCH_AVERAGE, EMPTY_AVERAGE, JUNK)
"""Why a particle stays or goes, by code in `Selection.reason`."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Which particles stay; selected and excluded together are the input, always.

    Parameters
    ----------
    selected : bool (P,)
    reason : uint8 (P,)
        Index into `REASONS`.
    superclass : int64 (P,)
        Superclass of each candidate; −1 for a particle that was out before balancing.
    cap : int or None
        Largest superclass size allowed; None when balancing is off.
    before, after : int64 (K,)
        Particles of each superclass that were candidates, and that were kept.
    strategy : str
    options : mapping
    seed : int
    warnings, notes : tuple of str
    """

    selected: BoolArray
    reason: npt.NDArray[np.uint8]
    superclass: IntArray
    cap: int | None
    before: IntArray
    after: IntArray
    strategy: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.selected)

    def count(self, reason: str) -> int:
        """Number of particles with a reason from `REASONS`."""
        return int(np.count_nonzero(self.reason == REASONS.index(reason)))


@dataclass(frozen=True, eq=False)
class RunResult:
    """All that a run made."""

    dataset: Dataset
    superclasses: Superclasses
    affinity: Affinity | None = None
    selection: Selection | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    scan: Scan | None = None
    quality: AverageQuality | None = None

    def _repr_html_(self) -> str:
        return _shown_in_a_notebook(self)


def _shown_in_a_notebook(shown: RunResult | Affinity | Superclasses) -> str:
    # Jupyter asks by this method's name; what it shows is drawn elsewhere, and only then loaded.
    from rebalance.notebook import html_of

    return html_of(shown)
