"""Errors for users. Each says what was found, what was expected and what to do.

A `RebalanceError` ends the command with one message and exit code 2, without a traceback.
Anything else that escapes is a bug: traceback, exit code 1.
"""

from __future__ import annotations

from pathlib import Path


class RebalanceError(Exception):
    """A mistake that the user can fix.

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
    Messages name settings as Python does, in backticks: `n_superclasses=8`. The command line
    shows what to type instead (`rebalance.settings.flags.with_flags`).
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
    """A requested column that the particle table does not have."""


class OptionError(RebalanceError):
    """A setting or option that is out of range, or conflicts with another or with the data.

    Parameters
    ----------
    problem, path, location, hint
        As for every `RebalanceError`.
    setting : str, optional
        Name of the wrong setting or option: ``n_superclasses``, ``metric.max_shift``.
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
    """An unknown setting."""


class OutputError(RebalanceError):
    """A results folder that exists already, can't be written, or is on a full disk."""


class PluginError(RebalanceError):
    """A plugin that does not exist, can't be loaded, or breaks its contract."""


class DeviceError(RebalanceError):
    """A requested device (CUDA GPU) that is not available."""


class ExecutorError(RebalanceError):
    """Requested workers that can't be reached, are lost, or have other versions."""


class HostError(RebalanceError):
    """A program that rebalance works in can't be reached, or refuses a request."""
