"""What a plugin of each kind is: base classes, with a default for everything that is optional.

Derive from `Metric`, `Clustering`, `Strategy` or `Format`, and write what is abstract; all else has
a default that says what it means. A class that only has the right shape is taken as well: what it
lacks is as in the base class.

What is said here is promised as long as `rebalance.hookspecs.HOOK_VERSION` stays: members may be
added, with a default, and nothing is taken away.
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
        Goes on where the paragraph says that averages "were compared pairwise by", "were grouped
        into 8 superclasses by", or "at most 200 particles were kept,". A ``{}`` stands for each
        reference in turn, ``{seed}`` for the seed of the selection.
    references : tuple of str
        Authors (year) title. Journal volume, pages. doi.
    where : str
        Of a metric: name of a fact of the affinity, True or False, where the words hold. Empty:
        they always do.
    elsewhere : Methods, optional
        What is said where that fact is not True; the metric's name alone when None.
    """

    words: str
    references: tuple[str, ...] = ()
    where: str = ""
    elsewhere: Methods | None = None

    def of(self, facts: Mapping[str, Any]) -> Methods | None:
        """What is to be said of an affinity with these facts."""
        return self if not self.where or facts.get(self.where) is True else self.elsewhere


class Plugin:
    """What plugins of all kinds may state. A plugin is made without arguments and keeps no state.

    Attributes
    ----------
    options_model : type of Options
        Options of the plugin, see `rebalance.options`. One that draws random numbers in `Metric`
        has an option ``seed``, so that results are cached and recorded by it.
    name : str
        What an instance that is installed nowhere is called; by default the name of its class.
    version : str
        Version of an instance that is installed nowhere; without one its results are not cached.
    """

    options_model: type[Options] = NoOptions
    name: str = ""
    version: str = ""

    def methods(self, options: Any) -> Methods | None:
        """What the report's methods paragraph says of it; None for no more than its name."""
        return None


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
class Advice:
    """The clustering that suits the affinity of a metric, used where no one names another.

    Parameters
    ----------
    clustering : str
        Name of the clustering.
    options : mapping
        Of the clustering, where they differ from its defaults.
    where : str
        Name of a fact of the affinity, True or False: the advice holds where it is True, and
        elsewhere the usual clustering does. Empty: it holds always.
    """

    clustering: str
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether the facts of an affinity support it."""
        return not self.where or facts.get(self.where) is True


class Metric(Plugin, ABC):
    """How alike two class averages are.

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
        What `prepare` reads of the averages beside their images; a cached affinity is known by
        it too.
    depends_on : {"pair", "all"}
        Whether the value of a pair depends on its two averages alone, or on all that are compared.
        What is found from all images only where no one gives it, as the automatic mask is, does
        not count as long as it changes an affinity by less than 0.02.
    invariances : tuple of {"rotation", "shift", "mirror", "scale", "offset"}
        Which changes of either image leave the value as it is, with default options. The
        conformance kit (`rebalance.testing`) holds the metric to them.
    devices : tuple of {"cpu", "cuda"}
        Where it can be computed. On a GPU `tile` is called from two threads, which have to take
        turns at the device themselves.
    tile_shapes : mapping of device to (int, int)
        Rows and columns of a tile that suit a device better than the usual 128 × 32.
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
        """Features of every average: picklable, work linear in N.

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
            What `prepare` gave.
        rows, columns : range
        alignment : Block, optional
            Where it is required: the shared rotation, shift and mirror of those pairs.
        others : mapping of name to float32 (rows, columns), optional
            Affinities of the required metrics.
        """

    def requirements(self, options: Any) -> tuple[str, ...]:
        """What is required with these options, in the words of `requires`."""
        return self.requires

    def facts(self, features: Any) -> Mapping[str, Any]:
        """What `prepare` decided (mask, band, …), as JSON values with units in the names."""
        return {}

    def notes(self, features: Any) -> Sequence[str]:
        """What a person should be told of it: sentences, each with a capital and a full stop.

        They are shown as the run's notes, in the report too, and are `Affinity.notes` in Python.
        """
        return ()

    def results(self, features: Any) -> Mapping[str, Any]:
        """Arrays of numbers found in addition to the affinity, by name: a map, viewing directions, …

        Of real or whole numbers, true or false (dtype kinds f, i, u, b). They are
        `Affinity.results` in Python, and arrays ``result.NAME`` in ``affinity.npz``.
        """
        return {}

    def advice(self, options: Any) -> Advice | None:
        """The clustering that suits its affinity, if it is not the usual one.

        It has to be installed, and the options to be options of it. `Advice.where` names one of
        `facts`, True or False, where the advice depends on what was found.
        """
        return None

    def curve_axis(self, features: Any) -> DoubleArray | None:
        """Spatial frequency of each point of `curves`; None: it has no curves.

        Returns
        -------
        float64 (points,), rising, cycles per pixel; or None
        """
        return None

    def curves(
        self, features: Any, rows: range, columns: range, *, alignment: Block | None = None
    ) -> FloatArray:
        """What the report shows of an average and its neighbors.

        Returns
        -------
        float32 (rows, columns, points), in [−1, 1]
        """
        raise NotImplementedError("a metric with a curve_axis has curves")


