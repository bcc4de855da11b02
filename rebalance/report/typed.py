"""The words of the command that makes what a report page shows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rebalance.settings.as_command import as_command
from rebalance.model import RunResult
from rebalance.registry import registry
from rebalance.settings import KINDS_WITH_OPTIONS, RunSettings

_BY_THE_PAGE = ("n_superclasses", "factor", "max_size")
_NO_CHANGE = (
    *("output", "overwrite", "figures", "threads", "device", "executor", "scheduler", "use_cache"),
)
_GROUPING = ("superclasses", "labels", "decisions", "clustering", "junk_classes", "junk")
_FILES = ("path", "class_averages", "labels", "decisions", "affinity_file", "project")


def words_of(request: RunSettings, result: RunResult) -> dict[str, Any] | None:
    """The beginning of every command of a page, and the words that make its superclasses.

    Paths are absolute, and options those that are not their defaults, so that a page made again
    from a run's record has the same words.

    Returns
    -------
    dict or None
        ``words``: all but number, factor, maximum size and grouping. ``grouping``: of the
        superclasses as the run made them; a decisions file stands in for these. Quoted for the
        shell. ``scan``: the command that tries every number; None where the number was not asked
        for. All of it None where a plugin was handed over in Python: no command names it.
    """
    if not all(isinstance(getattr(request, kind), str) for kind in KINDS_WITH_OPTIONS):
        return None
    usual = RunSettings(request.path)
    files: dict[str, Any] = {name: _absolute(getattr(request, name)) for name in _FILES}
    passthrough = tuple(path.absolute() for path in request.passthrough)
    options = _changed_options(request, result)
    whole = replace(request, **files, passthrough=passthrough, options={})
    left_to_others = (*_BY_THE_PAGE, *_NO_CHANGE, *_GROUPING)
    beginning = replace(
        whole,
        **{name: getattr(usual, name) for name in left_to_others},
        options={kind: options[kind] for kind in ("metric", "strategy") if options.get(kind)},
    )
    grouping = replace(
        RunSettings(Path("x")),
        **{name: getattr(whole, name) for name in _GROUPING},
        options={kind: options[kind] for kind in ("clustering",) if options.get(kind)},
    )
    return {
        "words": _quoted(as_command(beginning)),
        "grouping": _quoted(as_command(grouping)[len(as_command(RunSettings(Path("x")))) :]),
        "decided": request.decisions is not None,
        "scan": None if request.number is None else _quoted(_scan_words(beginning, grouping)),
    }


def _scan_words(beginning: RunSettings, grouping: RunSettings) -> list[str]:
    # A scan chooses no particles; junk takes no part in it, whatever it is called.
    usual, options = RunSettings(beginning.path), {**beginning.options, **grouping.options}
    asked = replace(
        beginning,
        strategy=usual.strategy,
        scale=usual.scale,
        clustering=grouping.clustering,
        junk=grouping.junk,
        exclude_classes=(*beginning.exclude_classes, *grouping.junk_classes),
        strict=False,
        copy_templates=False,
        options={kind: options[kind] for kind in ("metric", "clustering") if kind in options},
    )
    run, _, *rest = as_command(asked)
    return [run, "scan", *rest]


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()


def _quoted(words: list[str]) -> list[str]:
    return [shlex.quote(word) for word in words]


def _changed_options(request: RunSettings, result: RunResult) -> dict[str, dict[str, Any]]:
    used: dict[str, Mapping[str, Any]] = {}
    if result.affinity is not None and request.affinity_file is None:
        used["metric"] = result.affinity.options
    if not request.is_off and not request.groups_given:
        used["clustering"] = result.superclasses.options
    if result.selection is not None:
        used["strategy"] = result.selection.options
    changed = {}
    for kind, options in used.items():
        model = registry().load(kind, getattr(request, kind)).options_model
        usual = model().model_dump(mode="json")
        changed[kind] = {
            name: "none" if value is None else value
            for name, value in options.items()
            if value != usual.get(name)
        }
    return changed
