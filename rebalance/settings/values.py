"""The words of a request that stand for something: a number left open, kinds, a plugin's name."""

from __future__ import annotations

from typing import Any

IDENTITY = "identity"
"""The clustering of ``--no-superclasses``."""

AUTO = "auto"
"""Instead of a number of superclasses: the one that a scan suggests."""

KINDS_WITH_OPTIONS = ("metric", "clustering", "strategy")


def plugin_name(plugin: Any) -> str:
    """A plugin's name: as typed, or the class of an instance."""
    return plugin if isinstance(plugin, str) else type(plugin).__qualname__
