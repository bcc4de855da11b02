"""What a person asked of `rebalance diagnose`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from pathlib import Path
from typing import Any, ClassVar

from rebalance.errors import OptionError
from rebalance.settings import as_json
from rebalance.settings.fields import (
    INPUT,
    SECOND,
    Classes,
    GivenPath,
    Settings,
)
from rebalance.settings.orientation_settings import N_BINS, Binning, OrientationFields
from rebalance.settings.setting import Setting, like, settings_documented, settings_model
from rebalance.settings.values import (
    a_path,
    optional,
    plain_name,
    two_paths,
)


@settings_model
class DiagnoseFields:
    """The fields of `DiagnoseSettings`."""

    path: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Particles of a 3D refinement, 3D classification or initial model: job folder, .star, "
        ".cs or .csg.",
        metavar="INPUT",
        is_argument=True,
        default_shown=False,
    )
    _: KW_ONLY
    half_maps: Setting[Iterable[GivenPath] | None, tuple[Path, Path] | None] = Setting(
        default=None,
        convert=optional(two_paths),
        help="The two unmasked half maps. By default those next to the particles.",
        in_python="The two unmasked half maps; None: those next to the particles, if there are "
        "any.",
        panel=INPUT,
        metavar="A B",
        typed=tuple[Path, Path] | None,
        default_shown=False,
    )
    mask: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Mask applied to both half maps.",
        panel=INPUT,
        metavar="MAP",
    )
    compare: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="A second input for comparison, e.g. the particles after balancing.",
        panel=SECOND,
        metavar="INPUT",
    )
    compare_half_maps: Setting[Iterable[GivenPath] | None, tuple[Path, Path] | None] = Setting(
        default=None,
        convert=optional(two_paths),
        help="Half maps of the second input.",
        panel=SECOND,
        metavar="A B",
        typed=tuple[Path, Path] | None,
        default_shown=False,
    )
    pixel_size: Setting[float | None, float | None] = like(
        Settings,
        "pixel_size",
        default=None,
        help="Voxel size of the half maps.",
        in_python="Voxel size of the half maps in Å; overrides the files.",
    )

    symmetry: Setting[str | None, str | None] = like(OrientationFields, "symmetry", default=None)
    n_bins: Setting[int, int] = like(OrientationFields, "n_bins", default=N_BINS)
    binning: Setting[Binning, Binning] = like(OrientationFields, "binning", default="fibonacci")
    antipodal: Setting[bool, bool] = like(OrientationFields, "antipodal", default=False)
    only_classes: Setting[Classes | None, tuple[int, ...] | None] = like(
        OrientationFields, "only_classes", default=None
    )
    seed: Setting[int, int] = like(OrientationFields, "seed", default=0)
    output: Setting[GivenPath | None, Path | None] = like(OrientationFields, "output", default=None)
    overwrite: Setting[bool, bool] = like(OrientationFields, "overwrite", default=False)
    figures: Setting[bool, bool] = like(OrientationFields, "figures", default=True)
    pdf: Setting[bool, bool] = like(OrientationFields, "pdf", default=False)
    threads: Setting[int | None, int | None] = like(OrientationFields, "threads", default=None)
    passthrough: Setting[Iterable[GivenPath] | GivenPath | None, tuple[Path, ...]] = like(
        OrientationFields, "passthrough", default=()
    )
    project: Setting[GivenPath | None, Path | None] = like(
        OrientationFields, "project", default=None
    )
    format: Setting[str | None, str | None] = like(OrientationFields, "format", default=None)

    def __post_init__(self) -> None:
        """For a subclass that looks at all of them together."""


@settings_documented
class DiagnoseSettings(DiagnoseFields):
    """Everything that `rebalance.diagnose` can be told.

    Raises
    ------
    OptionError
        If a value can't be what it is given for, or if two settings contradict each other.
    """

    command: ClassVar[str] = "diagnose"

    def __post_init__(self) -> None:
        if self.path is None and self.half_maps is None:
            raise OptionError(
                "There is nothing to diagnose: no particles and no half maps were given.",
                hint="Give a refinement (a job folder, run_data.star, *_particles.cs), "
                "`half_maps`, or both.",
                setting="path",
            )
        if self.mask is not None and self.half_maps is None and self.path is None:
            raise OptionError("`mask` needs half maps, and none were found.", setting="mask")

    def folder_name(self, job: str) -> str:
        """The results folder when none is named: ``rebalance_job021_diagnosis``."""
        return f"rebalance_{plain_name(job)}_diagnosis"

    def to_json(self) -> dict[str, Any]:
        """JSON values, by which `from_json` makes the same settings; paths are made absolute."""
        return as_json.to_json(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> DiagnoseSettings:
        """The settings that `to_json` wrote; OptionError if one is not as it would be."""
        return as_json.from_json(cls, content)

    @property
    def named_files(self) -> list[Path]:
        """The files and folders that settings name to be read."""
        given = [self.path, self.mask, self.compare, *self.passthrough]
        for maps in (self.half_maps, self.compare_half_maps):
            given += maps or ()
        return [path for path in given if path is not None]
