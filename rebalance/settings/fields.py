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
"""What else a run writes where it is asked to."""

GivenPath = Path | str
Classes = Iterable[int] | str
Named = str | object


@settings_model
class Settings:
    """The fields of `RunSettings`.

    That is a plain subclass: made a dataclass once more, type checkers would take what may be given
    for what is kept.
    """

    path: Setting[GivenPath, Path] = Setting(
        convert=a_path,
        help="Class2D job folder, *_optimiser.star, particle table (.star, .cs), or a stack.",
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
        help="Number of superclasses; auto takes what rebalance scan suggests.",
        in_python='Number of superclasses, K; "auto" takes what a scan suggests. Needed unless '
        "`view_width` is given, superclassification is off, the superclasses are given, or the "
        "clustering finds it.",
        panel=GROUPS,
        flags=("-k", "--n-superclasses"),
        metavar="N|auto",
        typed=str | None,
        scan=False,
    )
    view_width: Setting[float | None, float | None] = Setting(
        default=None,
        convert=optional(degrees),
        help="Instead of a number: as few superclasses as keep the views in each within this "
        "angle of each other, on average (with the metric views).",
        in_python="Instead of a number: as few superclasses as keep the views in each within this "
        "angle of each other, in degrees, on average over pairs; with a metric that knows angles, "
        "as views does.",
        panel=GROUPS,
        metavar="DEGREES",
        bounds=(0, 90),
        scan=False,
    )
    factor: Setting[float | Decimal | str | None, str | None] = Setting(
        default=None,
        convert=optional(decimal_text),
        help="Rebalance factor: smallest superclass ÷ largest allowed. 0 keeps every "
        "particle, 1 makes all superclasses as large as the smallest.",
        panel=BALANCE,
        flags=("-f", "--factor"),
        bounds=(0, 1),
        default_shown="0",
    )
    max_size: Setting[int | None, int | None] = Setting(
        default=None,
        help="Largest superclass in particles, instead of `factor`.",
        panel=BALANCE,
        metavar="N",
        bounds=(1, None),
    )
    cap_from: Setting[int | str, int | Literal["auto"]] = Setting(
        default="auto",
        convert=a_size_or_auto,
        help="Superclasses of fewer particles lose none and don't decide the cap; 0: the smallest "
        "decides.",
        in_python="Superclasses of fewer particles lose none and don't decide the cap. By default "
        "a tenth of an even share; 0 lets the smallest decide.",
        panel=BALANCE,
        metavar="N",
        typed=str,
    )
    superclasses: Setting[bool, bool] = Setting(
        default=True,
        convert=a_switch,
        help="Balance the 2D classes themselves; needs no class averages.",
        in_python="False: balance the 2D classes themselves; needs no class averages.",
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
        help="What you decided on the report page: superclasses, junk, balance.",
        panel=GROUPS,
        metavar="FILE",
        scan=False,
    )
    metric: Setting[Named, Any] = Setting(
        default=defaults.METRIC,
        help="How alike two class averages are; rotational-cc knows images alone.",
        in_python="How alike two class averages are: a name, or an instance of a metric; "
        "``rotational-cc`` knows images alone.",
        panel=COMPARE,
        metavar="NAME",
        typed=str,
        completes="metric",
    )
    clustering: Setting[Named, Any] = Setting(
        default=defaults.CLUSTERING,
        help="How averages are grouped.",
        in_python="How averages are grouped: a name, or an instance of a clustering.",
        panel=GROUPS,
        metavar="NAME",
        typed=str,
        completes="clustering",
    )
    strategy: Setting[Named, Any] = Setting(
        default=defaults.STRATEGY,
        help="Which particles of a crowded superclass stay.",
        in_python="Which particles of a crowded superclass stay: a name, or an instance of a "
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
        in_python="Results folder; by default named after job, K and f, in the current folder.",
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
        help="Write each figure as PDF too.",
        panel=OUTPUT,
        flags=("--pdf",),
    )
    scale: Setting[Scale, Scale] = Setting(
        default="percentile",
        convert=one_of(Scale, "There is no colour scale {}.", "Choose percentile or full."),
        help="Colours of the affinity matrix: percentile (5th to 1) or full (0 to 1).",
        panel=OUTPUT,
        metavar="WORD",
        scan=False,
    )
    affinity_file: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="Use this affinity.npz instead of comparing.",
        panel=COMPARE,
        flags=("--affinity",),
        metavar="FILE",
    )
    options: Setting[
        Mapping[str, Mapping[str, Any]] | Iterable[str] | None, Mapping[str, Mapping[str, Any]]
    ] = Setting(
        default=None,
        convert=plugin_options,
        help="Any option of a plugin, e.g. metric.max_shift=10px; may be repeated "
        "(rebalance plugins show NAME).",
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
        help="Processor threads.",
        in_python="Processor threads; all of them by default.",
        panel=COMPUTING,
        metavar="N",
        bounds=(1, None),
        default_shown="all",
    )
    device: Setting[Device, Device] = Setting(
        default="auto",
        convert=one_of(Device, "There is no device {}.", "Choose auto, cpu or cuda."),
        help="Where averages are compared: auto, cpu or cuda.",
        panel=COMPUTING,
        metavar="WORD",
    )
    executor: Setting[Named, Any] = Setting(
        default="local",
        help="Who compares averages: local, or the workers of a dask cluster.",
        in_python='Who compares averages: "local", "dask", a Dask client or cluster, or an '
        "executor of your own.",
        panel=COMPUTING,
        metavar="WORD",
        typed=Literal["local", "dask"],
    )
    scheduler: Setting[str | None, str | None] = Setting(
        default=None,
        help="Dask scheduler, tcp://host:8786, or its scheduler file.",
        panel=COMPUTING,
        metavar="ADDRESS",
    )
    use_cache: Setting[bool, bool] = Setting(
        default=True,
        convert=a_switch,
        help="Keep affinities for the next run.",
        in_python="Keep affinities for the next run, and use those that are kept.",
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
        help="Project folder that paths inside the files start from.",
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
        help="Read as this format instead of what it looks like.",
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
            "Choose aside (group it not, but drop nothing), list (name it), auto (leave it out) or "
            "off.",
        ),
        help="Averages that look like junk: aside (not grouped, but nothing dropped), list (name "
        "them), auto (leave them out) or off.",
        panel=BALANCE,
        metavar="WORD",
    )
    verdicts: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="What is said of the averages: RELION's rank_model.star or backup_selection.star, "
        "Cinderella's *_index_confidence.txt.",
        panel=BALANCE,
        metavar="FILE",
    )
    poses: Setting[GivenPath | None, Path | None] = Setting(
        default=None,
        convert=optional(a_path),
        help="A 3D refinement of the same particles: says how the superclasses lie on the sphere.",
        in_python="A 3D refinement of the same particles: job folder, .star or .cs. The results "
        "then say how the superclasses lie on the sphere, and what balancing does to SCF*.",
        panel=INPUT,
        metavar="REFINEMENT",
        scan=False,
    )
    strict: Setting[bool, bool] = Setting(
        default=False,
        convert=a_switch,
        help="Stop if particles belong to no class average; else they are excluded.",
        panel=BALANCE,
        flags=("--strict",),
        scan=False,
    )
    subsets: Setting[int | str | None, int | Literal["auto"] | None] = Setting(
        default=None,
        convert=optional(a_number_or_auto),
        help="Also write so many balanced subsets that take turns; auto: as many as use every "
        "particle.",
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
        help="Also write a template for picking of each superclass: its medoid, or the mean of its "
        "averages.",
        panel=OUTPUT,
        metavar="medoid|mean",
        scan=False,
    )
    also: Setting[Iterable[str] | str | None, tuple[str, ...]] = Setting(
        default=(),
        convert=words_of(ALSO),
        help="Also write: averages (the mean of each superclass), classes (a table with "
        "superclasses as class numbers), tables (one of each superclass).",
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
    Shorthand("mask_diameter", "Circular mask; found from the images if not given."),
    Shorthand("low_pass", "Finest detail compared."),
    Shorthand("high_pass", "Coarsest detail compared."),
    Shorthand("max_shift", "Largest shift between averages."),
    Shorthand(
        "mirror",
        "Count mirror images as alike.",
        metavar=None,
        flags=("--mirror/--no-mirror",),
        typed=bool | None,
        default_shown=False,
    ),
    Shorthand(
        "symmetry",
        "Point group of the molecule, for the metric views: C1, C4, D2, T, O, I, …; auto takes one "
        "where the averages bear it out.",
        metavar="GROUP",
        default_shown=False,
    ),
)
"""They are typed after the metric: ``--max-shift 40`` is ``--set metric.max_shift=40``."""
