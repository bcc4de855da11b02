"""Labels of an External job: every setting has one, made from its declaration, and takes a value.

RELION writes ``--label value``; there are no flags without a value, so that a switch takes yes or
no, and ``no-superclasses yes`` is ``superclasses no``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from rebalance.errors import OptionError
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.fields import SHORTHANDS
from rebalance.settings.setting import Setting, kept_type, settings_of
from rebalance.settings.values import options_of_pairs

Labelled = tuple[str, tuple[str, ...]]
Model = type[RunSettings] | type[OrientationSettings]

BY_RELION = {
    "path": "it is set by the field Input particles",
    "output": "results are written to the job's folder",
    "overwrite": "running the job again replaces its own results",
    "threads": "it is set by the field Number of threads",
}
"""Settings without a label, and why."""

_VALUE = r"auto|aside|list|off|none|(?:metric|clustering|strategy)\.\S+\w|[\d.]*\d|[A-Z]\d*"
_FLAG = re.compile(rf"(?<![\w/-])(--?[a-z][a-z-]*)(?: ({_VALUE})(?![\w-]))?")
_LONGER = {"f": "factor"}

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_METRIC = "metric"


@dataclass(frozen=True)
class Label:
    """What a label means.

    Parameters
    ----------
    name : str
        Of the setting, or of an option of the metric.
    kind : type
        str, int, float, bool, Path or list (of the words).
    is_opposite : bool
        Of a switch: ``no-…``.
    of_metric : bool
    """

    name: str
    kind: type
    is_opposite: bool = False
    of_metric: bool = False


def labels_of(model: Model) -> dict[str, Label]:
    """Every label by which a setting may be given, short ones too."""
    labels: dict[str, Label] = {}
    for name, setting in settings_of(model).items():
        if name in BY_RELION:
            continue
        kind = _kind(setting, model)
        labels[_plain(name)] = Label(name, kind)
        for word in (word for flag in setting.flags for word in flag.split("/")):
            labels[_plain(word)] = Label(name, kind, is_opposite=word == setting.flag_off)
    if model is RunSettings:
        for one in SHORTHANDS:
            kind = bool if bool in get_args(one.typed) else str
            labels[_plain(one.name)] = Label(one.name, kind, of_metric=True)
            if kind is bool:
                labels[f"no-{_plain(one.name)}"] = Label(one.name, bool, True, of_metric=True)
    return labels


def settings_from(model: Model, given: Sequence[Labelled], **fixed: Any) -> Any:
    """Settings of what was given by labels.

    Parameters
    ----------
    model : type
    given : sequence of (str, tuple of str)
        Labels, and the words of their values, of which there is at least one.
    **fixed
        Settings that RELION gives itself.

    Raises
    ------
    OptionError
        If there is no such label, one is given twice, or a value can't be what it is given for.
    """
    known = labels_of(model)
    values: dict[str, Any] = {}
    options: list[str] = []
    of_metric: dict[str, Any] = {}
    for written, words in given:
        label = known.get(_plain(written))
        if label is None:
            raise _unknown(written, model, known)
        value = _value(written, label, words)
        if label.name == "options":
            options += value
        elif label.kind is list:
            values.setdefault(label.name, []).extend(value)
        else:
            place = of_metric if label.of_metric else values
            if label.name in place:
                raise OptionError(f"The label {written} is used twice.", setting=label.name)
            place[label.name] = value
    if options or of_metric:
        values["options"] = options_of_pairs(options, of_metric)
    return model(**values, **fixed)


def with_labels(text: str, model: Model) -> str:
    """A message for the command line with labels for flags: ``label factor = 0.5``.

    Parameters
    ----------
    text : str
    model : type
        The settings of the job; other flags stay as they are.
    """
    known = labels_of(model)

    def labelled(found: re.Match[str]) -> str:
        flag, value = _plain(found[1]), found[2]
        if flag not in known:
            return found[0]
        if known[flag].is_opposite:
            flag, value = flag.removeprefix("no-"), "no"
        elif known[flag].kind is bool:
            value = "yes"
        starts = not found.start() or text[: found.start()].endswith((". ", "\n"))
        said = f"{'Label' if starts else 'label'} {_LONGER.get(flag, flag)}"
        return f"{said} = {value}" if value else said

    return _FLAG.sub(labelled, text)


def _plain(word: str) -> str:
    return word.strip().lstrip("-").replace("_", "-").lower()


def _kind(setting: Setting[Any, Any], model: Model) -> type:
    if setting.is_switch:
        return bool
    typed = setting.typed or kept_type(model, setting.name)
    for kind in (typed, *get_args(typed)):
        if get_origin(kind) is list:
            return list
        if kind in (int, float, Path):
            return kind
    return str


def _value(written: str, label: Label, words: tuple[str, ...]) -> Any:
    text = " ".join(words)
    if label.kind is list:
        return list(words)
    if label.kind is bool:
        if text.lower() not in _YES + _NO:
            raise OptionError(
                f"The label {written} is {text!r}, but yes or no was expected.", setting=label.name
            )
        return (text.lower() in _YES) != label.is_opposite
    try:
        return label.kind(text)
    except ValueError:
        expected = "a whole number" if label.kind is int else "a number"
        raise OptionError(
            f"The label {written} is {text!r}, but {expected} was expected.", setting=label.name
        ) from None


def _unknown(written: str, model: Model, known: dict[str, Label]) -> OptionError:
    plain = _plain(written)
    for name, reason in BY_RELION.items():
        flags = settings_of(model)[name].flags if name in settings_of(model) else ()
        if plain in {_plain(name), *map(_plain, flags)}:
            return OptionError(f"There is no label {written}: {reason}.", hint="Leave it out.")
    near = difflib.get_close_matches(plain, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    listed = ", ".join(sorted(name for name in known if len(name) > 1))
    return OptionError(
        f"There is no label {written}.{meant}", hint=f"The labels of this job are {listed}."
    )
