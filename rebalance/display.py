"""Notebook displays, registered by type and loaded when needed.

The dataclasses of `rebalance.model` know only this module, which imports neither them nor the
functions that draw them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

_DRAWN_BY: dict[str, str] = {}


def register_displays(drawn_by: Mapping[str, str]) -> None:
    """Register the function that makes the HTML of a type.

    Parameters
    ----------
    drawn_by : mapping of str to str
        By the name of a class that inherits from `Displayed`: ``"module:function"``. The function
        takes the object and returns HTML; its module is imported when a notebook asks for it.
    """
    _DRAWN_BY.update(drawn_by)


class Displayed:
    """Base class: shown in notebooks by the function registered for the type."""

    def _repr_html_(self) -> str | None:
        for kind in type(self).__mro__:
            if kind.__name__ in _DRAWN_BY:
                module, _, function = _DRAWN_BY[kind.__name__].partition(":")
                html: str = getattr(import_module(module), function)(self)
                return html
        return None
