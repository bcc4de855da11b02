"""The options of a job, made from the settings of a command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeliner.job_options import (
    BooleanJobOption,
    FileDescription,
    FloatJobOption,
    InputNodeJobOption,
    IntJobOption,
    JobOption,
    JobOptionCondition,
    JobOptionValidationResult,
    MultiInputNodeJobOption,
    MultipleChoiceJobOption,
    MultiStringJobOption,
    StringJobOption,
)
from pipeliner.nodes import NODE_PROCESSDATA

from rebalance.toolkit import ListedSetting, settings_of_command
from rebalance_ccpem.messages import as_labelled

MAIN = "Main"
"""The group of options that Doppio shows first."""

NONE = "none"
"""Menu entry for no choice."""

OR = "OR: "
"""Prefix of the label of an alternative."""


@dataclass(frozen=True)
class NodeKind:
    """What kind of file an option takes: type of node, its keywords, and how the file is called."""

    node_type: str
    keywords: tuple[str, ...] = ()
    description: str = "Any file"
    endings: tuple[str, ...] | None = None

    def arguments(self) -> dict[str, Any]:
        """For a job option."""
        return {
            "node_type": self.node_type,
            "node_kwds": list(self.keywords),
            "pattern": FileDescription(self.description, self.endings and list(self.endings)),
        }


@dataclass(frozen=True)
class Form:
    """What of a command a job asks for.

    Parameters
    ----------
    command : str
        ``run``, ``orientations`` or ``diagnose``.
    labels : mapping of setting to label
        A setting without one is asked for under its name.
    main : tuple of str
        Settings of the first group, in its order; others are in groups as in the command's help.
    left_out : mapping of setting to reason
        What the job decides itself, or has no use for.
    defaults : mapping of setting to value
        Other than those of the command.
    idle_if : mapping of setting to condition
        When an option has no effect: it is greyed out then, and not passed on.
    nodes : mapping of setting to NodeKind
    """

    command: str
    labels: Mapping[str, str]
    main: tuple[str, ...]
    left_out: Mapping[str, str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    idle_if: Mapping[str, JobOptionCondition] = field(default_factory=dict)
    nodes: Mapping[str, NodeKind] = field(default_factory=dict)

    @property
    def asked(self) -> list[ListedSetting]:
        """The settings that are asked for: those of the first group, then the others."""
        listed = {
            one.name: one
            for one in settings_of_command(self.command)
            if one.name not in self.left_out
        }
        first = {name: listed.pop(name) for name in self.main}
        return [*first.values(), *listed.values()]

    def label(self, name: str) -> str:
        """What the job calls a setting; without a label, its name."""
        return self.labels.get(name) or key(name).replace("_", " ").capitalize()

    @property
    def called(self) -> dict[str, str]:
        """What sentences call each setting that is asked for."""
        return {one.name: _upper(self.label(one.name).removeprefix(OR)) for one in self.asked}

    @property
    def flags(self) -> dict[str, str]:
        """What sentences call each setting that is asked for, by its flag."""
        called = self.called
        return {one.flag: called[one.name] for one in self.asked if one.flag}

    def options(self) -> dict[str, JobOption]:
        """The options of the job, by their keys."""
        called = self.called
        return {name: option for one in self.asked for name, option in self._options(one, called)}

    def _options(
        self, one: ListedSetting, called: Mapping[str, str]
    ) -> Iterator[tuple[str, JobOption]]:
        said: dict[str, Any] = {
            "label": self.label(one.name),
            "help_text": _help(one, called),
            "jobop_group": MAIN if one.name in self.main else one.panel or MAIN,
            "deactivate_if": self.idle_if.get(one.name),
        }
        default = self.defaults.get(one.name, one.default)
        if one.kind == "two paths":
            nodes = self._node(one.name).arguments()
            for number, name in enumerate(keys(one), 1):
                label = f"{said['label']} {number}"
                yield name, InputNodeJobOption(**{**said, "label": label}, **nodes)
        elif one.kind in ("path", "paths"):
            made = InputNodeJobOption if one.kind == "path" else MultiInputNodeJobOption
            yield key(one.name), made(**said, **self._node(one.name).arguments())
        else:
            yield key(one.name), _option(one, default, said)

    def _node(self, name: str) -> NodeKind:
        return self.nodes.get(name, NodeKind(NODE_PROCESSDATA))

    def given(self, options: Mapping[str, JobOption]) -> dict[str, Any]:
        """What was asked for, by setting: options left blank, or without effect, are not there."""
        found: dict[str, Any] = {}
        for one in self.asked:
            values = [_value(one, options[name]) for name in keys(one)]
            is_idle = (
                one.name in self.idle_if
                and self.idle_if[one.name].check_condition_is_met(dict(options))[0]
            )
            if is_idle or all(value is None for value in values):
                continue
            if one.kind == "two paths":
                found[one.name] = [value for value in values if value is not None]
            else:
                found[one.name] = values[0]
        return found


def key(name: str) -> str:
    """The key of the option of a setting."""
    return name.replace(".", "_")


def keys(one: ListedSetting) -> list[str]:
    """The keys of the options of a setting: two where it is two files."""
    name = key(one.name)
    return [f"{name}_1", f"{name}_2"] if one.kind == "two paths" else [name]


class Choice(MultipleChoiceJobOption):
    """A menu that keeps what it is given: a job of another installation can still be looked at."""

    def _object_to_value(self, maybe_value: object) -> str:
        return str(maybe_value)

    def validate(self) -> list[JobOptionValidationResult]:
        if self.value in self.choices:
            return []
        listed = ", ".join(self.choices)
        return [
            JobOptionValidationResult(
                "error", [self], f"{self.value!r} is not possible here. Choose from {listed}."
            )
        ]


def _option(one: ListedSetting, default: Any, said: dict[str, Any]) -> JobOption:
    low, high = one.bounds
    if one.kind == "switch":
        return BooleanJobOption(default_value=bool(default), **said)
    if one.kind == "integer":
        bounds = {"hard_min": _whole(low), "hard_max": _whole(high)}
        return IntJobOption(default_value=default, **bounds, **said)
    if one.kind == "number":
        step = 0.05 if high == 1 else 1.0
        return FloatJobOption(
            default_value=default, hard_min=low, hard_max=high, step_value=step, **said
        )
    if one.kind in ("choice", "plugin"):
        choices = list(one.choices) if default in one.choices else [NONE, *one.choices]
        default = default if default in one.choices else NONE
        return Choice(choices=choices, default_value=default, **said)
    if one.kind == "options":
        return MultiStringJobOption(**said)
    return StringJobOption(default_value="" if default is None else str(default), **said)


def _help(one: ListedSetting, called: Mapping[str, str]) -> str:
    """The help of a setting, what it is where nothing is given, and its flag."""
    text = as_labelled(one.help, called)
    if one.flag.startswith("--no-"):
        # That says what the flag does, which switches it off.
        text = f"No: {text[:1].lower()}{text[1:]}"
    if one.default_shown:
        text += f" If left empty: {one.default_shown}."
    return f"{text} Command line: {one.flag}." if one.flag else text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _value(one: ListedSetting, option: JobOption) -> Any:
    """What a setting is given; None where nothing is."""
    if option.is_blank:
        return None
    value = option.value
    if isinstance(value, str):
        value = value.strip() or None
    return None if one.kind in ("choice", "plugin") and value == NONE else value
