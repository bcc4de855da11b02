"""The request itself: every setting of a run, and what follows from them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rebalance import defaults
from rebalance.errors import PluginError
from rebalance.settings import as_json, folder_names
from rebalance.settings.contradictions import refuse_contradictions

_PATHS = ("labels", "decisions", "output", "affinity_file", "project")


@dataclass(frozen=True)
class RunSettings:
    """Everything that `rebalance.run` can be told.

    Parameters
    ----------
    path : Path
        Job folder, optimiser, particle table, or stack of class averages.
    class_averages : Path, optional
        Stack, or star/cs of class averages, when given apart.
    n_superclasses : int or ``"auto"``, optional
        K, or that which a scan suggests; needed unless superclassification is off, labels are
        given, or the clustering finds it.
    factor : str, optional
        Rebalance factor f in [0, 1] as decimal text; None when not given.
    max_size : int, optional
        Largest superclass allowed, in particles.
    superclasses : bool
        False: each class average is its own superclass.
    labels : Path, optional
        A person's own grouping, instead of a clustering.
    decisions : Path, optional
        What a person decided on the report page: superclasses, junk, balance and seed.
    metric : str or Metric instance
    clustering : str or Clustering instance
    strategy : str or Strategy instance
    options : mapping of kind to mapping of option to value
        ``{"metric": {"max_shift": "40"}}``; as in ``--set metric.max_shift=40``.
    seed : int
    output : Path, optional
        Results folder; a name made of the job, K and f in the current folder when not given.
    overwrite : bool
        Replace the results of an earlier run.
    figures : bool
    scale : str
        Colour scale of the affinity matrix, ``percentile`` or ``full``.
    affinity_file : Path, optional
        An `affinity.npz`, instead of a metric.
    use_cache : bool
        False: neither read nor fill the affinity cache.
    threads : int, optional
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    executor : str, Dask client or cluster, or Executor
        ``local`` or ``dask``: who compares the averages.
    scheduler : str, optional
        Address of a Dask scheduler, or its scheduler file.
    format : str, optional
        Read as this format instead of the one that the file looks like.
    passthrough : tuple of Path
        Further files with columns of the same particles (CryoSPARC).
    project : Path, optional
        Folder that paths inside the files are relative to.
    pixel_size : float, optional
        Å; overrides the files.
    exclude_classes : tuple of int
        Class numbers to leave out.
    only_classes : tuple of int, optional
        Class numbers to use; all others are left out.
    min_class_particles : int
        Leave out classes with fewer particles.
    junk_classes : tuple of int
        Class numbers to leave out as junk: their particles are excluded with that reason.
    junk : str
        What is done with averages that look like junk: ``off`` looks for none, ``list`` names
        them, ``auto`` leaves them out as junk.
    strict : bool
        Particles of a class that is not among the averages are an error.
    copy_templates : bool
        Write a copy of the stack of class averages beside the references to it.

    Raises
    ------
    OptionError
        If two of them contradict each other.
    """

    path: Path
    class_averages: Path | None = None
    n_superclasses: int | Literal["auto"] | None = None
    factor: str | None = None
    max_size: int | None = None
    superclasses: bool = True
    labels: Path | None = None
    decisions: Path | None = None
    metric: Any = defaults.METRIC
    clustering: Any = defaults.CLUSTERING
    strategy: Any = defaults.STRATEGY
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seed: int = 0
    output: Path | None = None
    overwrite: bool = False
    figures: bool = True
    scale: Literal["percentile", "full"] = "percentile"
    affinity_file: Path | None = None
    use_cache: bool = True
    threads: int | None = None
    device: str = "auto"
    executor: Any = "local"
    scheduler: str | None = None
    format: str | None = None
    passthrough: tuple[Path, ...] = ()
    project: Path | None = None
    pixel_size: float | None = None
    exclude_classes: tuple[int, ...] = ()
    only_classes: tuple[int, ...] | None = None
    min_class_particles: int = 0
    junk_classes: tuple[int, ...] = ()
    junk: Literal["off", "auto", "list"] = "off"
    strict: bool = False
    copy_templates: bool = False

    @classmethod
    def of(
        cls,
        path: Path | str,
        class_averages: Path | str | None = None,
        **settings: Any,
    ) -> RunSettings:
        """A request from what a person writes in Python: text for paths, lists, a float for f.

        Parameters
        ----------
        path, class_averages
        **settings
            The other fields.

        Raises
        ------
        TypeError
            If a setting is not a field.
        """
        for name in _PATHS:
            if settings.get(name) is not None:
                settings[name] = Path(settings[name])
        if settings.get("factor") is not None:
            settings["factor"] = str(settings["factor"])
        for name, convert in (
            ("passthrough", Path),
            ("exclude_classes", int),
            ("junk_classes", int),
        ):
            settings[name] = tuple(convert(value) for value in settings.get(name) or ())
        if settings.get("only_classes") is not None:
            settings["only_classes"] = tuple(int(number) for number in settings["only_classes"])
        return cls(
            path=Path(path),
            class_averages=None if class_averages is None else Path(class_averages),
            **settings,
        )

    def __post_init__(self) -> None:
        refuse_contradictions(self)

    @property
    def number(self) -> int | None:
        """K where it is given or decided; None where it is left open."""
        return None if isinstance(self.n_superclasses, str) else self.n_superclasses

    @property
    def is_off(self) -> bool:
        """Whether superclassification is off: each class average by itself."""
        return not self.superclasses or bool(getattr(self._plugin, "each_by_itself", False))

    @property
    def groups_given(self) -> bool:
        """Whether a person says what the superclasses are."""
        return self.labels is not None or self.decisions is not None

    @property
    def needs_affinity(self) -> bool:
        """Whether the superclasses depend on how alike the class averages are."""
        if self.is_off or self.groups_given:
            return False
        return bool(getattr(self._plugin, "needs_affinity", True))

    @property
    def finds_number(self) -> bool:
        """Whether the clustering finds the number of superclasses itself."""
        return bool(getattr(self._plugin, "finds_number", False))

    @property
    def compares(self) -> bool:
        """Whether class averages, if there are any, are compared.

        Given labels don't need it, but are shown and judged by it.
        """
        return self.affinity_file is None and (self.needs_affinity or self.groups_given)

    @property
    def _plugin(self) -> Any:
        """The clustering; None where it can't be had, which `check_early` reports."""
        if not isinstance(self.clustering, str):
            return self.clustering
        from rebalance.registry import registry

        with contextlib.suppress(PluginError):
            return registry().load("clustering", self.clustering)
        return None

    def options_of(self, kind: str) -> dict[str, Any]:
        """The options given for the plugin of a kind."""
        return dict(self.options.get(kind, {}))

    def folder_name(self, job: str) -> str:
        """The results folder when none is named: ``rebalance_job013_k8_f0.8``.

        Parameters
        ----------
        job : str
            From the data set.
        """
        return folder_names.results_folder_name(self, job)

    def scan_folder_name(self, job: str) -> str:
        """The folder of a scan when none is named: ``rebalance_job013_scan``."""
        return folder_names.scan_folder_name(job)

    def to_json(self) -> dict[str, Any]:
        """JSON values, by which `from_json` makes the same request; paths are made absolute.

        A plugin instance is written as the name of its class, and can't be made again.
        """
        return as_json.to_json(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunSettings:
        """The request that `to_json` wrote.

        Raises
        ------
        OptionError
            If a field is unknown, missing or of the wrong type.
        """
        return as_json.from_json(cls, content)


def named_files(request: RunSettings) -> list[Path]:
    """The files and folders that a request names to be read."""
    given = (
        request.path,
        request.class_averages,
        request.labels,
        request.decisions,
        request.affinity_file,
        *request.passthrough,
    )
    return [path for path in given if path is not None]
