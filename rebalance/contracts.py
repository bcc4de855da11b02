"""What a plugin of each kind is: base classes, with a default for everything that is optional.

Derive from `Metric`, `Clustering`, `Strategy` or `Format`, and write the abstract methods.
Everything else has a default. A class that only has the right methods works too; what it lacks is
taken from the base class.

These contracts hold as long as `rebalance.hookspecs.HOOK_VERSION` is the same. Members may be
added, with a default, but none are removed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rebalance.options import NoOptions, Options

if TYPE_CHECKING:
    import numpy as np

    from rebalance.model import (
        BoolArray,
        ClassAverages,
        ClusteringResult,
        Dataset,
        DoubleArray,
        FloatArray,
        InPlaneAlignment,
        IntArray,
        Orientations,
        ParticlePoses,
        ParticleTable,
        Selection,
        Superclasses,
    )

Returns = Literal["affinity", "distance"]
Invariance = Literal["rotation", "shift", "mirror", "scale", "offset"]
DeviceName = Literal["cpu", "cuda"]
AverageColumn = Literal["n_particles", "resolution"]

ALIGNMENT = "alignment"
"""The word by which a metric requests or provides the shared in-plane alignment."""


@dataclass(frozen=True)
class Methods:
    """What a methods paragraph says of a plugin, from `Plugin.methods`.

    Parameters
    ----------
    words : str
        Continues the paragraph after averages "were compared pairwise by", "were grouped into 8
        superclasses by", or "at most 200 particles were kept,". Each ``{}`` stands for the next
        reference, ``{seed}`` for the seed of the selection.
    references : tuple of str
        Authors (year) title. Journal volume, pages. doi.
    where : str
        For a metric: the words apply if this fact of the affinity is True. Empty: always.
    elsewhere : Methods, optional
        Used if that fact is not True; None: only the name of the metric.
    """

    words: str
    references: tuple[str, ...] = ()
    where: str = ""
    elsewhere: Methods | None = None

    def of(self, facts: Mapping[str, Any]) -> Methods | None:
        """The words for an affinity with these facts."""
        return self if not self.where or facts.get(self.where) is True else self.elsewhere


class Plugin:
    """What any plugin may state. It is created without arguments and keeps no state.

    Attributes
    ----------
    options_model : type of Options
        Options of the plugin, see `rebalance.options`. A metric that draws random numbers needs an
        option ``seed``, so that its results are cached and recorded with it.
    name : str
        Name of an instance that is not installed; by default the name of its class.
    version : str
        Version of an instance that is not installed; without one its results are not cached.
    """

    options_model: type[Options] = NoOptions
    name: str = ""
    version: str = ""

    def methods(self, options: Any) -> Methods | None:
        """Its words for the methods paragraph of the report; None: only its name."""
        return None


@dataclass(frozen=True, eq=False)
class Block:
    """What a metric computed for one tile of pairs.

    Parameters
    ----------
    values : float32 (rows, columns)
        Affinity in [0, 1], or a distance ≥ 0. Pairs with row ≥ column are ignored.
    rotation : float32 (rows, columns), optional
        Degrees; with shift and mirror, aligns the column's average to the row's (`Transform`).
    shift : float32 (rows, columns, 2), optional
        Pixels.
    mirror : bool (rows, columns), optional
    """

    values: FloatArray
    rotation: FloatArray | None = None
    shift: FloatArray | None = None
    mirror: BoolArray | None = None


@dataclass(frozen=True)
class Advice:
    """The clustering recommended for the affinity of a metric, used by default.

    Parameters
    ----------
    clustering : str
        Name of the clustering.
    options : mapping
        Options of the clustering that differ from its defaults.
    where : str
        The advice applies if this fact of the affinity is True; otherwise the usual clustering is
        used. Empty: it always applies.
    """

    clustering: str
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it applies to an affinity with these facts."""
        return not self.where or facts.get(self.where) is True


