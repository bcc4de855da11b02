"""What is installed: finds plugins, reports broken ones by name, loads the one that is asked for.

Entry points are walked here, one at a time, so that a plugin that can't be imported, repeats a
name or is made for another version of the hooks is reported and the rest go on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

import pluggy

from rebalance.errors import PluginError
from rebalance.hookspecs import HOOK_VERSION, KINDS, HookSpecs, PluginSpec

ENTRY_POINT_GROUP = "rebalance"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOOKS = {
    "metric": "rebalance_metrics",
    "clustering": "rebalance_clusterings",
    "strategy": "rebalance_strategies",
    "format": "rebalance_formats",
}


@dataclass(frozen=True)
class Registered:
    """A plugin and where it comes from."""

    kind: str
    spec: PluginSpec
    package: str
    version: str

    @property
    def name(self) -> str:
        return self.spec.name

    def load(self) -> Any:
        """An instance of the implementation.

        Raises
        ------
        PluginError
            If it can't be imported or lacks a part of its contract.
        """
        module_name, _, attribute = self.spec.implementation.partition(":")
        try:
            instance = getattr(import_module(module_name), attribute)()
        except Exception as error:
            raise PluginError(
                f"The {self.kind} {self.name!r} of package {self.package} {self.version} can't be "
                f"loaded: {type(error).__name__}: {error}",
                hint=f"Reinstall or remove {self.package}, or choose another {self.kind}.",
            ) from error
        check_contract(instance, self.kind, f"The {self.kind} {self.name!r} of {self.package}")
        return instance


def check_contract(instance: Any, kind: str, what: str) -> None:
    """PluginError naming the attributes of the kind's contract that an instance lacks."""
    contract = KINDS[kind]
    names = {*getattr(contract, "__annotations__", {}), *vars(contract)}
    missing = [
        name for name in sorted(names) if not name.startswith("_") and not hasattr(instance, name)
    ]
    if missing:
        raise PluginError(
            f"{what} lacks {', '.join(missing)}.",
            hint=f"See rebalance.hookspecs.{contract.__name__} for what a {kind} must have.",
        )
    wrong = _misstated(instance)
    if wrong:
        raise PluginError(
            f"{what} states {wrong}.",
            hint=f"See rebalance.hookspecs.{contract.__name__} for what a {kind} may state.",
        )


def _misstated(instance: Any) -> str:
    """The first attribute by which a run would go wrong without a word, or fail far from here."""
    from rebalance.options import Options

    model = getattr(instance, "options_model", Options)
    if not (isinstance(model, type) and issubclass(model, Options)):
        return f"options_model = {model!r}, expected a subclass of rebalance.options.Options"
    returns = getattr(instance, "returns", "affinity")
    if returns not in ("affinity", "distance"):
        return f"returns = {returns!r}, expected 'affinity' or 'distance'"
    requires = getattr(instance, "requires", ())
    # A text would be taken for a sequence of letters.
    if not (isinstance(requires, tuple) and all(isinstance(word, str) for word in requires)):
        return f"requires = {requires!r}, expected a tuple of words such as ('alignment',)"
    return ""


def _require_spec(spec: object) -> None:
    if not isinstance(spec, PluginSpec):
        raise TypeError(f"a hook gave {spec!r}, which is no PluginSpec")
    for name in ("name", "summary", "implementation"):
        if not isinstance(getattr(spec, name), str):
            raise TypeError(f"{name} of {spec!r} is no text")
    if not _NAME.fullmatch(spec.name):
        raise ValueError(
            f"{spec.name!r} is no name of a plugin: lower-case letters and numbers, joined by "
            "hyphens, were expected"
        )


class Registry:
    """The plugins of one process.

    Parameters
    ----------
    discover : bool
        Walk the installed entry points. False gives an empty registry, for tests.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self.problems: list[str] = []
        self._plugins: dict[tuple[str, str], Registered] = {}
        if discover:
            for point in sorted(
                metadata.entry_points(group=ENTRY_POINT_GROUP),
                key=lambda point: (point.value != "rebalance.builtins", point.name),
            ):
                self._add_entry_point(point)

    def _add_entry_point(self, point: metadata.EntryPoint) -> None:
        package = point.dist.name if point.dist else point.value
        version = point.dist.version if point.dist else "?"
        try:
            module = point.load()
        except (Exception, SystemExit) as error:
            self.problems.append(
                f"Plugin package {package} {version} is left out: importing {point.value} failed "
                f"with {type(error).__name__}: {error}"
            )
            return
        self.add(module, package=package, version=version)

    def add(self, module: ModuleType | object, *, package: str, version: str = "?") -> None:
        """Register what a module's hooks hand out; anything wrong goes to `problems`."""
        made_for = getattr(module, "REBALANCE_HOOK_VERSION", HOOK_VERSION)
        if made_for != HOOK_VERSION:
            self.problems.append(
                f"Plugin package {package} {version} is left out: it is made for version "
                f"{made_for} of the hooks, this is version {HOOK_VERSION}. Install a version of it "
                "that fits."
            )
            return
        manager = pluggy.PluginManager("rebalance")
        manager.add_hookspecs(HookSpecs)
        try:
            manager.register(module)
            manager.check_pending()
            if not manager.get_hookcallers(module):
                raise LookupError(
                    f"no function is marked with @hookimpl and named {', '.join(HOOKS.values())}"
                )
            found = {
                kind: [spec for specs in getattr(manager.hook, hook)() for spec in specs]
                for kind, hook in HOOKS.items()
            }
            for spec in (spec for specs in found.values() for spec in specs):
                _require_spec(spec)
        except (Exception, SystemExit) as error:
            self.problems.append(
                f"Plugin package {package} {version} is left out: its hooks failed with "
                f"{type(error).__name__}: {error}"
            )
            return
        for kind, specs in found.items():
            for spec in specs:
                self._register(Registered(kind, spec, package, version))

    def _register(self, plugin: Registered) -> None:
        first = self._plugins.setdefault((plugin.kind, plugin.name), plugin)
        if first is not plugin:
            self.problems.append(
                f"The {plugin.kind} {plugin.name!r} of package {plugin.package} is left out: "
                f"package {first.package} has one of that name already."
            )

    def __iter__(self) -> Iterator[Registered]:
        order = list(KINDS)
        return iter(sorted(self._plugins.values(), key=lambda p: order.index(p.kind)))

    def of_kind(self, kind: str) -> list[Registered]:
        """The plugins of a kind, in order of registration."""
        return [plugin for plugin in self._plugins.values() if plugin.kind == kind]

    def find(self, kind: str, name: str) -> Registered:
        """The plugin of a kind and name.

        Raises
        ------
        PluginError
            Names the ones that are there, and the nearest.
        """
        plugin = self._plugins.get((kind, name))
        if plugin is not None:
            return plugin
        names = [plugin.name for plugin in self.of_kind(kind)]
        near = difflib.get_close_matches(name, names, n=1)
        raise PluginError(
            f"There is no {kind} {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
            hint=f"Installed: {', '.join(names) or 'none'} (rebalance plugins).",
        )

    def load(self, kind: str, name: str) -> Any:
        """An instance of the plugin of a kind and name."""
        return self.find(kind, name).load()


@cache
def registry() -> Registry:
    """The registry of this process, built at first use."""
    return Registry()
