"""What can be found wrong before the work: names, options, class numbers, a foreign affinity.

The street asks here, so that a slip of the keyboard is not reported after an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.clusterings.checks import usable_averages
from rebalance.decisions import Decisions, check_decisions
from rebalance.errors import InputError, OptionError
from rebalance.left_out import count_classes, left_out_classes, name_classes
from rebalance.model import (
    NO_CLASS,
    Affinity,
    BoolArray,
    ClassAverages,
    Dataset,
    IntArray,
    ParticleTable,
)
from rebalance.record.affinity_file import images_digest
from rebalance.record.results_folder import ResultsFolder
from rebalance.registry import Bound
from rebalance.seeds import generator
from rebalance.settings import AUTO, KINDS_WITH_OPTIONS, RunSettings, named_files, plugin_name
from rebalance.strategies.caps import decide_cap


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a data set, with or without images.

    Parameters
    ----------
    class_id : int64 (N,)
    n_particles : int64 (N,), optional
        None without a particle table.
    is_empty : bool (N,)
    left_out : tuple of int
        Class numbers that the request leaves out.
    junk : tuple of int
        Those of them that are left out as junk.
    decided : Decisions, optional
        What a person decided of them.
    """

    class_id: IntArray
    n_particles: IntArray | None
    is_empty: BoolArray
    left_out: tuple[int, ...]
    junk: tuple[int, ...] = ()
    decided: Decisions | None = None

    def without_junk(self, numbers: tuple[int, ...]) -> Classes:
        """These classes with more of them left out as junk."""
        return replace(
            self,
            left_out=tuple(sorted({*self.left_out, *numbers})),
            junk=tuple(sorted({*self.junk, *numbers})),
        )


def check_early(request: RunSettings) -> None:
    """Find mistakes in names, options and the results folder before the work, not after."""
    from rebalance.engine.executor import check_place, find_executor
    from rebalance.registry import bind, registry

    for kind in KINDS_WITH_OPTIONS:
        plugin = getattr(request, kind)
        is_used = _is_used(request, kind)
        # A default that nothing uses need not be installed.
        if isinstance(plugin, str) and (is_used or plugin != getattr(RunSettings, kind)):
            registry().find(kind, plugin)
        if not is_used:
            continue
        bound = bind(kind, plugin, request.options_of(kind))
        if kind == "clustering":
            _check_number_is_given(request, bound)
    decide_cap(1, request.factor, request.max_size)
    generator(request.seed)
    check_place(find_executor(request.executor, request.scheduler), request.device)
    given = (request.labels, request.decisions, request.affinity_file, *request.passthrough)
    for path in given:
        if path is not None and not path.is_file():
            raise InputError("There is no such file.", path=path)
    if request.output is not None:
        ResultsFolder(request.output, overwrite=request.overwrite, inputs=named_files(request))


def _is_used(request: RunSettings, kind: str) -> bool:
    """Loading a plugin may mean importing a compiler, so those without use are let be."""
    if kind == "metric":
        return request.compares
    return kind != "clustering" or not (request.is_off or request.groups_given)


def _check_number_is_given(request: RunSettings, clustering: Bound[Any]) -> None:
    if not clustering.plugin.finds_number and request.n_superclasses is None:
        raise OptionError(
            f"The clustering {clustering.name} needs the number of superclasses.",
            hint="Give -k (-k 10 for a first look), or --no-superclasses for each class by itself.",
        )


def find_classes(request: RunSettings, dataset: Dataset) -> Classes:
    """The classes that there are, and which of them the request leaves out.

    Raises
    ------
    OptionError
        If a class number in the request is not there, or if a balance is asked for where there
        are no particles.
    InputError
        With ``strict``, if particles belong to no class average.
    """
    particles, averages = dataset.particles, dataset.class_averages
    wanted = decide_cap(1, request.factor, request.max_size).rule != "off"
    if particles is None and wanted:
        raise OptionError(
            f"There are no particles to balance: {request.path} holds class averages alone.",
            hint="Give the particle table first and the class averages second, or leave out -f "
            "and --max-size.",
        )
    if averages is not None:
        class_id, is_empty = averages.class_id, averages.is_empty
    elif particles is not None:
        class_id = np.array(list(count_classes(particles.class_id)), dtype=np.int64)
        is_empty = np.zeros(len(class_id), dtype=np.bool_)
    else:
        raise InputError("It holds neither particles nor class averages.", path=request.path)
    counts: Mapping[int, int] = {}
    if particles is not None:
        counts = count_classes(particles.class_id)
    elif averages is not None and averages.n_particles is not None:
        # A stack may say how many particles each average was made from.
        counts = dict(zip(class_id.tolist(), averages.n_particles.tolist(), strict=True))
    n_particles = np.array([counts.get(number, 0) for number in class_id.tolist()], dtype=np.int64)
    left_out = left_out_classes(
        {number: counts.get(number, 0) for number in {*class_id.tolist(), *counts}},
        exclude_classes=request.exclude_classes,
        only_classes=request.only_classes,
        min_class_particles=request.min_class_particles,
        junk_classes=request.junk_classes,
    )
    if request.strict and particles is not None:
        _refuse_unclassified(particles)
    if request.strict:
        strangers = sorted(counts.keys() - set(class_id.tolist()) - set(left_out))
        if strangers:
            raise InputError(
                f"{sum(counts[number] for number in strangers):,} particles belong to "
                f"{name_classes(strangers)}, without a class average.",
                path=None if particles is None else particles.path,
                hint="Leave out --strict to exclude them, or give all class averages.",
            )
    known = n_particles if counts or particles is not None else None
    decided = None
    if request.decisions is not None:
        decided = check_decisions(
            request.decisions,
            class_id,
            usable_averages(class_id, is_empty, known, left_out),
            None if averages is None else images_digest(averages),
        )
    junk = tuple(sorted(set(request.junk_classes)))
    return Classes(class_id, known, is_empty, left_out, junk, decided)


