"""Settings as the command that a person would type for them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebalance.errors import RebalanceError
from rebalance.settings.diagnose_settings import DiagnoseSettings
from rebalance.settings.orientation_settings import OrientationSettings
from rebalance.settings.run_settings import RunSettings
from rebalance.settings.setting import Setting, settings_of
from rebalance.settings.values import KINDS_WITH_OPTIONS

if TYPE_CHECKING:
    from rebalance.model import RunResult

AnySettings = RunSettings | OrientationSettings | DiagnoseSettings

_BY_THE_PAGE = ("n_superclasses", "view_width", "factor", "max_size")
_NO_CHANGE = (
    *("output", "overwrite", "figures", "pdf", "threads", "device", "executor", "scheduler"),
    "use_cache",
)
_GROUPING = ("superclasses", "labels", "decisions", "clustering", "junk_classes", "junk")
_FILES = (
    "path",
    "class_averages",
    "labels",
    "decisions",
    "affinity_file",
    "project",
    "verdicts",
    "poses",
)


def as_command(settings: AnySettings, **changed: Any) -> list[str]:
    """The words that a person types for settings, defaults left out.

    Parameters
    ----------
    settings : RunSettings, OrientationSettings or DiagnoseSettings
    **changed
        Settings to be something else.
    """
    words, options = ["rebalance", settings.command], []
    for name, setting in settings_of(type(settings)).items():
        value = changed.get(name, getattr(settings, name))
        if name == "options":
            options = _option_words(setting.flag, value)
        elif value != setting.default:
            words += _words(setting, value)
    return words + options


def _words(setting: Setting[Any, Any], value: Any) -> list[str]:
    if setting.is_argument:
        return [str(value)]
    if setting.is_switch:
        word = setting.flag_on if value else setting.flag_off
        return [] if word is None else [word]
    if not isinstance(value, tuple):
        return [
            setting.flag,
            repr(value).removesuffix(".0") if isinstance(value, float) else str(value),
        ]
    if setting.typed == tuple[Path, Path] | None:
        return [setting.flag, *map(str, value)]
    if any(isinstance(part, Path) for part in value):
        # A path may have a comma in its name.
        return [word for part in value for word in (setting.flag, str(part))]
    return [setting.flag, ",".join(map(str, value))]


def _option_words(flag: str, options: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        word
        for kind, of_kind in options.items()
        for name, value in of_kind.items()
        for word in (flag, f"{kind}.{name}={value}")
    ]


def command_parts(settings: RunSettings, result: RunResult) -> dict[str, Any] | None:
    """The beginning of every command of a report page, and the words that make its superclasses.

    Paths are absolute, and options those that are not their defaults, so that a page made again
    from a run's record has the same words.

    Returns
    -------
    dict or None
        ``words``: all but number, factor, maximum size and grouping. ``grouping``: of the
        superclasses as the run made them; a decisions file stands in for these. Quoted for the
        shell. ``scan``: the command that tries every number; None where neither the run nor the
        decisions that it was given asked for one. All of it None where a plugin was handed over in
        Python: no command names it.
    """
    if not all(isinstance(getattr(settings, kind), str) for kind in KINDS_WITH_OPTIONS):
        return None
    usual = RunSettings(settings.path)
    files: dict[str, Any] = {name: _absolute(getattr(settings, name)) for name in _FILES}
    passthrough = tuple(path.absolute() for path in settings.passthrough)
    options = _changed_options(settings, result)
    whole = replace(settings, **files, passthrough=passthrough, options={})
    left_to_others = (*_BY_THE_PAGE, *_NO_CHANGE, *_GROUPING)
    beginning = replace(
        whole,
        **{name: getattr(usual, name) for name in left_to_others},
        # Decisions stand in for the grouping, and so for junk="off" too.
        cap_from=settings.decides_from,
        options={kind: options[kind] for kind in ("metric", "strategy") if options.get(kind)},
    )
    nothing = RunSettings("x")
    grouping = replace(
        nothing,
        **{name: getattr(whole, name) for name in _GROUPING},
        options={kind: options[kind] for kind in ("clustering",) if options.get(kind)},
    )
    return {
        "words": _quoted(as_command(beginning)),
        "grouping": _quoted(as_command(grouping)[len(as_command(nothing)) :]),
        "decided": settings.decisions is not None,
        "scan": _scan_command(settings, result, beginning, grouping),
    }


def _scan_command(
    settings: RunSettings, result: RunResult, beginning: RunSettings, grouping: RunSettings
) -> list[str] | None:
    if settings.number is not None:
        return _quoted(_scan_words(beginning, grouping))
    decided = result.summary.get("superclassification", {}).get("decided") or {}
    before = decided.get("grouped_by", {})
    if before.get("by") != "clustering" or not before.get("n_superclasses"):
        return None
    # What a person grouped is compared as it was before: by the clustering, without what is apart.
    clustering, options = before["clustering"], before["clustering_options"] or {}
    try:
        changed = _not_usual({"clustering": options}, replace(settings, clustering=clustering))
    except RebalanceError:
        return None
    apart = {*settings.junk_classes, *decided["junk"], *decided["set_aside"]}
    grouping = replace(
        RunSettings("x"),
        clustering=clustering,
        junk="off",
        junk_classes=tuple(sorted(apart)),
        options=changed,
    )
    return _quoted(_scan_words(beginning, grouping))


def _scan_words(beginning: RunSettings, grouping: RunSettings) -> list[str]:
    # Junk is not used in a scan, whatever it is called.
    not_of_a_scan: dict[str, Any] = {
        name: setting.default
        for name, setting in settings_of(RunSettings).items()
        if not setting.scan
    }
    options = {**beginning.options, **grouping.options}
    asked = replace(
        beginning,
        **not_of_a_scan,
        clustering=grouping.clustering,
        junk=grouping.junk,
        exclude_classes=(*beginning.exclude_classes, *grouping.junk_classes),
        options={kind: options[kind] for kind in ("metric", "clustering") if kind in options},
    )
    run, _, *rest = as_command(asked)
    return [run, "scan", *rest]


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()


def _quoted(words: list[str]) -> list[str]:
    return [shlex.quote(word) for word in words]


def _changed_options(settings: RunSettings, result: RunResult) -> dict[str, dict[str, Any]]:
    used: dict[str, Mapping[str, Any]] = {}
    if result.affinity is not None and settings.affinity_file is None:
        used["metric"] = result.affinity.options
    if not settings.is_off and not settings.groups_given:
        used["clustering"] = result.superclasses.options
    if result.selection is not None:
        used["strategy"] = result.selection.options
    return _not_usual(used, settings)


def _not_usual(
    used: Mapping[str, Mapping[str, Any]], settings: AnySettings
) -> dict[str, dict[str, Any]]:
    """Options of plugins that are not their defaults, as they are typed."""
    from rebalance.registry import registry

    changed = {}
    for kind, options in used.items():
        model = registry().load(kind, getattr(settings, kind)).options_model
        usual = model().model_dump(mode="json")
        changed[kind] = {
            name: "none" if value is None else value
            for name, value in options.items()
            if value != usual.get(name)
        }
    return changed


def command_line(settings: AnySettings, **changed: Any) -> str:
    """The words of `as_command`, quoted for the shell; paths stay as they were given."""
    return shlex.join(as_command(settings, **changed))


def repeatable_command(
    settings: OrientationSettings | DiagnoseSettings,
    strategy_options: Mapping[str, Any] | None = None,
) -> str:
    """The command that a report shows: paths absolute, without what changes no result.

    Parameters
    ----------
    settings : OrientationSettings or DiagnoseSettings
    strategy_options : mapping, optional
        As the strategy used them; those that are not its defaults are shown. So a report made
        again from the run's record has the same words.
    """
    again = type(settings).from_json(settings.to_json())
    changed: dict[str, Any] = {"output": None, "overwrite": False, "threads": None}
    changed |= {"figures": True, "pdf": False}
    if strategy_options is not None and isinstance(again, OrientationSettings):
        changed["options"] = _not_usual({"strategy": strategy_options}, again)
    return command_line(again, **changed)
