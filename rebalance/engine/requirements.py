"""What a metric stands on: the plugins that it requires, and the version that all make together."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from rebalance.errors import PluginError
from rebalance.hookspecs import ALIGNMENT
from rebalance.registry import Registered, registry


def required(word: str) -> Registered:
    """The metric that a word of ``requires`` stands for.

    Parameters
    ----------
    word : str
        ``"alignment"``, ``"alignment:NAME"``, or the name of a metric.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    kind, _, name = word.partition(":")
    if kind != ALIGNMENT:
        return registry().find("metric", word)
    return registry().find("metric", name) if name else registry().provider(ALIGNMENT)


def lasting_version(plugin: Registered) -> str:
    """Package, version and source of a metric and of all that it requires.

    The digest of the source file tells an edited plugin from the one that filled the cache.

    Raises
    ------
    PluginError
        If a metric requires itself, directly or by way of others.
    """
    return "; ".join(_versions(plugin, ()))


def _versions(plugin: Registered, above: tuple[str, ...]) -> list[str]:
    if plugin.name in above:
        raise PluginError(
            f"The metric {above[0]!r} requires itself: {' → '.join((*above, plugin.name))}.",
            cure=f"Report it to the authors of {plugin.package}.",
        )
    metric = plugin.load()
    own = f"{plugin.name} {plugin.package} {plugin.version} {_source_digest(metric)}"
    needed = [
        version
        for word in metric.requires
        for version in _versions(required(word), (*above, plugin.name))
    ]
    return [own, *needed]


def _source_digest(instance: Any) -> str:
    file = getattr(sys.modules.get(type(instance).__module__), "__file__", None)
    if file is None or not Path(file).is_file():
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]
