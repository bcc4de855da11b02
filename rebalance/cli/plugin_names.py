"""Plugins by the name that is typed: what the shell completes, and which plugins a name means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rebalance.registry import Registered


def names_of(kind: str) -> Callable[[str], list[tuple[str, str]]]:
    """For shell completion: the plugins of a kind that begin with what is typed."""

    def complete(incomplete: str) -> list[tuple[str, str]]:
        from rebalance.registry import registry

        return [
            (plugin.name, plugin.spec.summary)
            for plugin in registry().of_kind(kind)
            if plugin.name.startswith(incomplete)
        ]

    return complete


def names_of_all(incomplete: str) -> list[tuple[str, str]]:
    """For shell completion: every plugin that begins with what is typed."""
    from rebalance.registry import registry

    return [
        (plugin.name, plugin.spec.summary)
        for plugin in registry()
        if plugin.name.startswith(incomplete)
    ]


def plugins_named(name: str) -> list[Registered]:
    """The plugins of that name, of whatever kind; `kind.name` and `kind name` are not needed."""
    import difflib

    from rebalance.errors import PluginError
    from rebalance.registry import registry

    found = [plugin for plugin in registry() if plugin.name == name]
    if found:
        return found
    names = sorted({plugin.name for plugin in registry()})
    near = difflib.get_close_matches(name, names, n=1)
    raise PluginError(
        f"There is no plugin {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
        hint=f"Installed: {', '.join(names) or 'none'}.",
    )