def _refuse_unclassified(particles: ParticleTable) -> None:
    without = int(np.count_nonzero(particles.class_id == NO_CLASS))
    if without:
        raise InputError(
            f"{without:,} of {len(particles):,} particles are in no class.",
            path=particles.path,
            hint="Leave out `strict` to exclude them, or give a finished classification.",
        )


def check_grouping(request: RunSettings, classes: Classes) -> None:
    """Find out before the long work that the superclasses asked for can't be made.

    Raises
    ------
    OptionError
        If there are fewer usable class averages than superclasses.
    """
    from rebalance.clusterings.checks import check_number
    from rebalance.registry import bind

    if request.is_off or request.groups_given:
        return
    bound = bind("clustering", request.clustering, request.options_of("clustering"))
    usable = usable_averages(
        classes.class_id, classes.is_empty, classes.n_particles, classes.left_out
    )
    n_usable = int(usable.sum())
    if request.n_superclasses == AUTO:
        from rebalance.scanning import check_enough

        check_enough(n_usable)
        return
    check_number(
        request.number,
        n_read=len(classes.class_id),
        n_usable=n_usable,
        identity=False,
        may_be_missing=bound.plugin.finds_number,
        name=bound.name,
    )


def fit_affinity(affinity: Affinity, averages: ClassAverages, path: Path) -> Affinity:
    """An affinity that was read, checked against the class averages that it is said to be of.

    Raises
    ------
    InputError
        If its class numbers are others, if it was made of other images, or if it lacks an
        average.
    """
    from rebalance.record.affinity_file import IMAGES

    if not np.array_equal(affinity.class_id, averages.class_id):
        raise InputError(
            f"It is of {len(affinity)} class averages, numbers {_span(affinity.class_id)}; the "
            f"data set has {len(averages)}, numbers {_span(averages.class_id)}"
            + (
                ", in another order."
                if set(affinity.class_id.tolist()) == set(averages.class_id.tolist())
                else "."
            ),
            path=path,
            hint="Leave out --affinity, and it is computed.",
        )
    facts = dict(affinity.facts)
    if facts.pop(IMAGES, None) not in (None, images_digest(averages)):
        raise InputError(
            "It is of class averages with the same numbers, but other images.",
            path=path,
            hint="Leave out --affinity, and it is computed.",
        )
    lacking = affinity.is_empty & ~averages.is_empty
    if lacking.any():
        raise InputError(
            f"Class {affinity.class_id[lacking][0]} is empty in it, but not in the data set.",
            path=path,
            hint="Leave out --affinity, and it is computed.",
        )
    empty = averages.is_empty
    values = affinity.values.copy()
    values[empty, :] = 0
    values[:, empty] = 0
    np.fill_diagonal(values, 1)
    return replace(affinity, values=values, is_empty=empty, facts=facts)


def _span(class_id: IntArray) -> str:
    return f"{class_id.min()} to {class_id.max()}" if len(class_id) else "none"


def unused_settings(request: RunSettings, dataset: Dataset) -> list[str]:
    """A sentence for each setting that has no effect beside another, or on this data set."""
    metric = "options of the metric" if request.options_of("metric") else ""
    clustering = "options of the clustering" if request.options_of("clustering") else ""
    if request.is_off:
        reason, unused = "superclassification is off", [metric, clustering]
    elif request.groups_given:
        reason, unused = "the superclasses are given", [clustering]
    elif not request.needs_affinity:
        name = plugin_name(request.clustering)
        reason, unused = f"the clustering {name} needs no affinity", [metric]
    else:
        reason, unused = "", []
    if request.affinity_file is not None:
        reason, unused = reason or "the affinity is given", [metric, *unused]
    named = list(dict.fromkeys(name for name in unused if name))
    said = [f"The {_listed(named)} are not used: {reason}."] if named else []
    if dataset.particles is None:
        said += _without_effect(_flags_of_particles(request), "there are no particles")
    if dataset.class_averages is None:
        given = {
            "--affinity": request.affinity_file is not None,
            "--strict": request.strict,
            "--junk": request.junk != "off",
        }
        flags = [flag for flag, is_given in given.items() if is_given]
        said += _without_effect(flags, "no class averages are read")
    return said


def _flags_of_particles(request: RunSettings) -> list[str]:
    usual = RunSettings(request.path)
    given = {
        "--min-class-particles": request.min_class_particles != usual.min_class_particles,
        "--strict": request.strict,
        "--strategy": request.strategy != usual.strategy,
        "--set strategy": bool(request.options_of("strategy")),
        "-f": request.factor is not None,
    }
    return [flag for flag, is_given in given.items() if is_given]


def _without_effect(flags: list[str], reason: str) -> list[str]:
    have = "has" if len(flags) == 1 else "have"
    return [f"{_listed(flags)} {have} no effect: {reason}."] if flags else []


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