@dataclass(frozen=True, eq=False)
class ClusteringInput:
    """What a clustering is given: the class averages that are used, and how alike they are.

    ``len(averages)`` is n.

    Parameters
    ----------
    affinity : float32 (n, n)
        Symmetric, unit diagonal, in [0, 1].
    class_id : int64 (n,)
        Class numbers, rising. Empty averages, and those left out, are not among them.
    n_particles : int64 (n,), optional
        Particles of each average; None where they are not known.
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
        Whether it finds the number of superclasses itself; then it may be given None. Where it is
        given a number all the same it keeps to it (at most so many), or raises `OptionError`.
    needs_affinity : bool
        False if labels don't depend on the affinity: averages are not compared, and `cluster` may
        be given an affinity in which none is like another.
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

        They must not depend on the order of the averages beyond the numbering of the labels
        (`rebalance.toolkit.in_canonical_order` sees to that), and on chance by ``rng`` alone.

        Parameters
        ----------
        averages : ClusteringInput
        n_superclasses : int or None
            1 to n; None only where `finds_number` says that it may be.
        options : Options
            Of `options_model`.
        rng : numpy.random.Generator
            Made from the seed of the run.

        Returns
        -------
        ClusteringResult
            ``ClusteringResult(label)``, int64 (n,); any numbers, one for each superclass. It may
            have a linkage, and an order in which the averages are shown.
        """

    def cluster_many(
        self,
        averages: ClusteringInput,
        numbers: Sequence[int],
        options: Any,
        rng: np.random.Generator,
    ) -> Mapping[int, ClusteringResult] | None:
        """What `cluster` would return for each of several numbers of superclasses.

        None, the default, where many cost as much as each by itself. Otherwise the report has a
        slider for the number. ``rng`` is as at the start of each `cluster`.
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
    """Chooses which particles of a crowded group stay. Write `places`, or `select`, or both.

    A group is a superclass, or any other set of particles that is to be balanced against others.

    Attributes
    ----------
    columns : tuple of str or Column
        Columns of the particle table that it reads, for the conformance kit to make; a name stands
        for a column of numbers.
    is_random : bool
        Whether, with default options, another seed keeps other particles. False where the table
        alone decides; then ``rng_for`` must not matter.
    """

    columns: tuple[str | Column, ...] = ()
    is_random: bool = True

    def complete(self, particles: ParticleTable, options: Any) -> Any:
        """The options after what the table decides: which column is the score, say.

        Called first, with the whole table. `select`, `places` and the record get what it returns,
        which is of `options_model`.
        """
        return options

    def warnings(self, options: Any) -> Sequence[str]:
        """What a person should be warned of: sentences, each with a capital and a full stop.

        They are shown as warnings of the run, in the report too, and are `Selection.warnings` in
        Python. Asked where something is capped, with the options that `complete` returned.
        """
        return ()

    def places(
        self,
        particles: ParticleTable,
        group: IntArray,
        options: Any,
        rng_for: Callable[[int], np.random.Generator],
    ) -> IntArray | None:
        """The order in which particles are kept; None where `select` decides for each cap.

        Parameters
        ----------
        particles : ParticleTable
            P particles.
        group : int64 (P,)
            Group of each particle; −1 for particles that are already out. There may be numbers
            that no particle has. Where half sets keep their ratio, a group may be asked for with
            the particles of one half alone.
        options : Options
        rng_for : callable
            ``rng_for(k)`` is a fresh generator that depends on the seed and on what makes up group
            k alone (the class numbers of a superclass). Permute once: then selections nest as the
            cap changes, and an unchanged group keeps its particles.

        Returns
        -------
        int64 (P,) or None
            Place of each particle in its group, 0 for the first to be kept; any number for
            particles that are out. That is the inverse of an argsort: with ``in_order``, the rows
            of a group in the order in which they are to be kept, ``place[in_order] =
            np.arange(len(in_order))``.
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
        """Particles kept: min(size, cap) of each group, and none that is out already.

        Parameters
        ----------
        particles, group, options, rng_for
            As for `places`, whose places below the cap are kept by default.
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
    needs_class : bool
        False when the particles are read for their poses: no class averages are read, and a
        particle has a class number only where the table says so.
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
    """What ``rebalance inspect`` says of one path.

    Parameters
    ----------
    format : str
    rows : tuple of (str, str)
        Label, value; in order.
    warnings : tuple of str
    command : str
        What to type next; empty where there is nothing to run.
    is_refused : bool
        True where ``run`` would refuse the path.
    """

    format: str
    rows: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    command: str = ""
    is_refused: bool = False


class Format(Plugin, ABC):
    """Reads a classification and writes subsets of it back, losslessly."""

    @abstractmethod
    def sniff(self, path: Path) -> float:
        """How surely this path is of this format: 0 (no) to 1; by content, never raising."""

    @abstractmethod
    def read(self, request: ReadRequest) -> Dataset:
        """Read; `InputError` names the file, the row or field, what was found and expected."""

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

        Row order is kept and every row is byte for byte that of the input. Without particles
        only the templates are written. ``copy_templates`` adds a copy of the stack. Superclasses
        are None where particles were balanced by something else, as by their orientations.
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
        """Write some of the particles under a name, for subsets and for superclasses by themselves.

        Parameters
        ----------
        dataset : Dataset
            With particles.
        keep : bool (P,)
        folder : Path
            Exists.
        stem : str
            Of the file names.
        title : str
            For a person, where the format has one.
        class_id : int64 (P,), optional
            Class numbers, from 0, to be written instead of its own; these are kept beside, in a
            column of another name. Otherwise every row is byte for byte that of the input.
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
        """Write a stack of pictures, one a superclass, as references that the program reads.

        Parameters
        ----------
        dataset : Dataset
            Whose class averages they were made of.
        images : float32 (K, L, L)
        folder : Path
            Exists.
        stem : str
            Of the file names.
        title : str
            For a person, where the format has one.
        """
        from rebalance.formats.mrc_writer import write_stack

        averages = dataset.class_averages
        path = folder / f"{stem}.mrcs"
        write_stack(path, images, None if averages is None else averages.pixel_size)
        return (path,)

    def describe(self, path: Path) -> Sequence[tuple[str, str]]:
        """The first (label, value) rows of `Inspection`: kind of file, program that wrote it."""
        return ()

    def in_plane_alignment(self, dataset: Dataset) -> InPlaneAlignment:
        """How the class average of each particle lies on it, as the classification found.

        With it and the views of the class averages particles get poses, which `write_poses` writes:
        a format has both, or neither.
        """
        raise NotImplementedError("this format did not state how particles were aligned")

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        """Write the particles that have poses, and these, as ``particles_poses`` in a folder.

        The folder exists. Row order is kept, and what is not of the pose is as in the input. The
        file that is to be given to the program comes first.
        """
        raise NotImplementedError("this format writes no poses")

    def orientations(self, dataset: Dataset) -> Orientations:
        """The poses that a 3D refinement gave to the particles, a row for each of them.

        Of particles that were read with `ReadRequest.needs_class` False. `InputError` where the
        table has no poses.
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
