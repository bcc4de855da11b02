"""The contracts of plugins: base classes with a default for everything optional.

Derive from `Metric`, `Clustering`, `Strategy` or `Format` and implement the abstract methods. A
class of the right shape that doesn't derive from them works too; missing members are as in the
base class.

Within one `rebalance.hookspecs.HOOK_VERSION`, members may be added (with a default), but none is
removed.
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
    """What the methods paragraph says about a plugin.

    Parameters
    ----------
    words : str
        Continues "were compared pairwise by", "were grouped into 8 superclasses by" or "at most 200
        particles per superclass were kept,". ``{}`` stands for each reference in turn, ``{seed}``
        for the seed.
    references : tuple of str
        Authors (year) title. Journal volume, pages. doi.
    where : str
        For a metric: fact of the affinity that must be True for the words to apply; empty: always.
    elsewhere : Methods, optional
        Used where that fact is not True; with None, only the metric is named.
    """

    words: str
    references: tuple[str, ...] = ()
    where: str = ""
    elsewhere: Methods | None = None

    def of(self, facts: Mapping[str, Any]) -> Methods | None:
        """The text for an affinity with these facts."""
        return self if not self.where or facts.get(self.where) is True else self.elsewhere


class Plugin:
    """Members of all plugins. A plugin is made without arguments and keeps no state.

    Attributes
    ----------
    options_model : type of Options
        Its options, see `rebalance.options`. A metric that uses random numbers has an option
        ``seed``, which is recorded and part of the cache key.
    name : str
        Name of an instance that is not installed; by default that of its class.
    version : str
        Version of an instance that is not installed; without one, results are not cached.
    """

    options_model: type[Options] = NoOptions
    name: str = ""
    version: str = ""

    def methods(self, options: Any) -> Methods | None:
        """What the methods paragraph says about it; None to give only its name."""
        return None


@dataclass(frozen=True, eq=False)
class Block:
    """Values of one tile of pairs.

    Parameters
    ----------
    values : float32 (rows, columns)
        Affinity in [0, 1], or distance ≥ 0. Pairs with row ≥ column are ignored.
    rotation : float32 (rows, columns), optional
        Degrees; with shift and mirror, it moves the column's average onto the row's (`Transform`).
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
    """The clustering that suits the affinity of a metric, used unless another is named.

    Parameters
    ----------
    clustering : str
        Name of the clustering.
    options : mapping
        Options of the clustering that differ from its defaults.
    where : str
        A fact of the affinity that must be True for the advice to apply. Empty: always.
    """

    clustering: str
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it applies to an affinity with these facts."""
        return not self.where or facts.get(self.where) is True


class Metric(Plugin, ABC):
    """Similarity of two class averages.

    The engine calls `prepare` once with the non-empty averages, then `tile` for tiles that cover
    all pairs i < j, from several threads or processes in any order. The result must have the same
    bytes for any tiling.

    Attributes
    ----------
    returns : {"affinity", "distance"}
        Affinity in [0, 1], or distance ≥ 0, which the engine converts to an affinity.
    requires : tuple of str
        ``("alignment",)`` for the alignment by ``rotational-cc``, ``("alignment:NAME",)`` for that
        by another metric, or names of other metrics. See `requirements`.
    reads : tuple of {"n_particles", "resolution"}
        What `prepare` reads besides the images; it becomes part of the cache key.
    depends_on : {"pair", "all"}
        Whether the value of a pair depends on its two averages or on all of them. Automatic values
        found from all images, such as the mask, don't count if they change an affinity by less
        than 0.02.
    invariances : tuple of {"rotation", "shift", "mirror", "scale", "offset"}
        Changes of either image that leave the value the same, with default options. The
        conformance kit (`rebalance.testing`) checks them.
    devices : tuple of {"cpu", "cuda"}
        Where it runs. On a GPU, `tile` is called from two threads, which must share the device
        themselves.
    tile_shapes : mapping of device to (int, int)
        Rows and columns of a tile on a device, if not the usual 128 × 32.
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
        """Features of all averages: picklable, in time linear in N.

        Parameters
        ----------
        class_averages : ClassAverages
            N averages, none empty.
        options : Options
            An instance of `options_model`, here and below.
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
            The result of `prepare`.
        rows, columns : range
        alignment : Block, optional
            The shared rotation, shift and mirror of these pairs, if required.
        others : mapping of name to float32 (rows, columns), optional
            Affinities of the required metrics.
        """

    def requirements(self, options: Any) -> tuple[str, ...]:
        """What these options require, as in `requires`."""
        return self.requires

    def facts(self, features: Any) -> Mapping[str, Any]:
        """What `prepare` decided (mask, band, …): JSON values with units in the names."""
        return {}

    def notes(self, features: Any) -> Sequence[str]:
        """Full sentences for the user; in Python `Affinity.notes`."""
        return ()

    def results(self, features: Any) -> Mapping[str, Any]:
        """Further arrays by name, such as a map, of dtype kind f, i, u or b.

        In Python they are `Affinity.results`, in ``affinity.npz`` arrays ``result.NAME``.
        """
        return {}

    def advice(self, options: Any) -> Advice | None:
        """The installed clustering that suits its affinity; None for the usual one."""
        return None

    def curve_axis(self, features: Any) -> DoubleArray | None:
        """Spatial frequency of each point of `curves`; None if it has no curves.

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
        raise NotImplementedError("a metric with a curve_axis must have curves")


@dataclass(frozen=True, eq=False)
class ClusteringInput:
    """What a clustering is given: the class averages to group, and their affinity.

    ``len(averages)`` is n.

    Parameters
    ----------
    affinity : float32 (n, n)
        Symmetric, unit diagonal, in [0, 1].
    class_id : int64 (n,)
        Class numbers, rising, without empty averages and those left out.
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
        Whether it finds the number of superclasses itself, if given None. If given a number it
        makes at most that many, or raises `OptionError`.
    needs_affinity : bool
        False if labels don't depend on the affinity. Averages are then not compared, and `cluster`
        may get an affinity of 0 for all pairs.
    each_by_itself : bool
        True for superclassification off (``identity``): each average is its own superclass, and no
        class averages are needed. `cluster` may not be called.
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

        The groups must not depend on the order of the averages
        (`rebalance.toolkit.in_canonical_order` ensures this).

        Parameters
        ----------
        averages : ClusteringInput
        n_superclasses : int or None
            1 to n; None only with `finds_number`.
        options : Options
        rng : numpy.random.Generator
            For all random numbers; from the seed of the run.

        Returns
        -------
        ClusteringResult
        """

    def cluster_many(
        self,
        averages: ClusteringInput,
        numbers: Sequence[int],
        options: Any,
        rng: np.random.Generator,
    ) -> Mapping[int, ClusteringResult] | None:
        """The results of `cluster` for several numbers of superclasses, in one pass.

        None, the default, if this saves no time; otherwise the report page has a slider for the
        number. ``rng`` is as at the start of each `cluster`.
        """
        return None


@dataclass(frozen=True)
class Column:
    """A column of the particle table that a strategy reads.

    Parameters
    ----------
    name : str
        As in the file, without leading underscore: ``rlnCtfMaxResolution``.
    kind : {"number", "text"}
    """

    name: str
    kind: Literal["number", "text"] = "number"


class Strategy(Plugin):
    """Chooses which particles of a group are kept. Implement `places`, `select` or both.

    A group is a superclass, or another set of particles such as an orientation bin.

    Attributes
    ----------
    columns : tuple of str or Column
        Columns of the particle table that it reads; a name alone means a column of numbers. The
        conformance kit makes them.
    is_random : bool
        Whether, with default options, another seed keeps other particles. If False, ``rng_for``
        must not matter.
    """

    columns: tuple[str | Column, ...] = ()
    is_random: bool = True

    def complete(self, particles: ParticleTable, options: Any) -> Any:
        """The options completed from the table, for example which column is the score.

        Called first, with the whole table. Its result, of type `options_model`, is passed to
        `select` and `places` and is recorded.
        """
        return options

    def warnings(self, options: Any) -> Sequence[str]:
        """Full sentences for the user; in Python `Selection.warnings`.

        Called if there is a cap, with the completed options.
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
            Group of each particle; −1 for particles already excluded. Groups may be empty, and with
            half sets a call may have the particles of one half only.
        options : Options
        rng_for : callable
            ``rng_for(k)`` is a fresh generator that depends on the seed and the makeup of group k
            (the class numbers of a superclass). Permute once, so that selections nest as the cap
            changes and an unchanged group keeps its particles.

        Returns
        -------
        int64 (P,) or None
            Place of each particle in its group, 0 for the first to be kept; any number for excluded
            particles. If ``in_order`` has the rows of a group in the order in which to keep them,
            ``place[in_order] = np.arange(len(in_order))``.
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
        """Particles kept: min(size, cap) of each group, and none already excluded.

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
    """What the user asked to read.

    Parameters
    ----------
    path : Path
        Job folder, optimiser, particle table or stack.
    class_averages : Path, optional
        Stack or star/cs of class averages, if given separately.
    passthrough : tuple of Path
        More files with columns of the same particles (CryoSPARC).
    project : Path, optional
        Folder to which paths inside the files are relative.
    pixel_size : float, optional
        Å, above 0; overrides the files.
    need_class_averages : bool
        False if only the table is needed (superclassification off).
    needs_class : bool
        False if the particles are read for their poses. No class averages are read, and particles
        may have no class number.
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
    """What ``rebalance inspect`` shows for a path.

    Parameters
    ----------
    format : str
    rows : tuple of (str, str)
        Label, value; in order.
    warnings : tuple of str
    command : str
        The command to type next; empty if there is nothing to run.
    is_refused : bool
        True if ``run`` would refuse the path.
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
        """Confidence that the path has this format, 0 to 1, judged by content. Never raises."""

    @abstractmethod
    def read(self, request: ReadRequest) -> Dataset:
        """Read. An `InputError` names the file, the row or field, what was found and expected."""

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

        Rows keep their order and bytes. Without particles only the templates are written.
        ``copy_templates`` adds a copy of the stack. Superclasses are None if other groups were
        balanced, such as orientation bins.
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
        """Write some of the particles, for subsets or single superclasses.

        Parameters
        ----------
        dataset : Dataset
            With particles.
        keep : bool (P,)
        folder : Path
            Exists.
        stem : str
            Stem of the file names.
        title : str
            Title for the user, if the format has one.
        class_id : int64 (P,), optional
            New class numbers, from 0; the old ones are kept in a column of another name. Without
            it, rows keep their bytes.
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
        """Write a stack with one picture per superclass, as references that the program reads.

        Parameters
        ----------
        dataset : Dataset
            With the class averages from which they were made.
        images : float32 (K, L, L)
        folder, stem, title
            As for `write_particles`.
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
        """The in-plane alignment of each particle to its class average, from the classification.

        With the views of the class averages it gives poses, which `write_poses` writes. A format
        has both methods or neither.
        """
        raise NotImplementedError("this format did not state how particles were aligned")

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        """Write the particles that have poses as ``particles_poses`` into an existing folder.

        Rows keep their order and all other columns. The first file returned is the one to give to
        the program.
        """
        raise NotImplementedError("this format writes no poses")

    def orientations(self, dataset: Dataset) -> Orientations:
        """The poses of the particles from a 3D refinement, one row each.

        The particles were read with `ReadRequest.needs_class` False. `InputError` if the table has
        no poses.
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
