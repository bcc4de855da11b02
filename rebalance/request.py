"""What a person asked of a run: one frozen dataclass from the command line, Python or a record."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from rebalance import defaults
from rebalance.errors import OptionError, PluginError

IDENTITY = "identity"
"""The clustering of ``--no-superclasses``."""

AUTO = "auto"
"""Instead of a number of superclasses: the one that a scan suggests."""

_PATHS = ("labels", "decisions", "output", "affinity_file", "project")

KINDS_WITH_OPTIONS = ("metric", "clustering", "strategy")


@dataclass(frozen=True)
class RunRequest:
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
    ) -> RunRequest:
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
        self._check_grouping()
        for kind in self.options:
            if kind not in KINDS_WITH_OPTIONS:
                raise OptionError(
                    f"There are no options of {kind!r}.",
                    cure=f"Options belong to {', '.join(KINDS_WITH_OPTIONS)}: "
                    "--set metric.max_shift=40.",
                )
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"--threads is {self.threads}; at least 1 is needed.")
        if self.pixel_size is not None and not 0 < self.pixel_size < float("inf"):
            raise OptionError(f"The pixel size is {self.pixel_size:g} Å; it must be above 0.")
        if self.device not in ("auto", "cpu", "cuda"):
            raise OptionError(
                f"There is no device {self.device!r}.", cure="Choose auto, cpu or cuda."
            )
        if self.junk not in ("off", "auto", "list"):
            raise OptionError(
                f"--junk is {self.junk!r}.",
                cure="Choose off, list (name what looks like junk) or auto (leave it out).",
            )
        if self.scale not in ("percentile", "full"):
            raise OptionError(
                f"There is no colour scale {self.scale!r}.", cure="Choose percentile or full."
            )

    def _check_grouping(self) -> None:
        if isinstance(self.n_superclasses, str):
            self._check_auto()
        if self.labels is not None:
            if self.is_off:
                raise OptionError("--labels and --no-superclasses exclude each other.")
            if self.n_superclasses is not None:
                raise OptionError(
                    "--labels says itself how many superclasses there are.",
                    cure="Leave out -k, or leave out --labels.",
                )
        if self.decisions is not None:
            others = {
                "-k": self.n_superclasses is not None,
                "--labels": self.labels is not None,
                "--no-superclasses": self.is_off,
                "--junk auto": self.junk == "auto",
            }
            for flag, is_given in others.items():
                if is_given:
                    raise OptionError(
                        f"--decisions says itself what the superclasses are; {flag} is given too.",
                        cure=f"Leave out {flag}, or leave out --decisions.",
                    )
        if self.affinity_file is not None and self.is_off:
            raise OptionError("--affinity is of no use when superclassification is off.")

    def _check_auto(self) -> None:
        if self.n_superclasses != AUTO:
            raise OptionError(
                f"The number of superclasses is {self.n_superclasses!r}.",
                cure="Give a whole number, or auto for the one that a scan suggests.",
            )
        if self.is_off:
            raise OptionError(
                "Each class average is by itself (--no-superclasses, or the clustering identity): "
                "there is no number of superclasses to try.",
                cure="Choose another clustering, e.g. --clustering hierarchical.",
            )
        if bool(getattr(self._plugin, "finds_number", False)):
            raise OptionError(
                f"The clustering {plugin_name(self.clustering)} finds the number of superclasses "
                "itself.",
                cure="Leave out -k; or choose a clustering that is told the number, e.g. "
                "--clustering hierarchical.",
            )

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
        parts = ["rebalance", _plain(job)]
        if self.is_off:
            parts.append("classes")
        elif self.labels is not None:
            parts.append(_plain(self.labels.stem))
        elif self.decisions is not None:
            parts.append(_plain(self.decisions.stem))
        elif self.n_superclasses is not None:
            parts.append(f"k{self.n_superclasses}")
        else:
            parts.append(_plain(str(self.clustering)))
        if self.max_size is not None and self.factor is None:
            parts.append(f"max{self.max_size}")
        else:
            parts.append(f"f{_plain(_shortest(self.factor or '0'))}")
        return "_".join(parts)

    def scan_folder_name(self, job: str) -> str:
        """The folder of a scan when none is named: ``rebalance_job013_scan``."""
        return f"rebalance_{_plain(job)}_scan"

    def to_json(self) -> dict[str, Any]:
        """JSON values, by which `from_json` makes the same request; paths are made absolute.

        A plugin instance is written as the name of its class, and can't be made again.
        """
        content: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in (*KINDS_WITH_OPTIONS, "executor") and not isinstance(value, str):
                value = plugin_name(value)
            content[item.name] = _to_json(value)
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunRequest:
        """The request that `to_json` wrote.

        Raises
        ------
        OptionError
            If a field is unknown, missing or of the wrong type.
        """
        known = {item.name for item in fields(cls)}
        unknown = sorted(content.keys() - known)
        if unknown or "path" not in content:
            raise OptionError(
                f"The recorded request has unknown fields: {', '.join(unknown)}."
                if unknown
                else "The recorded request has no path.",
                cure="Use the version of rebalance that wrote it.",
            )
        _check_types(content)
        return cls.of(**content)


def _check_types(content: Mapping[str, Any]) -> None:
    from pydantic import TypeAdapter, ValidationError

    for name in (*KINDS_WITH_OPTIONS, "executor"):
        if not isinstance(content.get(name, ""), str):
            raise _wrong_field(name, f"{content[name]!r} is no name")
    try:
        # As JSON, strict takes a list for a tuple and text for a path, but "4" for no number.
        TypeAdapter(RunRequest).validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _wrong_field(place, f"{first['msg']}, not {first['input']!r}") from error


def _wrong_field(name: str, what: str) -> OptionError:
    return OptionError(
        f"The recorded request is not as rebalance writes it: {what}.",
        where=name,
        cure="Undo what was changed in run.json, or type the run again with rebalance run.",
    )


def named_files(request: RunRequest) -> list[Path]:
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


def plugin_name(plugin: Any) -> str:
    """A plugin's name: as typed, or the class of an instance."""
    return plugin if isinstance(plugin, str) else type(plugin).__qualname__


def _to_json(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _to_json(part) for key, part in value.items()}
    if hasattr(value, "item"):
        return value.item()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _plain(text: str) -> str:
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else "_" for c in text)
    return cleaned.strip("._")[:80] or "job"


def _shortest(number: str) -> str:
    try:
        return format(Decimal(number).normalize(), "f")
    except InvalidOperation:
        return number
