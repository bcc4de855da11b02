"""The errors a user can meet: each says what was found, what was expected and what to do.

A `RebalanceError` ends the command with one message and exit code 2, without a traceback.
Anything else that escapes is a bug: traceback, exit code 1.
"""

from __future__ import annotations

from pathlib import Path


class RebalanceError(Exception):
    """A mistake that the person who typed the command can fix.

    Parameters
    ----------
    problem : str
        What was found and what was expected, one or two sentences.
    path : Path or str, optional
        The file that the problem is in.
    location : str, optional
        The row, column, block or field inside the file, e.g. ``"line 37"``.
    hint : str, optional
        What to do about it.

    Notes
    -----
    Messages name settings as Python does, in backticks: `n_superclasses=8`. The command line says
    what is typed instead, by `rebalance.settings.flags.with_flags`.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        location: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem = problem
        self.path = None if path is None else Path(path)
        self.location = location
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ", ".join(str(part) for part in (self.path, self.location) if part is not None)
        message = f"{place}: {self.problem}" if place else self.problem
        return f"{message}\n{self.hint}" if self.hint else message


class InputError(RebalanceError):
    """A file that can't be read, or whose content is not what it should be."""


class ColumnError(InputError, KeyError):
    """A column that is asked for and that the particle table does not have."""


class OptionError(RebalanceError):
    """A setting or option out of range, of the wrong unit, or at odds with another or the data.

    Parameters
    ----------
    problem, path, location, hint
        As of every `RebalanceError`.
    setting : str, optional
        Name of the setting or option at fault: ``n_superclasses``, ``metric.max_shift``.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        location: str | None = None,
        hint: str | None = None,
        setting: str | None = None,
    ) -> None:
        self.setting = setting
        super().__init__(problem, path=path, location=location, hint=hint)


class UnknownSettingError(OptionError, TypeError):
    """A setting of a name that there is not."""


class OutputError(RebalanceError):
    """A results folder that exists already, can't be written, or has no room."""


class PluginError(RebalanceError):
    """A plugin that is not there, can't be loaded, or breaks its contract."""


class DeviceError(RebalanceError):
    """A device (CUDA GPU) that was asked for and is not there."""


class ExecutorError(RebalanceError):
    """Workers that were asked for and can't be reached, are lost, or are of another version."""


class HostError(RebalanceError):
    """A program that rebalance works inside of, and that can't be reached or refuses."""
