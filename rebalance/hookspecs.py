"""The door for plugins: four hooks, and the contract of each kind. This is the file to read.

A plugin package names a light module in the entry-point group ``rebalance``; that module hands
out `PluginSpec`\\ s from any of the four hooks, and nothing is imported until a plugin is used::

    # pyproject.toml                          # my_package/rebalance_plugin.py
    [project.entry-points.rebalance]          from rebalance.hookspecs import PluginSpec, hookimpl
    my-package = "my_package.rebalance_plugin"
                                              @hookimpl
                                              def rebalance_metrics():
                                                  return [PluginSpec("my-metric", "One line.",
                                                                     "my_package.metric:MyMetric")]

The built-ins come in by the same hooks (`rebalance.builtins`).

A plugin may rely on this file, `rebalance.model`, `rebalance.options` and `rebalance.errors`; and,
if it likes, on `rebalance.pairwise` (a metric that is one function of a pair) and
`rebalance.testing` (checks that hold it to its contract). What is said here is promised as long as
`HOOK_VERSION` stays: new attributes are optional, and nothing is taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import pluggy

if TYPE_CHECKING:
    import numpy as np

    from rebalance.model import (
        BoolArray,
        ClassAverages,
        ClusteringResult,
        Dataset,
        FloatArray,
        IntArray,
        ParticleTable,
        Selection,
        Superclasses,
    )
    from rebalance.options import Options

HOOK_VERSION = 1
"""Raised when a contract below changes so that older plugins would break.

