"""What a person asked of `rebalance orientations`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from pathlib import Path
from typing import Any, ClassVar, Literal

from rebalance import defaults
from rebalance.errors import OptionError
from rebalance.settings import as_json
from rebalance.settings.fields import (
    BALANCE,
    DIRECTIONS,
    INPUT,
    OUTPUT,
    Classes,
    GivenPath,
    Named,
    Settings,
)
from rebalance.settings.setting import Setting, like, settings_documented, settings_model
from rebalance.settings.values import (
    a_path,
    a_switch,
    at_least_one,
    decimal_text,
    one_of,
    optional,
    plain_name,
)

Binning = Literal["fibonacci", "healpix"]

PERCENTILE = "80"
"""Used when no percentile, factor or maximum size is given; the value in CryoSPARC's guide."""

N_BINS = 192
"""Bins, as many as public texts on CryoSPARC's job name; HEALPix has them at nside 4."""


@settings_model
class OrientationFields:
    """The fields of `OrientationSettings`."""

    path: Setting[GivenPath, Path] = Setting(
        convert=a_path,
        help="Particles of a 3D refinement, 3D classification or initial model: job folder, .star, "
        ".cs or .csg.",
        metavar="INPUT",
        is_argument=True,
        default_shown=False,
    )
    _: KW_ONLY
    symmetry: Setting[str | None, str | None] = Setting(
        default=None,
        help="Point group of the refinement: C1, C4, D7, T, O, I, …",
        in_python="Point group of the refinement: C1, C4, D7, T, O, I, …. By default from the "
        "job's files, else C1.",
        panel=DIRECTIONS,
        metavar="GROUP",
        default_shown="from the job, else C1",
    )
    n_bins: Setting[int, int] = Setting(
        default=N_BINS,
        convert=at_least_one,
        help="Number of bins of viewing directions, all of the same area.",
        in_python="Number of bins of viewing directions, all of the same area. Directions that "
        "the point group relates share a bin.",
        panel=DIRECTIONS,
        flags=("--bins",),
        metavar="N",
        bounds=(1, None),
    )
    binning: Setting[Binning, Binning] = Setting(
        default="fibonacci",
        convert=one_of(Binning, "There is no binning {}.", "Choose fibonacci or healpix."),
        help="How the sphere is divided: fibonacci or healpix.",
        panel=DIRECTIONS,
        metavar="WORD",
    )
    antipodal: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Count opposite directions as one. They sample Fourier space equally.",
        panel=DIRECTIONS,
        flags=("--antipodal",),
    )
    percentile: Setting[float | str | None, str | None] = Setting(
        default=None,
        convert=optional(decimal_text),
        help="Reduce bins that hold more than this percentile of the occupied bins.",
        panel=BALANCE,
        flags=("-p", "--percentile"),
        bounds=(0, 100),
        default_shown=PERCENTILE,
    )
    factor: Setting[float | str | None, str | None] = like(
        Settings,
        "factor",
        default=None,
        help="Rebalance factor, instead: smallest occupied bin ÷ largest allowed. The smallest "
        "bin often holds one particle.",
        default_shown=False,
    )
    max_size: Setting[int | None, int | None] = like(
        Settings, "max_size", default=None, help="Most particles per bin, instead."
    )
    strategy: Setting[Named, Any] = like(
        Settings,
        "strategy",
        default=defaults.STRATEGY,
        help="Which particles to keep in a crowded bin.",
        in_python="Which particles to keep in a crowded bin: a name, or an instance of a strategy.",
    )
    options: Setting[
        Mapping[str, Mapping[str, Any]] | Iterable[str] | None, Mapping[str, Mapping[str, Any]]
    ] = like(
        Settings,
        "options",
        default=None,
        help="Any option of the strategy, e.g. strategy.column=NAME; may be repeated. rebalance "
        "plugins show NAME lists them.",
        in_python='Options of the strategy: {"strategy": {"column": "rlnCtfMaxResolution"}}, or '
        '["strategy.column=rlnCtfMaxResolution"].',
        panel=BALANCE,
    )

    only_classes: Setting[Classes | None, tuple[int, ...] | None] = like(
        Settings,
        "only_classes",
        default=None,
        help="3D classes to use.",
        in_python="3D classes to use; particles of others are left out.",
        panel=INPUT,
    )
    seed: Setting[int, int] = like(
        Settings, "seed", default=0, panel=OUTPUT, help="Same seed, same result."
    )
    output: Setting[GivenPath | None, Path | None] = like(Settings, "output", default=None)
    overwrite: Setting[bool, bool] = like(Settings, "overwrite", default=False)
    figures: Setting[bool, bool] = like(Settings, "figures", default=True)
    pdf: Setting[bool, bool] = like(Settings, "pdf", default=False)
    threads: Setting[int | None, int | None] = like(Settings, "threads", default=None)
    passthrough: Setting[Iterable[GivenPath] | GivenPath | None, tuple[Path, ...]] = like(
        Settings, "passthrough", default=()
    )
    project: Setting[GivenPath | None, Path | None] = like(Settings, "project", default=None)
    format: Setting[str | None, str | None] = like(Settings, "format", default=None)

    def __post_init__(self) -> None:
        """For a subclass that looks at all of them together."""


@settings_documented
class OrientationSettings(OrientationFields):
    """Everything that `rebalance.balance_orientations` can be told.

    Raises
    ------
    OptionError
        If a value can't be what it is given for, or if two settings contradict each other.
    """

    command: ClassVar[str] = "orientations"

    def __post_init__(self) -> None:
        given = [n for n in ("percentile", "factor", "max_size") if getattr(self, n) is not None]
        if len(given) > 1:
            raise OptionError(
                f"`{given[0]}` and `{given[1]}` both limit how many particles a bin may keep.",
                hint="Leave out one of them.",
                setting=given[0],
            )
        for kind in self.options.keys() - {"strategy"}:
            raise OptionError(
                f"{kind} options have no effect when balancing orientations; only those of the "
                "strategy do.",
                hint="Leave it out, or use e.g. `strategy.column=rlnCtfMaxResolution`.",
                setting="options",
            )

    @property
    def cut_at(self) -> str | None:
        """The percentile that counts: the usual one where nothing else is given."""
        is_open = self.percentile is None and self.factor is None and self.max_size is None
        return PERCENTILE if is_open else self.percentile

    def folder_name(self, job: str) -> str:
        """The results folder when none is named: ``rebalance_job021_orientations_p80``."""
        if self.max_size is not None:
            how = f"max{self.max_size}"
        else:
            how = f"f{self.factor}" if self.factor is not None else f"p{self.cut_at}"
        return f"rebalance_{plain_name(job)}_orientations_{plain_name(how)}"

    def to_json(self) -> dict[str, Any]:
        """JSON values, by which `from_json` makes the same settings; paths are made absolute."""
        return as_json.to_json(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> OrientationSettings:
        """The settings that `to_json` wrote; OptionError if one is not as it would be."""
        return as_json.from_json(cls, content)

    @property
    def named_files(self) -> list[Path]:
        """The files and folders that settings name to be read."""
        return [self.path, *self.passthrough]
