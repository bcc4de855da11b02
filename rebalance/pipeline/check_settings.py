"""What is found wrong with settings before the work: names, options, numbers, places.

So a slip of the keyboard is not reported after an hour.
"""

from __future__ import annotations

from rebalance.clusterings.n_superclasses import check_number
from rebalance.errors import InputError, OptionError
from rebalance.model import Classes, Dataset
from rebalance.plugin_validation import overrides
from rebalance.record.results_folder import ResultsFolder
from rebalance.registry import bind, registry
from rebalance.seeds import generator
from rebalance.settings import AUTO, KINDS_WITH_OPTIONS, RunSettings, named_files, plugin_name
from rebalance.strategies.caps import decide_cap


def check_settings(settings: RunSettings, into: type[ResultsFolder] = ResultsFolder) -> None:
    """Find mistakes in names, options and the results folder before the work, not after."""
    from rebalance.engine.executor import check_place, find_executor

    for kind in KINDS_WITH_OPTIONS:
        plugin = getattr(settings, kind)
        if is_used(settings, kind):
            bind(kind, plugin, settings.options_of(kind))
        # A default that nothing uses need not be installed.
        elif isinstance(plugin, str) and plugin != getattr(RunSettings, kind):
            registry().find(kind, plugin)
    if settings.view_width is not None and settings.affinity_file is None:
        _check_angles_can_be_known(settings)
    decide_cap(1, settings.factor, settings.max_size)
    generator(settings.seed)
    check_place(find_executor(settings.executor, settings.scheduler), settings.device)
    given = (settings.labels, settings.decisions, settings.affinity_file, settings.verdicts)
    for path in (*given, *settings.passthrough):
        if path is not None and not path.is_file():
            raise InputError("This file does not exist.", path=path)
    if settings.output is not None:
        into(settings.output, overwrite=settings.overwrite, inputs=named_files(settings))


def _check_angles_can_be_known(settings: RunSettings) -> None:
    """OptionError if the metric keeps nothing beside its affinity, such as angles between views."""
    metric = bind("metric", settings.metric, settings.options_of("metric"))
    if not settings.compares or not overrides(metric.plugin, "results"):
        from rebalance.scanning.view_width import knows_no_angles

        raise knows_no_angles(metric.name)


def is_used(settings: RunSettings, kind: str) -> bool:
    """Whether a run uses its plugin of a kind; one without use is not loaded, which takes time."""
    if kind == "metric":
        return settings.compares
    return kind != "clustering" or not (settings.is_off or settings.groups_given)


def check_number_is_given(settings: RunSettings) -> None:
    """OptionError if the clustering has to be told a number of superclasses, and is not."""
    if not is_used(settings, "clustering") or settings.n_superclasses is not None:
        return
    if settings.view_width is not None:
        return
    clustering = bind("clustering", settings.clustering, settings.options_of("clustering"))
    if not clustering.plugin.finds_number:
        raise OptionError(
            f"The clustering {clustering.name} needs the number of superclasses.",
            hint='Use `n_superclasses=10` for a first look, `n_superclasses="auto"` to try every '
            "number, or `superclasses=False` to balance the classes themselves.",
            setting="n_superclasses",
        )


def check_balance(settings: RunSettings, dataset: Dataset) -> None:
    """OptionError if a balance is asked for where there are no particles."""
    is_asked = decide_cap(1, settings.factor, settings.max_size).rule != "off"
    if settings.subsets is not None and dataset.particles is not None and not is_asked:
        raise OptionError(
            "`subsets` need a cap on the superclasses, but nothing is balanced.",
            hint="Give `factor` or `max_size`.",
            setting="subsets",
        )
    if dataset.particles is None and is_asked:
        raise OptionError(
            f"There are no particles to balance: {settings.path} only has class averages.",
            hint="Give the particle table first and the class averages second, or leave out "
            "`factor` and `max_size`.",
        )


def check_grouping(settings: RunSettings, classes: Classes) -> None:
    """Find out before the long work that the superclasses asked for can't be made.

    Raises
    ------
    OptionError
        If there are fewer usable class averages than superclasses.
    """
    if settings.is_off or settings.groups_given:
        return
    bound = bind("clustering", settings.clustering, settings.options_of("clustering"))
    n_usable = int(classes.takes_part.sum())
    if settings.n_superclasses == AUTO:
        from rebalance.scanning import check_enough

        check_enough(n_usable)
        return
    check_number(
        settings.number,
        n_read=len(classes.class_id),
        n_usable=n_usable,
        identity=False,
        may_be_missing=bound.plugin.finds_number or settings.view_width is not None,
        name=bound.name,
        n_aside=int(classes.is_aside.sum()),
    )


def unused_settings(settings: RunSettings, dataset: Dataset) -> list[str]:
    """A sentence for each setting that has no effect beside another, or on this data set."""
    metric = "options of the metric" if settings.options_of("metric") else ""
    clustering = "options of the clustering" if settings.options_of("clustering") else ""
    if settings.is_off:
        reason, unused = "superclassification is off", [metric, clustering]
    elif settings.groups_given:
        reason, unused = "the superclasses are given", [clustering]
    elif not settings.needs_affinity:
        name = plugin_name(settings.clustering)
        reason, unused = f"the clustering {name} needs no affinity", [metric]
    else:
        reason, unused = "", []
    if settings.affinity_file is not None:
        reason, unused = reason or "the affinity is given", [metric, *unused]
    named = list(dict.fromkeys(name for name in unused if name))
    said = [f"The {_listed(named)} are not used: {reason}."] if named else []
    if dataset.particles is None:
        said += _without_effect(_settings_of_particles(settings), "there are no particles")
    if dataset.class_averages is None:
        given = {
            "affinity_file": settings.affinity_file is not None,
            "strict": settings.strict,
            "junk": settings.junk not in ("off", "aside"),
            "verdicts": settings.verdicts is not None,
        }
        names = [name for name, is_given in given.items() if is_given]
        said += _without_effect(names, "no class averages were read")
    elif settings.verdicts is not None and not settings.judges:
        said += _without_effect(["verdicts"], "averages are not checked for junk")
    return said


def _settings_of_particles(settings: RunSettings) -> list[str]:
    usual = RunSettings(settings.path)
    given = {
        "min_class_particles": settings.min_class_particles != usual.min_class_particles,
        "strict": settings.strict,
        "strategy": settings.strategy != usual.strategy,
        'options["strategy"]': bool(settings.options_of("strategy")),
        "factor": settings.factor is not None,
        "cap_from": settings.cap_from != usual.cap_from,
    }
    return [name for name, is_given in given.items() if is_given]


def _without_effect(names: list[str], reason: str) -> list[str]:
    have = "has" if len(names) == 1 else "have"
    listed = [f"`{name}`" for name in names]
    return [f"{_listed(listed)} {have} no effect: {reason}."] if names else []


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