class Metric(Plugin, ABC):
    """Measures the similarity of two class averages.

    The engine calls `prepare` once with the non-empty averages, then `tile` for tiles that cover
    every pair i < j, from several threads or processes, in any order. `tile` must give the same
    bytes whatever the tiling.

    Attributes
    ----------
    returns : {"affinity", "distance"}
        An affinity in [0, 1], or a distance ≥ 0, which the engine maps to an affinity.
    requires : tuple of str
        ``("alignment",)`` for the alignment of ``rotational-cc``, ``("alignment:NAME",)`` for that
        of another metric, or the names of other metrics. See `requirements`.
    reads : tuple of {"n_particles", "resolution"}
        What `prepare` reads of the averages besides their images; part of the cache key.
    depends_on : {"pair", "all"}
        Whether the value of a pair depends only on its two averages, or on all that are compared.
        Defaults found from all images, such as the automatic mask, don't count if they change an
        affinity by less than 0.02.
    invariances : tuple of {"rotation", "shift", "mirror", "scale", "offset"}
        Changes of either image that leave the value unchanged, with default options. The
        conformance kit (`rebalance.testing`) checks them.
    devices : tuple of {"cpu", "cuda"}
        Where it can run. On a GPU `tile` is called from two threads, which must take turns on the
        device by themselves.
    tile_shapes : mapping of device to (int, int)
        Rows and columns of a tile for a device, if 128 × 32 is not suitable.
    """

    returns: Returns = "affinity"
    requires: tuple[str, ...] = ()
    reads: tuple[AverageColumn, ...] = ()
    depends_on: Literal["pair", "all"] = "pair"
    invariances: tuple[Invariance, ...] = ()
    devices: tuple[DeviceName, ...] = ("cpu",)
    tile_shapes: Mapping[str, tuple[int, int]] = {}

    @abstractmethod
    def prepare(self, class_averages: ClassAverages, options: Any, device: str) -> Any:
        """Compute features of every average, in time linear in N. They must be picklable.

        Parameters
        ----------
        class_averages : ClassAverages
            N averages, none of them empty.
        options : Options
            Of `options_model`.
        device : {"cpu", "cuda"}
        """

    @abstractmethod
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

        Parameters
        ----------
        features
            What `prepare` returned.
        rows, columns : range
        alignment : Block, optional
            If required: the shared rotation, shift and mirror of these pairs.
        others : mapping of name to float32 (rows, columns), optional
            Affinities of the required metrics.
        """

    def requirements(self, options: Any) -> tuple[str, ...]:
        """Requirements with these options, in the words of `requires`."""
        return self.requires

    def facts(self, features: Any) -> Mapping[str, Any]:
        """What `prepare` decided (mask, band, …): JSON values with units in the names."""
        return {}

    def notes(self, features: Any) -> Sequence[str]:
        """What a user should know: complete sentences.

        They are shown as notes of the run and in the report, and are `Affinity.notes` in Python.
        """
        return ()

    def results(self, features: Any) -> Mapping[str, Any]:
        """Further arrays of numbers that were found, by name: a map, viewing directions, …

        Real numbers, integers or booleans (dtype kinds f, i, u, b). They are `Affinity.results` in
        Python, and arrays ``result.NAME`` in ``affinity.npz``.
        """
        return {}

    def advice(self, options: Any) -> Advice | None:
        """The clustering recommended for its affinity, if not the usual one.

        It must be installed and have these options. If the advice depends on what was found,
        `Advice.where` names one of the `facts`, True or False.
        """
        return None

    def curve_axis(self, features: Any) -> DoubleArray | None:
        """Spatial frequency of each point of `curves`; None: no curves.

        Returns
        -------
        float64 (points,), rising, cycles per pixel; or None
        """
        return None

    def curves(
        self, features: Any, rows: range, columns: range, *, alignment: Block | None = None
    ) -> FloatArray:
        """Curves that the report shows for an average and its neighbors.

        Returns
        -------
        float32 (rows, columns, points), in [−1, 1]
        """
        raise NotImplementedError("a metric with a curve_axis has curves")


@dataclass(frozen=True, eq=False)
class ClusteringInput:
    """Input of a clustering: the class averages that are used, and their similarity.

    ``len(averages)`` is n.

    Parameters
    ----------
    affinity : float32 (n, n)
        Symmetric, unit diagonal, in [0, 1].
    class_id : int64 (n,)
        Class numbers, increasing, without empty averages and those left out.
    n_particles : int64 (n,), optional
        Particles of each average; None if unknown.
    """

    affinity: FloatArray
    class_id: IntArray
    n_particles: IntArray | None = None

    def __len__(self) -> int:
        return len(self.class_id)


class Clustering(Plugin, ABC):
    """Groups averages by their affinity.

    Attributes
    ----------
    finds_number : bool
        Whether it finds the number of superclasses itself, given None. If given a number, it must
        return at most that many, or raise `OptionError`.
    needs_affinity : bool
        False if labels don't depend on the affinity. Averages are then not compared, and `cluster`
        may get an affinity without any similarity.
    each_by_itself : bool
        True for superclassification off (``identity``): each average is its own superclass, no
        class averages are needed, and `cluster` need not be called.
    """

    finds_number: bool = False
    needs_affinity: bool = True
    each_by_itself: bool = False

    @abstractmethod
    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: Any,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        """Labels of n averages.

        Apart from the numbering of the labels, they must not depend on the order of the averages
        (`rebalance.toolkit.in_canonical_order` ensures that). Random numbers must come from
        ``rng``.

        Parameters
        ----------
        averages : ClusteringInput
        n_superclasses : int or None
            1 to n; None only if `finds_number` is True.
        options : Options
            Of `options_model`.
        rng : numpy.random.Generator
            Created from the seed of the run.

        Returns
        -------
        ClusteringResult
            ``ClusteringResult(label)``, int64 (n,): any numbers, one per superclass. Optionally a
            linkage, and an order for showing the averages.
        """

    def cluster_many(
        self,
        averages: ClusteringInput,
        numbers: Sequence[int],
        options: Any,
        rng: np.random.Generator,
    ) -> Mapping[int, ClusteringResult] | None:
        """What `cluster` would return for each of several numbers of superclasses.

        Return None, the default, if many cost as much as one at a time. Otherwise the report gets
        a slider for the number. ``rng`` is as at the start of each `cluster`.
        """
        return None


@dataclass(frozen=True)
class Column:
    """A column of the particle table that a strategy reads.

    Parameters
    ----------
    name : str
        As in the file, without a leading underscore: ``rlnCtfMaxResolution``.
    kind : {"number", "text"}
    """

    name: str
    kind: Literal["number", "text"] = "number"


class Strategy(Plugin):
    """Chooses which particles of a crowded group to keep. Write `places`, `select`, or both.

    A group is a superclass, or another set of particles to balance.

    Attributes
    ----------
    columns : tuple of str or Column
        Columns of the particle table that it reads, so that the conformance kit can make them. A
        name means a column of numbers.
    is_random : bool
        Whether another seed keeps other particles, with default options. If False, only the table
        decides, and ``rng_for`` must not matter.
    """

    columns: tuple[str | Column, ...] = ()
    is_random: bool = True

    def complete(self, particles: ParticleTable, options: Any) -> Any:
        """Options completed from the table, e.g. which column is the score.

        Called first, with the whole table. `select`, `places` and the record get what it returns,
        an instance of `options_model`.
        """
        return options

    def warnings(self, options: Any) -> Sequence[str]:
        """Warnings for the user: complete sentences.

        They are shown as warnings of the run and in the report, and are `Selection.warnings` in
        Python. Called if there is a cap, with the options that `complete` returned.
        """
        return ()

    def places(
        self,
        particles: ParticleTable,
        group: IntArray,
        options: Any,
        rng_for: Callable[[int], np.random.Generator],
    ) -> IntArray | None:
        """The order in which particles are kept; None if `select` decides for each cap.

        Parameters
        ----------
        particles : ParticleTable
            P particles.
        group : int64 (P,)
            Group of each particle; −1 for particles already excluded. Some numbers may have no
            particles. If the ratio of half sets is kept, a group may come with only the particles
            of one half.
        options : Options
        rng_for : callable
            ``rng_for(k)`` is a new generator that only depends on the seed and the content of group
            k (the class numbers of a superclass). Permute once, so that selections nest as the
            cap changes, and an unchanged group keeps the same particles.

        Returns
        -------
        int64 (P,) or None
            Place of each particle in its group, 0 for the first to keep; any number for excluded
            particles. This is the inverse of an argsort: if ``in_order`` has the rows of a group
            in the order in which to keep them, ``place[in_order] = np.arange(len(in_order))``.
        """
        return None

    def select(
        self,
        particles: ParticleTable,
        group: IntArray,
        cap: int,
        options: Any,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        """Particles to keep: min(size, cap) of each group, and none that is already excluded.

        Parameters
        ----------
        particles, group, options, rng_for
            As for `places`. By default, places below the cap are kept.
        cap : int ≥ 0

        Returns
        -------
        bool (P,)
        """
        places = self.places(particles, group, options, rng_for)
        if places is None:
            raise NotImplementedError("a strategy needs places or select")
        return (group >= 0) & (places < cap)


@dataclass(frozen=True)
class ReadRequest:
    """What a user asked to read.

    Parameters
    ----------
    path : Path
        Job folder, optimiser, particle table, or stack.
    class_averages : Path, optional
        Stack or star/cs file of class averages, if given separately.
    passthrough : tuple of Path
        More files with columns of the same particles (CryoSPARC).
    project : Path, optional
        Folder that paths inside the files are relative to.
    pixel_size : float, optional
        Å; overrides the files.
    need_class_averages : bool
        False if only the table is needed (superclassification off).
    needs_class : bool
        False if the particles are read for their poses. No class averages are read, and particles
        only have class numbers if the table has them.
    """

    path: Path
    class_averages: Path | None = None
    passthrough: tuple[Path, ...] = ()
    project: Path | None = None
    pixel_size: float | None = None
    need_class_averages: bool = True
    needs_class: bool = True


@dataclass(frozen=True)
class Inspection:
    """What ``rebalance inspect`` shows for one path.

    Parameters
    ----------
    format : str
    rows : tuple of (str, str)
        Label, value; in order.
    warnings : tuple of str
    command : str
        What to type next; empty if there is nothing to run.
    is_refused : bool
        True if ``run`` would stop with an error.
    """

    format: str
    rows: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    command: str = ""
    is_refused: bool = False


class Format(Plugin, ABC):
    """Reads a classification, and writes subsets of it without loss."""

    @abstractmethod
    def sniff(self, path: Path) -> float:
        """How likely the path has this format, 0 to 1, judged by content. Must not raise."""

    @abstractmethod
    def read(self, request: ReadRequest) -> Dataset:
        """Read. An `InputError` states the file, row or field, what was found and expected."""

    @abstractmethod
    def write(
        self,
        dataset: Dataset,
        selection: Selection | None,
        superclasses: Superclasses | None,
        folder: Path,
        *,
        copy_templates: bool = False,
    ) -> tuple[Path, ...]:
        """Write particles_selected, particles_excluded and templates into an existing folder.

        Row order is kept, and every row is identical to the input, byte for byte. Without particles
        only the templates are written. ``copy_templates`` adds a copy of the stack. Superclasses
        are None if particles were balanced by something else, such as orientations.
        """

    def write_particles(
        self,
        dataset: Dataset,
        keep: BoolArray,
        folder: Path,
        stem: str,
        *,
        title: str = "",
        class_id: IntArray | None = None,
    ) -> tuple[Path, ...]:
        """Write some of the particles under a name, for subsets and single superclasses.

        Parameters
        ----------
        dataset : Dataset
            With particles.
        keep : bool (P,)
        folder : Path
            Exists.
        stem : str
            Start of the file names.
        title : str
            Title for users, if the format has one.
        class_id : int64 (P,), optional
            Class numbers, from 0, to write instead of the original ones, which are kept in another
            column. Otherwise every row is identical to the input, byte for byte.
        """
        raise NotImplementedError("this format only writes selected and excluded particles")

    def write_pictures(
        self,
        dataset: Dataset,
        images: FloatArray,
        folder: Path,
        stem: str,
        *,
        title: str = "",
    ) -> tuple[Path, ...]:
        """Write a stack of pictures, one per superclass, as references for the program.

        Parameters
        ----------
        dataset : Dataset
            Data set with the class averages that they were made from.
        images : float32 (K, L, L)
        folder : Path
            Exists.
        stem : str
            Start of the file names.
        title : str
            Title for users, if the format has one.
        """
        from rebalance.formats.mrc_writer import write_stack

        averages = dataset.class_averages
        path = folder / f"{stem}.mrcs"
        write_stack(path, images, None if averages is None else averages.pixel_size)
        return (path,)

    def describe(self, path: Path) -> Sequence[tuple[str, str]]:
        """First (label, value) rows of `Inspection`: kind of file, program that wrote it."""
        return ()

    def in_plane_alignment(self, dataset: Dataset) -> InPlaneAlignment:
        """How each particle is aligned to its class average, from the classification.

        Together with the views of the class averages, this gives particles poses, which
        `write_poses` writes. A format has both or neither.
        """
        raise NotImplementedError("this format did not state how particles were aligned")

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        """Write the particles with poses as ``particles_poses`` in a folder.

        The folder exists. Row order is kept, and everything except the pose is as in the input.
        The file to give to the program comes first.
        """
        raise NotImplementedError("this format writes no poses")

    def orientations(self, dataset: Dataset) -> Orientations:
        """The poses from a 3D refinement, a row for each particle.

        For particles read with `ReadRequest.needs_class` False. Raises `InputError` if the table
        has no poses.
        """
        raise NotImplementedError("this format can't read poses of a 3D refinement")


__all__ = [
    "ALIGNMENT",
    "Advice",
    "Block",
    "Clustering",
    "ClusteringInput",
    "Column",
    "Format",
    "Inspection",
    "Methods",
    "Metric",
    "Plugin",
    "ReadRequest",
    "Strategy",
]
