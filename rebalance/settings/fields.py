"""Every setting of a run, declared once.

From here come the options of ``rebalance run`` and ``rebalance scan``, the parameters of the Python
functions, their documentation, the run record, and the command that is shown for a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rebalance import defaults
from rebalance.settings.setting import Setting, settings_model
from rebalance.settings.values import (
    a_number_or_auto,
    a_path,
    a_size_or_auto,
    a_switch,
    angstrom_per_pixel,
    at_least_one,
    class_numbers,
    decimal_text,
    degrees,
    one_of,
    optional,
    paths,
    plugin_options,
    superclass_number,
    whole_number,
    words_of,
)

PANELS = (GROUPS, COMPARE, DIRECTIONS, BALANCE, INPUT, SECOND, OUTPUT, COMPUTING) = (
    "Superclasses",
    "Similarity of class averages",
    "Viewing directions",
    "Balancing",
    "Input",
    "Second input, to compare",
    "Output",
    "Computing",
)
"""Of a command's help, in their order. Within a panel, settings stand in the order of this file."""

Junk = Literal["aside", "off", "auto", "list"]
Scale = Literal["percentile", "full"]
Device = Literal["auto", "cpu", "cuda"]

Templates = Literal["medoid", "mean"]

ALSO = (AVERAGES, CLASSES, TABLES) = ("averages", "classes", "tables")
"""What a run writes in addition, on request."""

GivenPath = Path | str
Classes = Iterable[int] | int | str
Named = str | object


