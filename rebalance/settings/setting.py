"""One setting: what may be given for it, what is kept, and how it is typed and documented.

A model is a class of annotated settings; the decorator makes it a frozen dataclass:

>>> @settings_model
... class Example:
...     factor: Setting[float | str | None, str | None] = Setting(
...         default=None, convert=decimal_text, help="Rebalance factor.", flags=("-f", "--factor")
...     )
>>> Example(factor=0.3).factor
'0.3'

The first type is what a caller may pass, and what type checkers hold the call to; the second is
what is read back.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from typing import (
    Any,
    Generic,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from rebalance.errors import OptionError

Given = TypeVar("Given", contravariant=True)
Kept = TypeVar("Kept", covariant=True)
T = TypeVar("T")


class Missing(Enum):
    """What stands for the default of a setting that must be given."""

    MISSING = "must be given"


class Setting(Generic[Given, Kept]):
    """A field of a model of settings.

    Parameters
    ----------
    default : optional
        As a caller would give it; a setting without one must be given.
    convert : callable of name and given value to kept value, optional
        Raises an `OptionError` that names the setting. Kept values must pass unchanged.
    help : str
        One line. It names other settings in backticks, which the command line turns into flags.
    in_python : str
        Instead of ``help`` in the documentation of Python functions.
    panel : str
        Of the command's help.
    flags : tuple of str
        As typed, the one to suggest first; ``--name-of-the-setting`` if there are none. A switch
        has ``--on/--off``, or the one word that changes its default.
    metavar : str, optional
        What stands for the value in the command's help: its unit, range or form; the bounds where
        there are two and nothing else is said.
    bounds : pair of float or None
        The least and the largest number that make sense, for forms: what is refused, ``convert`` or
        the checks before the work refuse.
    typed : type, optional
        What the command line reads from the words; the kept type if it isn't given.
    completes : str
        Kind of plugin whose names the shell completes.
    default_shown : bool or str, optional
        In the command's help: False hides the default, text stands for it.
    is_argument : bool
        Typed by its place instead of a flag.
    scan : bool
        Whether ``rebalance scan`` has it too.
    """

    name: str

    def __init__(
        self,
        *,
        default: Given | Missing = Missing.MISSING,
        convert: Callable[[str, Any], Kept] | None = None,
        help: str,
        in_python: str = "",
        panel: str = "",
        flags: tuple[str, ...] = (),
        metavar: str | None = None,
        bounds: tuple[float | None, float | None] = (None, None),
        typed: Any = None,
        completes: str = "",
        default_shown: bool | str | None = None,
        is_argument: bool = False,
        scan: bool = True,
    ) -> None:
        self.default = default
        self.convert = convert
        self.help = help
        self.in_python = in_python or help
        self.panel = panel
        self.flags = flags
        self.bounds = bounds
        self.metavar = metavar or (None if None in bounds else f"{bounds[0]}…{bounds[1]}")
        self.typed = typed
        self.completes = completes
        self.default_shown = default_shown
        self.is_argument = is_argument
        self.scan = scan

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.flags = self.flags or (f"--{name.replace('_', '-')}",)

    def __get__(self, instance: Any, owner: type) -> Kept:
        value: Any = self.default if instance is None else instance.__dict__[self.name]
        if value is Missing.MISSING:
            # So the dataclass asks for it.
            raise AttributeError(f"{self.name} has no default")
        return value

    def __set__(self, instance: Any, value: Given) -> None:
        # Reached from the constructor alone: a model is frozen.
        instance.__dict__[self.name] = self.kept(value)

    def kept(self, value: Any) -> Any:
        """What is kept of a value that is given; an error of the setting if it can't be."""
        if self.convert is None:
            return value
        try:
            return self.convert(self.name, value)
        except OptionError:
            raise
        except (TypeError, ValueError):
            raise OptionError(
                f"`{self.name}` can't be {value!r:.60}.", hint=self.in_python, setting=self.name
            ) from None

    def but(self, **changes: Any) -> Setting[Given, Kept]:
        """The same for another model, with some of it said differently there."""
        other = copy(self)
        vars(other).update(changes)
        if "help" in changes:
            other.in_python = changes.get("in_python", changes["help"])
        return other

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is Missing.MISSING

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and typed without a value."""
        return isinstance(self.default, bool)

    @property
    def is_typed_off(self) -> bool:
        """Whether it is a switch that can only be typed to switch it off."""
        return self.is_switch and self.flag_on is None

    @property
    def flag_on(self) -> str | None:
        """The word that switches it on; None where there is none."""
        first = self.flags[0].partition("/")[0]
        return None if first.startswith("--no-") else first

    @property
    def flag_off(self) -> str | None:
        """The word that switches it off; None where there is none."""
        first, _, second = self.flags[0].partition("/")
        return second or (first if first.startswith("--no-") else None)

    @property
    def flag(self) -> str:
        """The word by which it is typed: the shortest, or the one that switches."""
        return (self.flag_on or self.flag_off or "") if self.is_switch else self.flags[0]


def like(model: type, name: str, **changes: Any) -> Any:
    """A setting of another model, with some of it said differently."""
    return inspect.getattr_static(model, name).but(**changes)


@dataclass_transform(frozen_default=True, field_specifiers=(Setting, like))
def settings_model(model: type[T]) -> type[T]:
    """Make a class of settings a frozen dataclass."""
    return dataclass(frozen=True)(model)


def settings_documented(model: type[T]) -> type[T]:
    """List the settings of a model in its docstring."""
    model.__doc__ = documented(model, settings_of(model), model.__doc__)
    return model


def settings_of(model: type) -> dict[str, Setting[Any, Any]]:
    """The settings of a model by name, in the order of their declaration."""
    return {one.name: inspect.getattr_static(model, one.name) for one in fields(model)}


@cache
def _types(model: type) -> dict[str, tuple[Any, Any]]:
    hints = get_type_hints(model)
    return {
        name: (given, kept)
        for name, hint in hints.items()
        if get_origin(hint) is Setting
        for given, kept in [get_args(hint)]
    }


def given_type(model: type, name: str) -> Any:
    """What may be given for a setting."""
    return _types(model)[name][0]


def kept_type(model: type, name: str) -> Any:
    """What is kept of it."""
    return _types(model)[name][1]


def documented(
    model: type, settings: Mapping[str, Setting[Any, Any]], docstring: str | None
) -> str:
    """A docstring with a section on parameters, made from settings of a model."""
    lines = ["Parameters", "----------"]
    for name, setting in settings.items():
        default = "" if setting.is_required else f", default {setting.default!r}"
        lines.append(f"{name} : {_shown(given_type(model, name))}{default}")
        lines += textwrap.wrap(
            setting.in_python, width=92, initial_indent="    ", subsequent_indent="    "
        )
    text = inspect.cleandoc(docstring or "")
    section = re.search(r"^(Returns|Raises|Notes)\n-+$", text, re.MULTILINE)
    place = section.start() if section else len(text)
    parts = (text[:place], "\n".join(lines), text[place:])
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _shown(kind: Any) -> str:
    return re.sub(r"\b[a-z_.]+\.(?=[A-Z])", "", inspect.formatannotation(kind))
