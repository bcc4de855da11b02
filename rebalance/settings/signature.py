"""Signatures of Python functions that take every setting as a parameter, made from the model."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, fields
from typing import Any, ParamSpec, TypeVar

from rebalance.errors import UnknownSettingError
from rebalance.progress import Progress
from rebalance.settings.diagnose_settings import DiagnoseSettings
from rebalance.settings.flags import MODELS
from rebalance.settings.orientation_settings import OrientationSettings
from rebalance.settings.run_settings import RunSettings
from rebalance.settings.setting import (
    Setting,
    documented,
    given_type,
    settings_model,
    settings_of,
)
from rebalance.settings.values import AUTO, class_numbers, optional

P = ParamSpec("P")
R = TypeVar("R")


@settings_model
class RunCall(RunSettings):
    """What a run is called with: its settings, and who watches."""

    _: KW_ONLY
    progress: Setting[Progress | None, Progress | None] = Setting(
        default=None, help="Called with the progress of the run."
    )


@settings_model
class OrientationCall(OrientationSettings):
    """What balancing orientations is called with: its settings, and who watches."""

    _: KW_ONLY
    progress: Setting[Progress | None, Progress | None] = Setting(
        default=None, help="Called with the progress of the run."
    )


@settings_model
class DiagnoseCall(DiagnoseSettings):
    """What a diagnosis is called with: its settings, and who watches."""

    _: KW_ONLY
    progress: Setting[Progress | None, Progress | None] = Setting(
        default=None, help="Called with the progress of the run."
    )


@settings_model
class ScanCall(RunCall):
    """What a scan is called with: its settings, the numbers to try, and who watches."""

    _: KW_ONLY
    numbers: Setting[Iterable[int] | str | None, tuple[int, ...] | None] = Setting(
        default=None,
        convert=optional(functools.partial(class_numbers, of="number")),
        help='Numbers of superclasses to try, or a range such as "3-30"; 3 to 60 by default.',
    )


def takes(model: Callable[P, RunSettings]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a function of `RunSettings` a parameter for each setting instead.

    Its signature and the section on parameters of its docstring come from the model, and type
    checkers hold its callers to what each setting may be given.

    Parameters
    ----------
    model : type of RunSettings
        With those parameters of the function's own that are no settings of a run.

    Raises
    ------
    UnknownSettingError
        By the function made, for a name that is no setting.
    """
    return _with_parameters(model, scan=False, fixed={})


def takes_orientation(
    model: Callable[P, Any],
) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """As `takes`, for a function of `OrientationSettings` or `DiagnoseSettings`."""
    return _with_parameters(model, scan=False, fixed={})


def takes_scan(model: Callable[P, RunSettings]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """As `takes`, for a scan: the settings that it has, the number of superclasses left open."""
    return _with_parameters(model, scan=True, fixed={"n_superclasses": AUTO})


def _with_parameters(
    model: Any, *, scan: bool, fixed: Mapping[str, Any]
) -> Callable[[Callable[..., R]], Any]:
    settings = {
        name: setting for name, setting in settings_of(model).items() if setting.scan or not scan
    }

    made = next(one for one in MODELS if issubclass(model, one))

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        inner = inspect.signature(function, eval_str=True)
        own = [one.name for one in inner.parameters.values() if one.kind is one.KEYWORD_ONLY]
        signature = inspect.Signature(
            [_parameter(model, setting) for setting in settings.values()],
            return_annotation=inner.return_annotation,
        )

        @functools.wraps(function)
        def called(*args: Any, **named: Any) -> R:
            for name in named:
                if name not in settings:
                    raise _unknown(function.__name__, name, settings)
            given = signature.bind(*args, **named).arguments
            beside = {name: settings[name].kept(given.pop(name)) for name in own if name in given}
            return function(made(**given, **fixed), **beside)

        called.__doc__ = documented(model, settings, function.__doc__)
        called.__annotations__ = {
            **{one.name: one.annotation for one in signature.parameters.values()},
            "return": signature.return_annotation,
        }
        vars(called)["__signature__"] = signature
        return called

    return decorate


def _unknown(function: str, name: str, known: Iterable[str]) -> UnknownSettingError:
    near = difflib.get_close_matches(name, known, n=1)
    return UnknownSettingError(
        f"{function}() has no setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
        setting=name,
    )


def _parameter(model: Any, setting: Setting[Any, Any]) -> inspect.Parameter:
    (by_name_alone,) = (one.kw_only for one in fields(model) if one.name == setting.name)
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY
        if by_name_alone
        else inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=inspect.Parameter.empty if setting.is_required else setting.default,
        annotation=given_type(model, setting.name),
    )