@settings_model
class Settings:
    """The fields of `RunSettings`.

    That is a plain subclass: made a dataclass once more, type checkers would take what may be given
    for what is kept.
    """

    path: Setting[GivenPath, Path] = Setting(
        convert=a_path,
        help="Class2D job folder, *_optimiser.star, particle table (.star, .cs), or stack.",
        metavar="INPUT",
        is_argument=True,
        default_shown=False,
    )
    class_averages: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Stack (.mrcs), *_model.star, class_averages.star or .cs, when INPUT is a table.",
        in_python="Stack (.mrcs), *_model.star, class_averages.star or .cs, when `path` is a "
        "table.",
        metavar="CLASS_AVERAGES",
        is_argument=True,
        default_shown=False,
    )
    _: KW_ONLY
    n_superclasses: Setting[int | str | None, int | Literal["auto"] | None] = Setting(
        default=None,
        convert=optional(superclass_number),
        help="Number of superclasses; auto uses the number that rebalance scan suggests.",
        in_python='Number of superclasses, K; "auto" uses the number that a scan suggests. '
        "Required unless `view_width` is given, superclassification is off, the "
        "superclasses are given, or the clustering finds it.",
        panel=GROUPS,
        flags=("-k", "--n-superclasses"),
        metavar="N|auto",
        typed=str | None,
        scan=False,
    )
    view_width: Setting[float | None, float | None] = Setting(
        default=None,
        convert=optional(degrees),
        help="Instead of -k: the fewest superclasses whose views are within this angle of each "
        "other, on average (needs the metric views).",
        in_python="Instead of a number: the fewest superclasses whose views are within this angle "
        "of each other, in degrees, on average over pairs. Needs a metric that finds angles, such "
        "as views.",
        panel=GROUPS,
        metavar="DEGREES",
        bounds=(0, 90),
        scan=False,
    )
    factor: Setting[float | Decimal | str | None, str | None] = Setting(
        default=None,
        convert=optional(decimal_text),
        help="Rebalance factor: smallest superclass ÷ largest allowed. 0 keeps every particle; 1 "
        "cuts all superclasses to the size of the smallest.",
        panel=BALANCE,
        flags=("-f", "--factor"),
        bounds=(0, 1),
        default_shown="0",
    )
    max_size: Setting[int | None, int | None] = Setting(
        default=None,
        help="Largest superclass allowed, in particles; instead of `factor`.",
        panel=BALANCE,
        metavar="N",
        bounds=(1, None),
    )
    cap_from: Setting[int | str, int | Literal["auto"]] = Setting(
        default="auto",
        convert=a_size_or_auto,
        help="Superclasses with fewer particles lose none and don't decide the cap; 0: the "
        "smallest always decides.",
        in_python="Superclasses with fewer particles lose none and don't decide the cap. The "
        "default is a tenth of an even share; with 0 the smallest always decides.",
        panel=BALANCE,
        metavar="N",
        typed=str,
    )
    superclasses: Setting[bool, bool] = Setting(
        default=True,
        convert=a_switch,
        help="Balance the 2D classes themselves; class averages are not needed.",
        in_python="False: balance the 2D classes themselves; class averages are not needed.",
        panel=GROUPS,
        flags=("--no-superclasses",),
        scan=False,
    )
    labels: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Your own grouping: a table of class_id and superclass.",
        panel=GROUPS,
        metavar="FILE",
        scan=False,
    )
    decisions: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Your decisions, saved from the report page: superclasses, junk, balance.",
        panel=GROUPS,
        metavar="FILE",
        scan=False,
    )
    metric: Setting[Named, Any] = Setting(
        default=defaults.METRIC,
        help="How similarity of class averages is measured; rotational-cc uses the images only.",
        in_python="How the similarity of class averages is measured: a name, or an instance of a "
        "metric; ``rotational-cc`` uses the images only.",
        panel=COMPARE,
        metavar="NAME",
        typed=str,
        completes="metric",
    )
    clustering: Setting[Named, Any] = Setting(
        default=defaults.CLUSTERING,
        help="Method that groups the averages.",
        in_python="Method that groups the averages: a name, or an instance of a clustering.",
        panel=GROUPS,
        metavar="NAME",
        typed=str,
        completes="clustering",
    )
    strategy: Setting[Named, Any] = Setting(
        default=defaults.STRATEGY,
        help="Which particles to keep in a crowded superclass.",
        in_python="Which particles to keep in a crowded superclass: a name, or an instance of a "
        "strategy.",
        panel=BALANCE,
        metavar="NAME",
        typed=str,
        completes="strategy",
        scan=False,
    )
    seed: Setting[int, int] = Setting(
        default=0, help="Same seed, same particles.", panel=BALANCE, bounds=(0, None)
    )
    output: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Results folder.",
        in_python="Results folder; by default named after the job, K and f, in the current folder.",
        panel=OUTPUT,
        flags=("-o", "--output"),
        metavar="FOLDER",
        default_shown="rebalance_<job>_k8_f0.8",
    )
    overwrite: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Replace results of an earlier run.",
        panel=OUTPUT,
        flags=("--overwrite",),
    )
    figures: Setting[bool, bool] = Setting(
        default=True,
        convert=a_switch,
        help="Draw the figures.",
        panel=OUTPUT,
        flags=("--figures/--no-figures",),
        default_shown=False,
        scan=False,
    )
    pdf: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Also write each figure as PDF.",
        panel=OUTPUT,
        flags=("--pdf",),
    )
    scale: Setting[Scale, Scale] = Setting(
        default="percentile",
        convert=one_of(Scale, "There is no color scale {}.", "Choose percentile or full."),
        help="Colors of the affinity matrix: percentile (from the 5th percentile to 1) or full (0 "
        "to 1).",
        panel=OUTPUT,
        metavar="WORD",
        scan=False,
    )
    affinity_file: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Use this affinity.npz instead of comparing the averages.",
        panel=COMPARE,
        flags=("--affinity",),
        metavar="FILE",
    )
    options: Setting[
        Mapping[str, Mapping[str, Any]] | Iterable[str] | None, Mapping[str, Mapping[str, Any]]
    ] = Setting(
        default=None,
        convert=plugin_options,
        help="Any option of a plugin, e.g. metric.max_shift=10px; may be repeated. rebalance "
        "plugins show NAME lists them.",
        in_python='Options of plugins: {"metric": {"max_shift": "10px"}}, or '
        '["metric.max_shift=10px"] (rebalance plugins show NAME).',
        panel=COMPARE,
        flags=("--set",),
        metavar="NAME=VALUE",
        typed=list[str] | None,
    )
    threads: Setting[int | None, int | None] = Setting(
        default=None,
        convert=optional(at_least_one),
        help="Number of processor threads.",
        in_python="Number of processor threads; all by default.",
        panel=COMPUTING,
        metavar="N",
        bounds=(1, None),
        default_shown="all",
    )
    device: Setting[Device, Device] = Setting(
        default="auto",
        convert=one_of(Device, "There is no device {}.", "Choose auto, cpu or cuda."),
        help="Device for comparing averages: auto, cpu or cuda.",
        panel=COMPUTING,
        metavar="WORD",
    )
    executor: Setting[Named, Any] = Setting(
        default="local",
        help="Where averages are compared: local (this computer), or workers of a dask cluster.",
        in_python='Where averages are compared: "local", "dask", a Dask client or cluster, or an '
        "executor of your own.",
        panel=COMPUTING,
        metavar="WORD",
        typed=Literal["local", "dask"],
    )
    scheduler: Setting[str | None, str | None] = Setting(
        default=None,
        help="Dask scheduler, e.g. tcp://host:8786, or its scheduler file.",
        panel=COMPUTING,
        metavar="ADDRESS",
    )
    use_cache: Setting[bool, bool] = Setting(
        default=True,
        convert=a_switch,
        help="Save affinities for the next run.",
        in_python="Save affinities for the next run, and use saved ones.",
        panel=COMPUTING,
        flags=("--cache/--no-cache",),
        default_shown=False,
    )
    passthrough: Setting[Iterable[GivenPath] | GivenPath | None, tuple[Path, ...]] = Setting(
        default=(),
        convert=paths,
        help="CryoSPARC passthrough file; may be repeated.",
        in_python="CryoSPARC passthrough files.",
        panel=INPUT,
        metavar="FILE",
        typed=list[Path] | None,
    )
    project: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Project folder, where paths inside the files start.",
        panel=INPUT,
        metavar="FOLDER",
    )
    pixel_size: Setting[float | None, float | None] = Setting(
        default=None,
        convert=optional(angstrom_per_pixel),
        help="Pixel size of the class averages.",
        in_python="Pixel size of the class averages in Å; overrides the files.",
        panel=INPUT,
        metavar="Å",
        bounds=(0, None),
    )
    format: Setting[str | None, str | None] = Setting(
        default=None,
        help="Format of the input. By default it is recognized.",
        panel=INPUT,
        metavar="NAME",
        completes="format",
    )
    exclude_classes: Setting[Classes | None, tuple[int, ...]] = Setting(
        default=(),
        convert=class_numbers,
        help="2D classes to leave out.",
        panel=BALANCE,
        metavar="3,5,7-9",
        typed=str | None,
    )
    only_classes: Setting[Classes | None, tuple[int, ...] | None] = Setting(
        default=None,
        convert=optional(class_numbers),
        help="2D classes to use.",
        in_python="2D classes to use; all others are left out.",
        panel=BALANCE,
        metavar="3,5,7-9",
        typed=str | None,
    )
    min_class_particles: Setting[int, int] = Setting(
        default=0,
        convert=whole_number,
        help="Leave out 2D classes with fewer particles.",
        panel=BALANCE,
        metavar="N",
        bounds=(0, None),
    )
    junk_classes: Setting[Classes | None, tuple[int, ...]] = Setting(
        default=(),
        convert=class_numbers,
        help="2D classes to leave out as junk.",
        panel=BALANCE,
        metavar="3,5,7-9",
        typed=str | None,
        scan=False,
    )
    junk: Setting[Junk, Junk] = Setting(
        default="aside",
        convert=one_of(
            Junk,
            "`junk` is {}.",
            "Choose aside (not grouped, nothing dropped), list (only named), auto (left out) or "
            "off.",
        ),
        help="Averages that look like junk: aside (not grouped, nothing dropped), list (only "
        "named), auto (left out) or off.",
        panel=BALANCE,
        metavar="WORD",
    )
    verdicts: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Scores or selections of the averages: RELION's rank_model.star or "
        "backup_selection.star, or Cinderella's *_index_confidence.txt.",
        panel=BALANCE,
        metavar="FILE",
    )
    poses: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="3D refinement of the same particles, to show the viewing directions of each "
        "superclass.",
        in_python="3D refinement of the same particles: job folder, .star or .cs. The results "
        "then show the viewing directions of each superclass, and how balancing changes SCF*.",
        panel=INPUT,
        metavar="REFINEMENT",
        scan=False,
    )
    strict: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Stop if particles belong to no class average. By default they are excluded.",
        panel=BALANCE,
        flags=("--strict",),
        scan=False,
    )
    subsets: Setting[int | str | None, int | Literal["auto"] | None] = Setting(
        default=None,
        convert=optional(a_number_or_auto),
        help="Also write this many balanced subsets of different particles; auto: enough to use "
        "every particle.",
        panel=OUTPUT,
        metavar="N|auto",
        typed=str | None,
        scan=False,
    )
    picking_templates: Setting[Templates | None, Templates | None] = Setting(
        default=None,
        convert=optional(
            one_of(Templates, "There are no picking templates {}.", "Choose medoid or mean.")
        ),
        help="Also write a picking template for each superclass: its most central average "
        "(medoid), or the mean of its averages.",
        panel=OUTPUT,
        metavar="medoid|mean",
        scan=False,
    )
    also: Setting[Iterable[str] | str | None, tuple[str, ...]] = Setting(
        default=(),
        convert=words_of(ALSO),
        help="Also write: averages (the mean image of each superclass), classes (a particle table "
        "with superclasses as class numbers), tables (a particle table for each superclass).",
        panel=OUTPUT,
        metavar="WORD,WORD",
        typed=str | None,
        scan=False,
    )
    copy_templates: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Also copy the stack of class averages.",
        panel=OUTPUT,
        flags=("--copy-templates",),
        scan=False,
    )

    def __post_init__(self) -> None:
        """For a subclass that looks at all of them together."""


class Shorthand(NamedTuple):
    """An option of the metric that the command line takes by a flag of its own."""

    name: str
    help: str
    metavar: str | None = "Å|px"
    flags: tuple[str, ...] = ()
    typed: Any = str | None
    default_shown: bool | str = True


SHORTHANDS = (
    Shorthand(
        "mask_diameter",
        "Diameter of the circular mask. By default it is found from the images, or that of the "
        "classification if that is smaller.",
    ),
    Shorthand("low_pass", "Finest detail to compare."),
    Shorthand("high_pass", "Coarsest detail to compare."),
    Shorthand("max_shift", "Largest shift between averages."),
    Shorthand(
        "mirror",
        "Treat mirror images as alike.",
        metavar=None,
        flags=("--mirror/--no-mirror",),
        typed=bool | None,
        default_shown=False,
    ),
    Shorthand(
        "symmetry",
        "Point group of the molecule, for the metric views: C1, C4, D2, T, O, I, …; auto uses one "
        "if the averages support it.",
        metavar="GROUP",
        default_shown=False,
    ),
)
"""They are typed after the metric: ``--max-shift 40`` is ``--set metric.max_shift=40``."""
