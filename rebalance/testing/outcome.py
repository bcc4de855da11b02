"""What a named check is, and what comes of it: passed, failed and why, or not applicable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from traceback import walk_tb
from typing import Any, NoReturn

from rebalance.errors import PluginError, RebalanceError
from rebalance.plugin_validation import implementation

PASSED = "passed"
FAILED = "failed"
NOT_APPLICABLE = "not applicable"

_NUMBERS = re.compile(r"\d+")

CONTRACT = "contract"
"""The check that every kind has: whether a plugin can be asked anything at all."""


class Broken(AssertionError):
    """A promise is broken; the text says where, what was found and what was expected."""


class NotApplicable(Exception):
    """A check has nothing to say of a plugin; the text says why."""


@dataclass(frozen=True)
class Check:
    """One promise of a kind of plugin, and the function that holds a plugin to it.

    Parameters
    ----------
    name : str
        As shown: words joined by hyphens.
    promise : str
        One sentence, what a plugin that passes can be relied on for.
    function : callable
        Called with the subject of the kind; raises `Broken` or `NotApplicable`.
    """

    name: str
    promise: str
    function: Callable[[Any], None]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check of one plugin.

    Parameters
    ----------
    plugin : str
    kind : {"metric", "clustering", "strategy", "format"}
    check : str
        Name of the check.
    promise : str
        The promise that it tests.
    status : {"passed", "failed", "not applicable"}
    detail : str
        If failed: the pair, average, particle or file, what was found and what was
        expected. If not applicable: why.
    error : Exception, optional
        The exception raised, for its traceback.
    """

    plugin: str
    kind: str
    check: str
    promise: str
    status: str
    detail: str = ""
    error: Exception | None = field(default=None, repr=False, compare=False)


class BrokenPromises(AssertionError):
    """A plugin that fails checks.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Those that failed.
    """

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = tuple(outcomes)
        first = self.outcomes[0]
        said: dict[str, str] = {}
        failed = "one check" if len(self.outcomes) == 1 else f"{len(self.outcomes)} checks"
        super().__init__(
            f"The {first.kind} {first.plugin} fails {failed}.\n"
            + "\n".join(
                f"{outcome.check}: {outcome.promise}\n{indent(said_once(outcome, said), '    ')}"
                for outcome in self.outcomes
            )
        )


def named(functions: Iterable[Callable[[Any], None]]) -> tuple[Check, ...]:
    """Checks of functions: the name is that of the function, the promise its docstring."""
    return tuple(
        Check(
            function.__name__.strip("_").replace("_", "-"),
            " ".join((function.__doc__ or "").split()),
            function,
        )
        for function in functions
    )


def said_once(outcome: Outcome, said: dict[str, str]) -> str:
    """The detail of an outcome; if an earlier one had the same, a reference to that check.

    Parameters
    ----------
    outcome : Outcome
    said : dict of str to str
        Details so far, with the check of each; this one is added.
    """
    first = said.setdefault(outcome.detail, outcome.check)
    return outcome.detail if first == outcome.check else f"Same as {first}."


def run_check(check: Check, subject: Any) -> Outcome:
    """Run one check. Any exception of the plugin is a failure of that check."""

    def outcome(status: str, detail: str = "", error: Exception | None = None) -> Outcome:
        return Outcome(subject.name, subject.kind, check.name, check.promise, status, detail, error)

    try:
        plugin = subject.plugin
    except PluginError as error:
        # It can't be used at all, and one check says why.
        if check.name == CONTRACT:
            said = f"{error.problem} {error.hint}" if error.hint else error.problem
            return outcome(FAILED, said, error)
        return outcome(NOT_APPLICABLE, "The contract check failed.")
    try:
        check.function(subject)
    except NotApplicable as reason:
        return outcome(NOT_APPLICABLE, str(reason))
    except Broken as broken:
        return outcome(FAILED, str(broken), broken)
    except PluginError as error:
        # What the package itself found fails one check; the others refer to it.
        said = _without_advice_to_users(error)
        first = subject.refused.setdefault(_NUMBERS.sub("", said), check.name)
        if first != check.name:
            return outcome(NOT_APPLICABLE, f"See {first}.")
        return outcome(FAILED, said, error)
    except Exception as error:
        place = "" if isinstance(error, RebalanceError) else _place(error, implementation(plugin))
        return outcome(FAILED, f"It raised {type(error).__name__}: {error}{place}", error)
    return outcome(PASSED)


def _without_advice_to_users(error: PluginError) -> str:
    """The problem without the advice to report it, since the author runs the kit."""
    hint = error.hint or ""
    return error.problem if hint.startswith("Report it to") else f"{error.problem}\n{hint}".rstrip()


def _place(error: Exception, plugin: Any) -> str:
    """The innermost line of the plugin's own package that an error came through, in brackets."""
    package = type(plugin).__module__.partition(".")[0]
    lines = [
        (frame.f_code, line)
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package
    ]
    if not lines:
        return ""
    code, line = lines[-1]
    return f" ({code.co_name}, {code.co_filename}, line {line})"


def require(holds: Any, otherwise: str) -> None:
    """Raise `Broken` unless something holds."""
    if not holds:
        raise Broken(otherwise)


def broken(text: str) -> NoReturn:
    """Raise `Broken`."""
    raise Broken(text)