The module of an entry point may state ``REBALANCE_HOOK_VERSION``: made for another version, it is
left out, with a message, instead of failing somewhere on the way.
"""

ALIGNMENT = "alignment"
"""The word by which a metric asks for, or provides, the shared in-plane alignment."""

hookspec = pluggy.HookspecMarker("rebalance")
hookimpl = pluggy.HookimplMarker("rebalance")


@dataclass(frozen=True)
class PluginSpec:
    """One plugin, without importing it.

    Parameters
    ----------
    name : str
        As typed on the command line: lower case, words joined by hyphens.
    summary : str
        One line.
    implementation : str
        ``"package.module:Class"``; the class is called without arguments.
    provides : tuple of str
        ``("alignment",)`` for a metric whose alignments other metrics may share.
    """

    name: str
    summary: str
    implementation: str
    provides: tuple[str, ...] = ()


class HookSpecs:
    """Each hook returns a list of `PluginSpec`."""

    @hookspec
    def rebalance_metrics(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Metrics: see `Metric`."""

    @hookspec
    def rebalance_clusterings(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Clusterings: see `Clustering`."""

    @hookspec
    def rebalance_strategies(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Strategies: see `Strategy`."""

    @hookspec
    def rebalance_formats(self) -> Sequence[PluginSpec]:  # type: ignore[empty-body]
        """Formats: see `Format`."""


@dataclass(frozen=True, eq=False)
class Block:
    """What a metric computed for one tile of pairs.

    Parameters
    ----------
    values : float32 (rows, columns)
        Affinity in [0, 1], or a distance ≥ 0. Pairs with row ≥ column are never looked at.
    rotation : float32 (rows, columns), optional
        Degrees; with shift and mirror, lays the column's average onto the row's (`Transform`).
    shift : float32 (rows, columns, 2), optional
        Pixels.
    mirror : bool (rows, columns), optional
    """

    values: FloatArray
    rotation: FloatArray | None = None
    shift: FloatArray | None = None
    mirror: BoolArray | None = None


@dataclass(frozen=True)
class Methods:
    """What a methods paragraph says of a plugin, from its optional ``methods(options)``.

    Parameters
    ----------
    words : str
        Goes on where the paragraph says that averages "were compared pairwise by", "were grouped
        into 8 superclasses by", or "at most 200 particles were kept,". A ``{}`` stands for each
        reference in turn, ``{seed}`` for the seed of the selection.
    references : tuple of str
        Authors (year) title. Journal volume, pages. doi.
    """

    words: str
    references: tuple[str, ...] = ()


@runtime_checkable
class Metric(Protocol):
    """How alike two class averages are.

    The engine calls `prepare` once with the non-empty averages, then `tile` for tiles that cover
    every pair i < j, from several threads or processes, in any order. `tile` must give the same
    bytes whatever the tiling.

    Attributes
    ----------
    options_model : type of Options
    returns : ``"affinity"`` in [0, 1], or ``"distance"`` ≥ 0, which the engine maps to an affinity.
    requires : ``()``, ``("alignment",)`` for that of ``rotational-cc``, ``("alignment:NAME",)`` for
        that of another metric, or the names of other metrics.
    requirements : optional; ``requirements(options) -> tuple of str``, the same words, where its
        options decide which. It is asked in place of ``requires``.
    reads : optional; ``"n_particles"``, ``"resolution"`` where `prepare` reads them, so that a
        cached affinity is known by them too.
    invariances : which of ``"rotation"``, ``"shift"``, ``"mirror"``, ``"scale"``, ``"offset"`` of
        either image leave the value as it is, with default options; the conformance kit
        (`rebalance.testing`) holds the metric to them.
    methods : optional; ``methods(options) -> Methods``, for the report.
    devices : optional; ``("cpu",)`` where it is not stated, ``("cpu", "cuda")`` for a metric that
        also has a CUDA version. On a card `tile` is called from two threads, which have to take
        turns at the card itself.
    tile_shapes : optional; ``{"cuda": (2048, 512)}``: rows and columns of a tile that suit a
        device better than the usual 128 × 32.
    curves, curve_axis : optional; ``curves(features, rows, columns, alignment=…)``, float32 (rows,
        columns, points) in [−1, 1], and ``curve_axis(features)``, the spatial frequency of each
        point in cycles per pixel: what the report shows of an average and its neighbours.
    """

    options_model: ClassVar[type[Options]]
    returns: ClassVar[str]
    requires: ClassVar[tuple[str, ...]]
    invariances: ClassVar[tuple[str, ...]]

    def prepare(self, class_averages: ClassAverages, options: Any, device: str) -> Any:
        """Features of every average: picklable, work linear in N. ``device``: "cpu" or "cuda"."""
        ...

    def tile(
        self,
        features: Any,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Values for rows × columns of averages.

        ``alignment`` (when required) has the shared rotation, shift and mirror of those pairs;
        ``others`` the affinities of required metrics, each float32 (rows, columns).
        """
        ...

    def facts(self, features: Any) -> Mapping[str, Any]:
        """What `prepare` decided (mask, band, …), as JSON values with units in the names."""
        ...


@runtime_checkable
class Clustering(Protocol):
    """Groups averages by their affinity.

    Attributes
    ----------
    options_model : type of Options
    finds_number : True if it finds the number of superclasses itself (n_superclasses may be None).
    needs_affinity : False if labels don't depend on the affinity: averages are not compared, and
        `cluster` may be given an affinity in which none is like another.
    methods : optional; ``methods(options) -> Methods``, for the report.
    each_by_itself : optional; True for superclassification off (`identity`): each average is its
        own superclass, no class averages are needed, and `cluster` need not be called.
    cluster_many : optional; ``cluster_many(affinity, numbers, options, rng, weights)``, a mapping
        of each number of superclasses to what `cluster` would return for it, where many cost
        little more than one. The report then has a slider for the number.
    """

    options_model: ClassVar[type[Options]]
    finds_number: ClassVar[bool]
    needs_affinity: ClassVar[bool]

    def cluster(
        self,
        affinity: FloatArray,
        n_superclasses: int | None,
        options: Any,
        rng: np.random.Generator,
        weights: IntArray | None,
    ) -> ClusteringResult:
        """Labels of n non-empty averages from their (n, n) affinity.

        ``weights`` are particles per average, or None. Must not depend on the order of the
        averages beyond the numbering of the labels.
        """
        ...


@runtime_checkable
class Strategy(Protocol):
    """Chooses which particles of a crowded superclass stay.

    A strategy that decides an option from the table (a score column, say) may also have
    ``complete(particles, options) -> options``; `select` and the record get what it returns.

    Attributes
    ----------
    options_model : type of Options
    methods : optional; ``methods(options) -> Methods``, for the report.
    places : optional; ``places(particles, superclass, options, rng_for)``, int64 (P,): the place
        of each particle in its superclass, 0 for the first to be kept; `select` must keep those
        of a place below the cap. Where many caps are tried, one call then serves them all.
    """

    options_model: ClassVar[type[Options]]

    def select(
        self,
        particles: ParticleTable,
        superclass: IntArray,
        cap: int,
        options: Any,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        """Particles kept, bool (P,).

        Parameters
        ----------
        superclass : int64 (P,)
            Superclass of each particle; −1 for particles that are already out (never keep one).
        cap : int ≥ 0
            Keep min(size, cap) of each superclass.
        rng_for : callable
            ``rng_for(k)`` is a fresh generator that depends on the seed and on the class numbers
            of superclass k alone. Permute once, keep the first ``cap``: then selections nest as
            the cap changes, and an unchanged superclass keeps its particles.
        """
        ...


@dataclass(frozen=True)
class ReadRequest:
    """What a person pointed at.

    Parameters
    ----------
    path : Path
        Job folder, optimiser, particle table, or stack.
    class_averages : Path, optional
        Stack or star/cs of class averages, when given apart.
    passthrough : tuple of Path
        Further files with columns of the same particles (CryoSPARC).
    project : Path, optional
        Folder that paths inside the files are relative to.
    pixel_size : float, optional
        Å; overrides the files.
    need_class_averages : bool
        False when only the table matters (superclassification off).
    """

    path: Path
    class_averages: Path | None = None
    passthrough: tuple[Path, ...] = ()
    project: Path | None = None
    pixel_size: float | None = None
    need_class_averages: bool = True


@dataclass(frozen=True)
class Inspection:
    """What ``rebalance inspect`` says of one path.

    Parameters
    ----------
    format : str
    rows : tuple of (str, str)
        Label, value; in order.
    warnings : tuple of str
    command : str
        What to type next; empty where there is nothing to run.
    """

    format: str
    rows: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    command: str = ""


@runtime_checkable
class Format(Protocol):
    """Reads a classification and writes subsets of it back, losslessly.

    It may also have ``describe(path)``, the first (label, value) rows of `Inspection`, e.g. the
    kind of file and the version of the program that wrote it.
    """

    def sniff(self, path: Path) -> float:
        """How surely this path is of this format: 0 (no) to 1; by content, never raising."""
        ...

    def read(self, request: ReadRequest) -> Dataset:
        """Read; `InputError` names the file, the row or field, what was found and expected."""
        ...

    def write(
        self,
        dataset: Dataset,
        selection: Selection | None,
        superclasses: Superclasses,
        folder: Path,
        *,
        copy_templates: bool = False,
    ) -> tuple[Path, ...]:
        """Write particles_selected, particles_excluded and templates into an existing folder.

        Row order is kept and every row is byte for byte that of the input. Without particles
        only the templates are written. ``copy_templates`` adds a copy of the stack.
        """
        ...


KINDS: Mapping[str, type] = {
    "metric": Metric,
    "clustering": Clustering,
    "strategy": Strategy,
    "format": Format,
}

__all__ = [
    "ALIGNMENT",
    "HOOK_VERSION",
    "KINDS",
    "Block",
    "Clustering",
    "Format",
    "HookSpecs",
    "Inspection",
    "Methods",
    "Metric",
    "PluginSpec",
    "ReadRequest",
    "Strategy",
    "hookimpl",
    "hookspec",
]
