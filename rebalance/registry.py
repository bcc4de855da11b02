"""What is installed: finds plugins, reports broken ones by name, loads the one that is asked for.

Entry points are walked here, one at a time, so that a plugin that can't be imported, repeats a
name or is made for another version of the hooks is reported and the rest go on.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

import pluggy

from rebalance.errors import PluginError
from rebalance.hookspecs import HOOK_VERSION, HookSpecs, PluginSpec

if TYPE_CHECKING:
    from rebalance.contracts import Clustering, Format, Metric, Strategy
    from rebalance.options import Options

PluginT = TypeVar("PluginT")

ENTRY_POINT_GROUP = "rebalance"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOOKS = {
    "metric": "rebalance_metrics",
    "clustering": "rebalance_clusterings",
    "strategy": "rebalance_strategies",
    "format": "rebalance_formats",
}
"""The hook of each kind, in the order in which kinds are listed."""

KINDS = tuple(HOOKS)


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
        what = f"The {self.kind} {self.name!r} of {self.package}"
        try:
            made = getattr(import_module(module_name), attribute)
            # What is abstract can't be made, and is named below.
            instance = made if inspect.isabstract(made) else made()
        except Exception as error:
            raise PluginError(
                f"The {self.kind} {self.name!r} of package {self.package} {self.version} can't be "
                f"loaded: {type(error).__name__}: {error}",
                hint=f"Reinstall or remove {self.package}, or choose another {self.kind}.",
            ) from error
        from rebalance.plugin_validation import validated

        return validated(instance, self.kind, what)


def _require_spec(spec: object) -> None:
    if not isinstance(spec, PluginSpec):
        raise TypeError(f"a hook returned {spec!r}, which is not a PluginSpec")
    for name in ("name", "summary", "implementation"):
        if not isinstance(getattr(spec, name), str):
            raise TypeError(f"{name} of {spec!r} is not text")
    if not _NAME.fullmatch(spec.name):
        raise ValueError(
            f"{spec.name!r} can't be the name of a plugin; use lowercase letters and numbers, "
            "joined by hyphens"
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
                key=lambda point: (point.value != "rebalance.builtin_plugins", point.name),
            ):
                self._add_entry_point(point)

    def _add_entry_point(self, point: metadata.EntryPoint) -> None:
        package = point.dist.name if point.dist else point.value
        version = point.dist.version if point.dist else "?"
        try:
            module = point.load()
        except (Exception, SystemExit) as error:
            self.problems.append(
                f"Plugin package {package} {version} was left out: importing {point.value} failed "
                f"with {type(error).__name__}: {error}"
            )
            return
        self.add(module, package=package, version=version)

    def add(self, module: ModuleType | object, *, package: str, version: str = "?") -> None:
        """Register what a module's hooks hand out; anything wrong goes to `problems`."""
        made_for = getattr(module, "REBALANCE_HOOK_VERSION", HOOK_VERSION)
        if made_for != HOOK_VERSION:
            self.problems.append(
                f"Plugin package {package} {version} was left out: it is made for version "
                f"{made_for} of the hooks, but this is version {HOOK_VERSION}. Install a version "
                "of it that matches."
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
                f"Plugin package {package} {version} was left out: its hooks failed with "
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
                f"The {plugin.kind} {plugin.name!r} of package {plugin.package} was left out: "
                f"package {first.package} already has one of this name."
            )

    def __iter__(self) -> Iterator[Registered]:
        return iter(sorted(self._plugins.values(), key=lambda p: KINDS.index(p.kind)))

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


@dataclass(frozen=True)
class Bound(Generic[PluginT]):
    """A plugin with its options, ready to be used.

    Parameters
    ----------
    kind : str
    name : str
        As installed; of an instance its own name, or that of its class.
    plugin : Metric, Clustering, Strategy or Format
    options : Options
        After defaults.
    registered : Registered, optional
        Where it comes from; None for an instance.
    """

    kind: str
    name: str
    plugin: PluginT
    options: Options
    registered: Registered | None = None

    @property
    def recorded_options(self) -> dict[str, Any]:
        """The options as JSON values."""
        return self.options.model_dump(mode="json")


@overload
def bind(
    kind: Literal["metric"],
    plugin: str | Metric,
    options: Options | Mapping[str, Any] | None = None,
) -> Bound[Metric]: ...
@overload
def bind(
    kind: Literal["clustering"],
    plugin: str | Clustering,
    options: Options | Mapping[str, Any] | None = None,
) -> Bound[Clustering]: ...
@overload
def bind(
    kind: Literal["strategy"],
    plugin: str | Strategy,
    options: Options | Mapping[str, Any] | None = None,
) -> Bound[Strategy]: ...
@overload
def bind(
    kind: Literal["format"],
    plugin: str | Format,
    options: Options | Mapping[str, Any] | None = None,
) -> Bound[Format]: ...
@overload
def bind(
    kind: str, plugin: Any, options: Options | Mapping[str, Any] | None = None
) -> Bound[Any]: ...
def bind(kind: str, plugin: Any, options: Options | Mapping[str, Any] | None = None) -> Bound[Any]:
    """A plugin by name or instance, and its options, validated.

    Parameters
    ----------
    kind : {"metric", "clustering", "strategy", "format"}
    plugin : str, or an instance
        Name of an installed plugin; or an instance, which may have the right shape only.
    options : Options or mapping, optional
        Values for the plugin's options; the others have their defaults.

    Raises
    ------
    PluginError
        If it is not installed, can't be loaded, or breaks its contract.
    OptionError
        If an option is unknown or out of range.
    """
    from rebalance.options import Options, parse_options
    from rebalance.plugin_validation import called, validated

    if isinstance(plugin, str):
        registered = registry().find(kind, plugin)
        name, instance = registered.name, registered.load()
    else:
        registered, name = None, called(plugin)
        instance = validated(plugin, kind, f"The {kind} {name}")
    model: type[Options] = instance.options_model
    if isinstance(options, model):
        return Bound(kind, name, instance, options, registered)
    given = options.model_dump() if isinstance(options, Options) else dict(options or {})
    parsed = parse_options(model, given, owner=f"The {kind} {name}", prefix=kind)
    return Bound(kind, name, instance, parsed, registered)
